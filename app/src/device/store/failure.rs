//! Why the database did not answer, by name: a full disk is another matter than a private window.

use indexed_db_futures::error;
use wasm_bindgen::JsValue;

use crate::device::js;

/// Why the database did not answer.
#[derive(Debug, thiserror::Error)]
pub(crate) enum StoreError {
    /// The disk, or the browser's share of it, is full. Nothing of the batch was written.
    #[error("no space left on the device")]
    Full,
    /// The browser has no database for us, as in some private windows.
    #[error("the browser keeps no data: {0}")]
    Unavailable(String),
    /// Another tab runs a newer version of the app.
    #[error("a newer version of the app owns the data")]
    Outdated,
    /// The key is taken (only where a key must be new).
    #[error("the key is taken")]
    Taken,
    /// Anything else; the text is for logs.
    #[error("the database failed: {0}")]
    Failed(String),
}

impl StoreError {
    /// The stable code, for the table of texts.
    pub(crate) const fn code(&self) -> &'static str {
        match self {
            Self::Full => "storage_full",
            Self::Unavailable(_) => "storage_unavailable",
            Self::Outdated => "storage_outdated",
            Self::Taken | Self::Failed(_) => "storage",
        }
    }

    pub(super) fn of_exception(error: &JsValue) -> Self {
        match js::error_name(error).as_str() {
            "QuotaExceededError" => Self::Full,
            "VersionError" => Self::Outdated,
            "ConstraintError" => Self::Taken,
            "SecurityError" => Self::Unavailable(js::error_text(error)),
            _ => Self::Failed(js::error_text(error)),
        }
    }
}

impl From<error::Error> for StoreError {
    fn from(error: error::Error) -> Self {
        match error {
            error::Error::DomException(exception) => Self::of_exception(exception.as_ref()),
            other => Self::Failed(other.to_string()),
        }
    }
}

impl From<error::OpenDbError> for StoreError {
    fn from(error: error::OpenDbError) -> Self {
        match error {
            error::OpenDbError::Base(error) => match Self::from(error) {
                // Firefox answers an open in a private window with InvalidStateError.
                Self::Failed(text) => Self::Unavailable(text),
                named => named,
            },
            other => Self::Unavailable(other.to_string()),
        }
    }
}
