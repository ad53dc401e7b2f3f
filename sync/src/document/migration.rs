//! Layouts: how a document of an older one is brought to this one.
//!
//! Promise: a document of this layout or an older one can be read and written; one of a newer layout
//! is shown and never written. A document is moved by its owner's device, as an edit like any other
//! ([`Edit::Upgrade`](super::Edit)): signed, admitted, in the history. Two devices that move it at the
//! same time write the same values, which is no conflict. A published step never changes.
//!
//! A field that an older app may ignore without harm needs no new layout. A document that names no kind is a claim, as all
//! were before there were others; an app that knows no kinds shows such a document and cannot hand it in, since its
//! submission would name another kind than the document does.

use super::{Content, Field, Place, Scalar};

/// The layout that this program writes.
pub const SCHEMA: i64 = 1;

/// One step, from the layout of its place in [`STEPS`] (counted from 1) to the next.
pub(super) struct Step {
    /// What has to be written, from what stands there; computed alike on every device.
    pub(super) values: fn(&Content) -> Vec<(Place, Field, Scalar)>,
}

/// Every step. A new layout adds one at the end and raises [`SCHEMA`].
pub(super) const STEPS: &[Step] = &[];

/// Which layout a document has, from the values of its field; `None` when it names none.
pub(crate) fn layout(values: &[Scalar]) -> Option<i64> {
    match values {
        [Scalar::Integer(layout)] => Some(*layout),
        // Moved on one device and not yet on the other: the newer one holds.
        several => several.iter().filter_map(Scalar::integer).max(),
    }
}

/// Whether this program may write such a document.
pub(crate) fn is_understood(layout: Option<i64>) -> bool {
    layout.is_some_and(|layout| (1..=SCHEMA).contains(&layout))
}

/// Whether a document may be brought to this layout: one that this program knows, and not the first.
#[cfg(feature = "gate")]
pub(crate) fn is_later(layout: i64) -> bool {
    layout > 1 && is_understood(Some(layout))
}

/// What brings a document to the newest layout of these steps; empty when it is there.
pub(super) fn upgrade(content: &Content, steps: &[Step]) -> Vec<(Place, Field, Scalar)> {
    let Some(layout) = content.layout().and_then(|layout| usize::try_from(layout).ok()).filter(|layout| *layout > 0)
    else {
        return Vec::new();
    };
    let due = steps.get(layout - 1..).unwrap_or_default();
    let mut values: Vec<_> = due.iter().flat_map(|step| (step.values)(content)).collect();
    if !due.is_empty() {
        let newest = i64::try_from(steps.len()).unwrap_or(i64::MAX).saturating_add(1);
        values.push((Place::Header, Field::Schema, Scalar::Integer(newest)));
    }
    values
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Document, DocumentKey, Edit};
    use budget::{PersonId, RequestId, Timestamp};

    const KEY: DocumentKey = DocumentKey::Claim(RequestId([3; 16]));

    #[test]
    fn there_is_a_step_to_every_layout() {
        assert_eq!(i64::try_from(STEPS.len()).unwrap() + 1, SCHEMA);
    }

    #[test]
    fn a_document_is_brought_to_the_newest_layout_through_every_step_between() {
        let mut document = Document::new();
        let owner = PersonId([1; 16]);
        document.edit(&KEY, [1; 16], Timestamp(0), &Edit::CreateClaim { owner, at: Timestamp(0) }).unwrap();
        let title = |content: &Content| {
            let title = content.values(&Place::Header, Field::Title);
            vec![(Place::Header, Field::Title, title.first().cloned().unwrap_or(Scalar::Text("无题".into())))]
        };
        let purpose = |_: &Content| vec![(Place::Header, Field::Purpose, Scalar::Text(String::new()))];
        let steps = [Step { values: title }, Step { values: purpose }];
        let content = Content::of(&document);
        let values = upgrade(&content, &steps);
        let fields: Vec<Field> = values.iter().map(|(_, field, _)| *field).collect();
        assert_eq!(fields, [Field::Title, Field::Purpose, Field::Schema]);
        assert_eq!(values.last().unwrap().2, Scalar::Integer(3));
        assert_eq!(upgrade(&content, &[]), []);
        assert!(is_understood(content.layout()));
        assert!(!is_understood(Some(SCHEMA + 1)) && !is_understood(Some(0)) && !is_understood(None));
    }
}
