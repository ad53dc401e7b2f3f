//! Refusals and failures, as their asker sees them.
//!
//! Promise: each has a stable code, one status, and a sentence in Chinese and in English that says
//! what to do. What went wrong inside is logged under the request's id and never sent.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value};

use crate::store::{StoreError, WriteError};

/// A kind of refusal. `{name}` in a sentence stands for the detail of that name.
#[derive(Debug, PartialEq, Eq)]
pub struct Kind {
    /// The HTTP status.
    pub status: StatusCode,
    /// The stable code.
    pub code: &'static str,
    /// The sentence in Chinese.
    pub zh: &'static str,
    /// The sentence in English.
    pub en: &'static str,
}

/// One refusal: its kind, details for the app, and the cause for the log.
#[derive(Debug, Clone)]
pub struct Problem {
    pub(super) kind: &'static Kind,
    pub(super) detail: Map<String, Value>,
    pub(super) retry_after_seconds: Option<u64>,
    pub(super) cause: Option<String>,
}

macro_rules! kinds {
    ($($(#[$doc:meta])* $name:ident = $status:ident $code:literal, $zh:literal, $en:literal;)*) => {$(
        $(#[$doc])*
        pub static $name: Kind = Kind { status: StatusCode::$status, code: $code, zh: $zh, en: $en };
    )*};
}

kinds! {
    /// The body or a parameter cannot be read.
    MALFORMED = BAD_REQUEST "malformed", "请求内容有误：{what}", "The request cannot be read: {what}";
    /// A text holds U+0000, which no database keeps.
    NUL_IN_TEXT = BAD_REQUEST "nul_in_text", "文本中含有空字符 U+0000，无法保存", "A text holds the character U+0000, which cannot be kept";
    /// Nobody is signed in.
    UNAUTHENTICATED = UNAUTHORIZED "unauthenticated", "请先登录", "Please sign in";
    /// Signed in, but not allowed.
    FORBIDDEN = FORBIDDEN "forbidden", "您没有权限进行此操作", "You are not allowed to do this";
    /// Not there, or not for this person's eyes.
    NOT_FOUND = NOT_FOUND "not_found", "没有找到", "Not found";
    /// The path does not take this method.
    METHOD_NOT_ALLOWED = METHOD_NOT_ALLOWED "method_not_allowed", "不支持这种请求方法", "This method is not supported here";
    /// The body is larger than allowed.
    TOO_LARGE = PAYLOAD_TOO_LARGE "too_large", "内容太大", "The content is too large";
    /// Too many requests.
    TOO_MANY_REQUESTS = TOO_MANY_REQUESTS "too_many_requests", "操作太频繁，请 {seconds} 秒后再试", "Too many requests, try again in {seconds} seconds";
    /// The request took too long to arrive or to answer.
    TIMEOUT = REQUEST_TIMEOUT "timeout", "请求超时，请重试", "The request took too long, try again";
    /// Too much waits to be written.
    BUSY = SERVICE_UNAVAILABLE "busy", "服务器繁忙，请稍后重试", "The server is busy, try again shortly";
    /// The store failed; nothing was acknowledged.
    UNAVAILABLE = SERVICE_UNAVAILABLE "unavailable", "暂时无法保存，请重试；已输入的内容不会丢失", "It could not be stored, try again; what you typed is not lost";
    /// A fault of ours.
    INTERNAL = INTERNAL_SERVER_ERROR "internal", "服务器出错了，请联系管理员并告知编号", "The server failed; please give your administrator the request id";
    /// The app was not built.
    NO_APP = NOT_FOUND "no_app", "网页尚未构建，请先运行 ./dev run", "The app has not been built; run ./dev run";
}

impl Problem {
    /// A refusal of a kind.
    pub fn new(kind: &'static Kind) -> Self {
        Self { kind, detail: Map::new(), retry_after_seconds: None, cause: None }
    }

    /// A body or parameter that cannot be read; `what` says which.
    pub fn malformed(what: impl std::fmt::Display) -> Self {
        Self::new(&MALFORMED).with("what", what.to_string())
    }

    /// A fault of ours; `cause` is logged, not sent.
    pub fn internal(cause: impl std::fmt::Display) -> Self {
        Self::new(&INTERNAL).caused_by(cause)
    }

    /// With a detail for the app and for the sentence.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.detail.insert(name.to_owned(), value.into());
        self
    }

    /// With the number of seconds after which to try again.
    #[must_use]
    pub fn retry_after(mut self, seconds: u64) -> Self {
        self.retry_after_seconds = Some(seconds);
        self
    }

    /// With what happened inside, for the log.
    #[must_use]
    pub fn caused_by(mut self, cause: impl std::fmt::Display) -> Self {
        self.cause = Some(cause.to_string());
        self
    }

    /// Its stable code.
    pub const fn code(&self) -> &'static str {
        self.kind.code
    }

    /// Its HTTP status.
    pub const fn status(&self) -> StatusCode {
        self.kind.status
    }

    /// Its sentence; `english` or Chinese.
    pub fn message(&self, english: bool) -> String {
        let mut message = if english { self.kind.en } else { self.kind.zh }.to_owned();
        for (name, value) in &self.detail {
            let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            message = message.replace(&format!("{{{name}}}"), &text);
        }
        message
    }
}

impl From<&'static Kind> for Problem {
    fn from(kind: &'static Kind) -> Self {
        Self::new(kind)
    }
}

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        Self::internal(format!("{}: {error}", error.code()))
    }
}

impl<E: Into<Problem>> From<WriteError<E>> for Problem {
    fn from(error: WriteError<E>) -> Self {
        match error {
            WriteError::Refused(refusal) => refusal.into(),
            WriteError::Busy => Self::new(&BUSY).retry_after(1),
            WriteError::Unavailable => Self::new(&UNAVAILABLE).retry_after(2),
        }
    }
}

/// The body is written by [`super::envelope`], which knows the language and the request's id.
impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let mut response = self.kind.status.into_response();
        response.extensions_mut().insert(self);
        response
    }
}
