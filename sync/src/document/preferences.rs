//! Preferences: what a person's devices share, and nobody else reads.

use automerge::ROOT;
use budget::Code;

use super::{Document, Field, Scalar};

/// What a person likes (偏好). Two devices that disagree settle it by themselves: the engine's
/// winner holds, because nothing here is money.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Preferences {
    /// The language of the app, a BCP 47 tag; empty for the device's own.
    pub language: String,
    /// The department that new claims are charged to.
    pub department: Option<Code>,
    /// The account of new lines.
    pub account: Option<Code>,
    /// How lists are filtered, as the app spells it.
    pub filter: String,
}

impl Preferences {
    /// The preferences in a document; what was never chosen is empty.
    pub fn read(document: &Document) -> Self {
        let text = |field: Field| {
            let value = document.values(&ROOT, field.name()).pop();
            value.as_ref().and_then(Scalar::text).unwrap_or_default().to_owned()
        };
        Self {
            language: text(Field::Language),
            department: Code::new(&text(Field::UsualDepartment)).ok(),
            account: Code::new(&text(Field::UsualAccount)).ok(),
            filter: text(Field::ListFilter),
        }
    }
}
