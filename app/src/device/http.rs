//! Requests to the server: JSON or bytes, with a deadline and typed refusals.
//!
//! Promise: [`HttpError::Offline`] means that no answer came, so the request may or may not have been done: only
//! requests with an id of their own may be repeated. An answer that is not 2xx carries the server's code.

use std::cell::Cell;
use std::rc::Rc;

use serde::Serialize;
use serde::de::DeserializeOwned;
use wasm_bindgen::JsCast;
use wasm_bindgen::closure::Closure;

use super::bytes::Bytes;
use super::js;

/// The deadline of a request that names none, in milliseconds.
const DEADLINE: u32 = 20_000;

/// Why there is no good answer.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum HttpError {
    /// The server was not reached, or its answer was lost.
    #[error("the server cannot be reached")]
    Offline,
    /// No answer before the deadline.
    #[error("the server did not answer in time")]
    Timeout,
    /// The server answered with a status that is not 2xx. `code` is its own stable code, or one made from the status.
    #[error("the server refused: {status} {code}")]
    Refused {
        /// The HTTP status.
        status: u16,
        /// The stable code, for the table of texts.
        code: String,
        /// The whole body, for details such as a diff.
        body: String,
    },
    /// The answer is not what was asked for; the text is for logs.
    #[error("the answer could not be read: {0}")]
    Malformed(String),
}

impl HttpError {
    /// The stable code, for the table of texts.
    pub(crate) fn code(&self) -> &str {
        match self {
            Self::Offline => "offline",
            Self::Timeout => "timeout",
            Self::Refused { code, .. } => code,
            Self::Malformed(_) => "bad_answer",
        }
    }

    /// True when the same request may succeed later without anybody changing it.
    pub(crate) const fn passes(&self) -> bool {
        match self {
            Self::Offline | Self::Timeout => true,
            Self::Refused { status, .. } => *status >= 500 || *status == 429,
            Self::Malformed(_) => false,
        }
    }

    pub(super) fn refused(status: u16, body: String) -> Self {
        let named = serde_json::from_slice::<serde_json::Value>(body.as_bytes()).ok().and_then(|value| {
            // What the authority refuses comes under one code, with its own reason.
            let reason = value.get("detail").and_then(|detail| detail.get("reason")).and_then(|code| code.as_str());
            let code = value.get("code").or_else(|| value.get("error")?.get("code"))?;
            reason.or_else(|| code.as_str()).map(str::to_owned)
        });
        let code = named.unwrap_or_else(|| String::from(code_of_status(status)));
        Self::Refused { status, code, body }
    }
}

const fn code_of_status(status: u16) -> &'static str {
    match status {
        401 => "unauthorized",
        403 => "forbidden",
        404 | 410 => "not_found",
        409 | 412 => "conflict",
        413 => "too_large",
        429 => "too_many_requests",
        _ => "server",
    }
}

/// A request in the making.
pub(crate) struct Request {
    method: &'static str,
    url: String,
    headers: Vec<(String, String)>,
    body: Option<Bytes>,
    deadline: u32,
}

/// A good answer (2xx), its body not read yet.
pub(crate) struct Response(web_sys::Response);

impl Request {
    /// Any method on a path of our own server.
    pub(crate) fn new(method: &'static str, url: impl Into<String>) -> Self {
        Self { method, url: url.into(), headers: Vec::new(), body: None, deadline: DEADLINE }
    }

    /// Reads.
    pub(crate) fn get(url: impl Into<String>) -> Self {
        Self::new("GET", url)
    }

    /// Posts.
    pub(crate) fn post(url: impl Into<String>) -> Self {
        Self::new("POST", url)
    }

    /// With a header.
    #[must_use]
    pub(crate) fn header(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }

    /// With the access token of a session.
    #[must_use]
    pub(crate) fn bearer(self, token: &str) -> Self {
        self.header("authorization", format!("Bearer {token}"))
    }

    /// With a JSON body.
    pub(crate) fn json(self, body: &impl Serialize) -> Result<Self, HttpError> {
        let bytes = serde_json::to_vec(body).map_err(|error| HttpError::Malformed(error.to_string()))?;
        Ok(self.bytes(bytes, "application/json"))
    }

    /// With a body of bytes.
    #[must_use]
    pub(crate) fn bytes(mut self, body: impl Into<Bytes>, media_type: &str) -> Self {
        self.body = Some(body.into());
        self.header("content-type", media_type)
    }

    /// With another deadline than 20 seconds, in milliseconds, for the head of the answer.
    #[must_use]
    pub(crate) const fn deadline(mut self, milliseconds: u32) -> Self {
        self.deadline = milliseconds;
        self
    }

    /// Sends it and waits for the head of the answer.
    pub(crate) async fn send(self) -> Result<Response, HttpError> {
        let window = web_sys::window().ok_or(HttpError::Offline)?;
        let init = web_sys::RequestInit::new();
        init.set_method(self.method);
        init.set_headers_headers(&self.fields()?);
        if let Some(body) = &self.body {
            init.set_body_opt_u8_array(Some(body.array()));
        }
        let controller = web_sys::AbortController::new().map_err(|_| HttpError::Offline)?;
        init.set_signal(Some(&controller.signal()));

        let late = Rc::new(Cell::new(false));
        let expire = Closure::<dyn FnMut()>::new({
            let late = Rc::clone(&late);
            move || {
                late.set(true);
                controller.abort();
            }
        });
        let delay = i32::try_from(self.deadline).unwrap_or(i32::MAX);
        let timer = window
            .set_timeout_with_callback_and_timeout_and_arguments_0(expire.as_ref().unchecked_ref(), delay)
            .unwrap_or_default();
        let answer = js::settled(window.fetch_with_str_and_init(&self.url, &init).into()).await;
        window.clear_timeout_with_handle(timer);

        let lost = || {
            if late.get() { HttpError::Timeout } else { HttpError::Offline }
        };
        let answer = answer.map_err(|_| lost())?;
        let response = answer.dyn_into::<web_sys::Response>().map_err(|_| lost())?;
        if response.ok() {
            return Ok(Response(response));
        }
        let status = response.status();
        Err(HttpError::refused(status, Response(response).text().await.unwrap_or_default()))
    }

    fn fields(&self) -> Result<web_sys::Headers, HttpError> {
        let malformed = |error| HttpError::Malformed(js::error_text(&error));
        let headers = web_sys::Headers::new().map_err(malformed)?;
        for (name, value) in &self.headers {
            headers.set(name, value).map_err(malformed)?;
        }
        Ok(headers)
    }
}

impl Response {
    /// A header of the answer.
    pub(crate) fn header(&self, name: &str) -> Option<String> {
        self.0.headers().get(name).ok().flatten()
    }

    /// The body as bytes.
    pub(crate) async fn bytes(self) -> Result<Bytes, HttpError> {
        let reading = self.0.array_buffer().map_err(|_| HttpError::Offline)?;
        // A body that breaks off is a lost answer.
        js::settled(reading.into()).await.map(|buffer| Bytes::of_buffer(&buffer)).map_err(|_| HttpError::Offline)
    }

    /// The body as text.
    pub(crate) async fn text(self) -> Result<String, HttpError> {
        String::from_utf8(self.bytes().await?.to_vec()).map_err(|error| HttpError::Malformed(error.to_string()))
    }

    /// The body as JSON.
    pub(crate) async fn json<T: DeserializeOwned>(self) -> Result<T, HttpError> {
        let bytes = self.bytes().await?.to_vec();
        serde_json::from_slice(&bytes).map_err(|error| HttpError::Malformed(error.to_string()))
    }
}
