//! Why a test could not go on, in one sentence.

use std::fmt;

/// The error of every helper here. It takes in any other error with `?` and prints as its message, so that a
/// failing test says what it was waiting for.
pub struct Fault(String);

/// What helpers and end to end tests return.
pub type Result<T> = std::result::Result<T, Fault>;

impl Fault {
    /// A fault of our own wording.
    pub fn new(message: impl Into<String>) -> Self {
        Self(message.into())
    }

    /// Says what was going on when `error` came up.
    pub fn during(what: &str, error: impl fmt::Display) -> Self {
        Self(format!("{what}: {error}"))
    }
}

impl fmt::Debug for Fault {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

// `Fault` is no `Error` itself, which leaves room for this one conversion from all that are.
impl<E: std::error::Error> From<E> for Fault {
    fn from(error: E) -> Self {
        Self(error.to_string())
    }
}
