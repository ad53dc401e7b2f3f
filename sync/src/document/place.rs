//! From the keys of a document's maps to places: one spelling each.

use super::{COMMENTS, INVOICES, LINES, Place};

/// The container with this key.
#[cfg(feature = "gate")]
pub(crate) fn container_named(key: &str) -> Option<&'static str> {
    [LINES, INVOICES, COMMENTS].into_iter().find(|container| *container == key)
}

/// The place under this key of a container. One spelling of an id only, so that two keys cannot mean
/// one line.
pub(crate) fn named(container: &str, key: &str) -> Option<Place> {
    let canonical = |text: String| text == key;
    match container {
        LINES => key.parse().ok().filter(|id: &budget::LineId| canonical(id.to_string())).map(Place::Line),
        INVOICES => key.parse().ok().filter(|id: &budget::InvoiceId| canonical(id.to_string())).map(Place::Invoice),
        COMMENTS => key.parse().ok().map(Place::Comment),
        _ => None,
    }
}
