//! Calls to platforms: where they may go, how long an answer may be, and one shared access token per app.
//!
//! The promise: requests go to the configured address alone (no redirects), no address with a token in it reaches a log,
//! and many callers that need a token cause one request for it.

mod access;

use crate::surface::SendError;
use reqwest::{Method, RequestBuilder, StatusCode, Url};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use std::time::Duration;

pub(crate) use access::{AccessTokens, Grant};

/// No answer of these APIs is longer; a longer one is not an answer.
pub(crate) const LONGEST_ANSWER: usize = 1024 * 1024;

/// How long one call may take.
pub const CALL_LIMIT: Duration = Duration::from_secs(10);

/// Why a platform's configuration cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ConfigError {
    /// The API base is not a URL, or not an encrypted one outside the loopback address.
    #[error("api_base must be an https URL without path (or http on a loopback address), not {0}")]
    ApiBase(String),
    /// A required text is empty.
    #[error("{0} is empty")]
    Empty(&'static str),
    /// A key has the wrong form.
    #[error("{0} does not have the form that the platform's console shows")]
    Key(&'static str),
    /// The HTTP client could not be built, for instance because the system has no root certificates.
    #[error("the HTTP client could not be built: {0}")]
    Http(String),
}

impl ConfigError {
    /// The stable code, for logs and texts.
    pub fn code(&self) -> &'static str {
        match self {
            Self::ApiBase(_) => "chat.config.api_base",
            Self::Empty(_) => "chat.config.empty",
            Self::Key(_) => "chat.config.key",
            Self::Http(_) => "chat.config.http",
        }
    }
}

/// Refuses settings that are empty, by name.
pub(crate) fn check_present(settings: &[(&'static str, &str)]) -> Result<(), ConfigError> {
    settings.iter().find(|(_, value)| value.trim().is_empty()).map_or(Ok(()), |(name, _)| Err(ConfigError::Empty(name)))
}

/// The API's address: `https`, or `http` on a loopback address, which is the test mode; without path, query or user.
pub(crate) fn checked_base(api_base: &str) -> Result<Url, ConfigError> {
    let refused = || ConfigError::ApiBase(api_base.to_owned());
    let base = Url::parse(api_base).map_err(|_| refused())?;
    let safe = base.scheme() == "https" || (base.scheme() == "http" && is_loopback(&base));
    let bare = base.path() == "/"
        && base.query().is_none()
        && base.fragment().is_none()
        && base.username().is_empty()
        && base.password().is_none();
    if safe && bare { Ok(base) } else { Err(refused()) }
}

/// Whether a URL names this machine by a loopback address or as `localhost`.
pub(crate) fn is_loopback(url: &Url) -> bool {
    let Some(host) = url.host_str() else {
        return false;
    };
    let address = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || address.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
}

/// The HTTP client of one app at one address.
#[derive(Debug, Clone)]
pub(crate) struct Http {
    base: Url,
    client: reqwest::Client,
}

impl Http {
    pub(crate) fn new(api_base: &str, call: Duration) -> Result<Self, ConfigError> {
        crate::install_tls();
        let client = reqwest::Client::builder()
            .user_agent(concat!("suanpan/", env!("CARGO_PKG_VERSION")))
            .connect_timeout(call.min(Duration::from_secs(5)))
            .timeout(call)
            .redirect(reqwest::redirect::Policy::none())
            .build()
            .map_err(|error| ConfigError::Http(error.without_url().to_string()))?;
        Ok(Self { base: checked_base(api_base)?, client })
    }

    pub(crate) fn base(&self) -> &Url {
        &self.base
    }

    /// A request to a path of the API with a query, encoded here and nowhere else.
    pub(crate) fn request(&self, method: Method, path: &str, query: &[(&str, &str)]) -> RequestBuilder {
        let mut url = self.base.clone();
        url.set_path(path);
        if !query.is_empty() {
            url.query_pairs_mut().clear().extend_pairs(query);
        }
        // Without this header DingTalk's gateway answers in XML.
        self.client.request(method, url).header(reqwest::header::ACCEPT, "application/json")
    }

    /// A request for a file elsewhere; whether that address may be believed is the caller's to check.
    pub(crate) fn fetch(&self, address: Url) -> RequestBuilder {
        self.client.get(address)
    }
}

/// Sends a request and takes the whole answer, of at most `limit` bytes.
pub(crate) async fn exchange(request: RequestBuilder, limit: usize) -> Result<(StatusCode, Vec<u8>), SendError> {
    let mut response = request.send().await.map_err(|error| unsent(&error))?;
    let status = response.status();
    let mut body = Vec::new();
    // The status alone does not tell what was done, so a body that breaks off leaves doubt.
    let lost = |error: reqwest::Error| SendError::Ambiguous(error.without_url().to_string());
    while let Some(chunk) = response.chunk().await.map_err(lost)? {
        if body.len() + chunk.len() > limit {
            return Err(SendError::Ambiguous("the answer is too long".into()));
        }
        body.extend_from_slice(&chunk);
    }
    Ok((status, body))
}

/// What a request that got no answer means. Only a connection that was never made leaves no doubt.
pub(crate) fn unsent(error: &reqwest::Error) -> SendError {
    let reason = if error.is_timeout() { "timeout" } else { "connection lost" };
    if error.is_connect() {
        SendError::Retry { after: None, reason: "cannot connect".into() }
    } else if error.is_builder() {
        SendError::Permanent("chat.request_invalid".into())
    } else {
        SendError::Ambiguous(reason.into())
    }
}

/// Whether a body is a page instead of an answer: a proxy's, or the platform's block by address.
pub(crate) fn is_html(body: &[u8]) -> bool {
    body.trim_ascii_start().starts_with(b"<")
}

/// What went wrong below the platform's own error codes: the status of a gateway, or a body that is none.
/// `read` gets the body of a successful status.
pub(crate) fn read_json<A: DeserializeOwned>(status: StatusCode, body: &[u8]) -> Result<A, SendError> {
    if let Ok(answer) = serde_json::from_slice(body) {
        return Ok(answer);
    }
    let named = status.as_u16().to_string();
    Err(if status == StatusCode::TOO_MANY_REQUESTS || status == StatusCode::SERVICE_UNAVAILABLE {
        SendError::Retry { after: Some(Duration::from_secs(1)), reason: named }
    } else if status.is_server_error() || status.is_success() {
        // A gateway that gave up does not know whether the call behind it went through.
        SendError::Ambiguous(if is_html(body) { "an HTML page instead of an answer".into() } else { named })
    } else {
        SendError::Permanent(named)
    })
}

/// The answer of Tencent's interfaces, which carries its code in `errcode`: the value, or what to do next. What both
/// platforms mean alike is known here; `own` says what else a code means on the one that answered.
pub(crate) fn read_coded<A: DeserializeOwned>(
    status: StatusCode,
    body: &[u8],
    own: impl FnOnce(i64) -> Option<SendError>,
) -> Result<A, SendError> {
    #[derive(Deserialize)]
    struct Coded {
        #[serde(default)]
        errcode: i64,
    }
    let coded: Coded = read_json(status, body)?;
    let named = coded.errcode.to_string();
    match coded.errcode {
        0 => serde_json::from_slice(body).map_err(|_| SendError::Ambiguous("the answer cannot be read".into())),
        -1 => Err(SendError::Retry { after: None, reason: named }),
        40_001 | 40_014 | 42_001 => Err(SendError::TokenExpired),
        45_009 => Err(too_often(45_009)),
        code => Err(own(code).unwrap_or(SendError::Permanent(named))),
    }
}

/// Too often in this minute, or too many at once.
pub(crate) fn too_often(code: i64) -> SendError {
    SendError::Retry { after: Some(Duration::from_mins(1)), reason: code.to_string() }
}

/// Doubt about a call that changes nothing is no doubt: it is simply made again.
pub(crate) fn harmless(error: SendError) -> SendError {
    match error {
        SendError::Ambiguous(reason) => SendError::Retry { after: None, reason },
        other => other,
    }
}
