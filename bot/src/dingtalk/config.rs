//! Where DingTalk is, who we are to it, and how long we wait.

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
}

/// The public API of DingTalk.
pub const API_BASE: &str = "https://api.dingtalk.com";

fn default_api_base() -> String {
    API_BASE.to_owned()
}

/// Why a DingTalk configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The API base is not a URL, or not an encrypted one outside the loopback address.
    #[error("api_base must be an https URL without path (or http on a loopback address), not {0}")]
    ApiBase(String),
    /// A required text is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// The HTTP client could not be built, for instance because the system has no root certificates.
    #[error("the HTTP client could not be built: {0}")]
    Http(String),
}

impl ConfigError {
    /// The stable code, for logs and texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ApiBase(_) => "dingtalk.config.api_base",
            Self::Empty(_) => "dingtalk.config.empty",
            Self::Http(_) => "dingtalk.config.http",
        }
    }
}

impl DingTalkConfig {
    /// The API base as a URL, after every check of the configuration.
    pub(super) fn checked_base(&self) -> Result<Url, ConfigError> {
        for (name, value) in [
            ("client_id", self.client_id.as_str()),
            ("client_secret", self.client_secret.reveal()),
            ("card_template_id", self.card_template_id.as_str()),
            ("robot_code", self.robot_code.as_str()),
        ] {
            if value.trim().is_empty() {
                return Err(ConfigError::Empty(name));
            }
        }
        let refused = || ConfigError::ApiBase(self.api_base.clone());
        let base = Url::parse(&self.api_base).map_err(|_| refused())?;
        let safe = base.scheme() == "https" || (base.scheme() == "http" && is_loopback(&base));
        let bare = base.path() == "/"
            && base.query().is_none()
            && base.fragment().is_none()
            && base.username().is_empty()
            && base.password().is_none();
        if safe && bare { Ok(base) } else { Err(refused()) }
    }
}

/// Whether a URL names this machine by a loopback address or as `localhost`.
fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
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
