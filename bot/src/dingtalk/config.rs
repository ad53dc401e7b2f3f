//! Where DingTalk is, who we are to it, and how long we wait.

use crate::http::{ConfigError, check_present, checked_base, is_loopback};
use crate::secret::Secret;
use reqwest::Url;
use serde::Deserialize;
use std::time::Duration;

/// How the company's DingTalk application is reached. All of it comes from the operator's configuration, never from a
/// message.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct DingTalkConfig {
    /// The application's Client ID (AppKey).
    pub client_id: String,
    /// The application's Client Secret (AppSecret).
    pub client_secret: Secret,
    /// The published card template, such as `….schema`; see [`super::render`] for the variables that it must have.
    pub card_template_id: String,
    /// The robot that delivers the cards; usually the same text as the Client ID.
    pub robot_code: String,
    /// Where the API is. `https`, except on a loopback address, which is the test mode: there `http` is
    /// allowed, and the stream may then be `ws` on a loopback address too.
    #[serde(default = "default_api_base")]
    pub api_base: String,
    /// Where the older API is, which alone knows who opened a page inside DingTalk. As [`Self::api_base`].
    #[serde(default = "default_oapi_base")]
    pub oapi_base: String,
    /// Taps over HTTP instead of the stream; weaker, because DingTalk does not sign the body.
    #[serde(default)]
    pub http_callback: Option<HttpCallbackConfig>,
    /// The process under which open requests also stand among the to-dos of OA approval (OA 待办); `None` for off.
    #[serde(default)]
    pub to_do: Option<String>,
}

/// DingTalk's HTTP card callback.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpCallbackConfig {
    /// The name under which the address is registered (callbackRouteKey).
    pub route_key: String,
    /// The secret that was registered with it (apiSecret).
    pub api_secret: Secret,
}

/// The public API of DingTalk.
pub const API_BASE: &str = "https://api.dingtalk.com";

/// The older public API of DingTalk.
pub const OAPI_BASE: &str = "https://oapi.dingtalk.com";

fn default_api_base() -> String {
    API_BASE.to_owned()
}

fn default_oapi_base() -> String {
    OAPI_BASE.to_owned()
}

impl DingTalkConfig {
    /// Refuses what cannot be used, by name.
    pub(super) fn check(&self) -> Result<(), ConfigError> {
        check_present(&[
            ("client_id", &self.client_id),
            ("client_secret", self.client_secret.reveal()),
            ("card_template_id", &self.card_template_id),
            ("robot_code", &self.robot_code),
        ])?;
        checked_base(&self.oapi_base)?;
        checked_base(&self.api_base).map(drop)
    }
}

/// Whether the stream may connect to an endpoint that the API named.
///
/// The answer of `connections/open` decides where our credentials' ticket goes, so it is not believed blindly: the
/// endpoint must be `wss` on a host of `dingtalk.com`. In test mode (loopback API base) a loopback `ws` is
/// allowed instead.
pub(super) fn endpoint_is_trusted(api_base: &Url, endpoint: &Url) -> bool {
    let plain = endpoint.username().is_empty() && endpoint.password().is_none();
    let theirs = endpoint.scheme() == "wss"
        && endpoint.host_str().is_some_and(|host| host.to_ascii_lowercase().ends_with(".dingtalk.com"));
    let test = is_loopback(api_base) && is_loopback(endpoint) && matches!(endpoint.scheme(), "ws" | "wss");
    plain && (theirs || test)
}

/// Whether a file may be fetched from an address that the API named: DingTalk's own hosts, encrypted.
pub(super) fn file_is_trusted(api_base: &Url, address: &Url) -> bool {
    let plain = address.username().is_empty() && address.password().is_none();
    let host = address.host_str().unwrap_or_default().to_ascii_lowercase();
    let theirs =
        address.scheme() == "https" && [".dingtalk.com", ".aliyuncs.com"].iter().any(|ending| host.ends_with(ending));
    plain && (theirs || (is_loopback(api_base) && is_loopback(address)))
}

/// The time limits of DingTalk's side and ours. The defaults are for production; tests shorten them.
#[derive(Debug, Clone)]
pub struct Timings {
    /// A tap not decided by then is answered with "处理中". Shorter than the callback limit: answers travel.
    pub tap_deadline: Duration,
    /// DingTalk's own limit. A card may not be changed by other means before it has passed.
    pub callback_limit: Duration,
    /// How often we ping the socket.
    pub ping_every: Duration,
    /// A socket this silent is dead, whatever TCP believes.
    pub silence: Duration,
    /// How long an old socket may stay open after its successor, to finish the answers that are under way.
    pub farewell: Duration,
    /// A connection that lived this long was healthy: the next one is opened without delay.
    pub healthy_after: Duration,
    /// The limit of one API call.
    pub call: Duration,
}

impl Default for Timings {
    fn default() -> Self {
        Self {
            tap_deadline: Duration::from_millis(1_200),
            callback_limit: Duration::from_secs(2),
            ping_every: Duration::from_secs(20),
            silence: Duration::from_mins(1),
            farewell: Duration::from_secs(3),
            healthy_after: Duration::from_secs(30),
            call: Duration::from_secs(10),
        }
    }
}

#[cfg(test)]
mod tests;
