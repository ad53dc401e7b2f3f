//! The content of a document without its history: what is shown of it, and what an edit makes of it at once.
//!
//! Promise: [`Content::apply`] shows exactly what [`Document::edit`] will write, so that a page may show an edit before
//! the merge engine has seen it, and need not carry the engine.

use std::collections::BTreeMap;

use automerge::ROOT;

use super::edit::created;
use super::{COMMENTS, Document, Edit, EditError, Field, INVOICES, LINES, Place, Scalar, migration};
use crate::DocumentKey;

/// Every field of a document with its values, by place: one value, or several written at the same time.
#[derive(Debug, Clone, PartialEq, Eq, Default, minicbor::Encode, minicbor::Decode)]
#[cbor(transparent)]
pub struct Content(#[n(0)] BTreeMap<Place, BTreeMap<Field, Vec<Scalar>>>);

impl Content {
    /// The content of a document.
    pub fn of(document: &Document) -> Self {
        let mut content = Self::default();
        if document.is_empty() {
            return content;
        }
        content.read(document, Place::Header, &ROOT);
        for (key, object) in document.keys(LINES) {
            if let Ok(id) = key.parse() {
                content.read(document, Place::Line(id), &object);
            }
        }
        for (key, object) in document.keys(INVOICES) {
            if let Ok(id) = key.parse() {
                content.read(document, Place::Invoice(id), &object);
            }
        }
        for (key, object) in document.keys(COMMENTS) {
            if let Ok(id) = key.parse() {
                content.read(document, Place::Comment(id), &object);
            }
        }
        content
    }

    fn read(&mut self, document: &Document, place: Place, object: &automerge::ObjId) {
        let mut fields = BTreeMap::new();
        for field in Field::ALL.iter().filter(|field| field.belongs_to(&place)) {
            let values = document.values(object, field.name());
            if !values.is_empty() {
                fields.insert(*field, values);
            }
        }
        self.0.insert(place, fields);
    }

    /// Whether nobody has written it yet.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Every place of it, in order.
    pub fn places(&self) -> impl Iterator<Item = &Place> {
        self.0.keys()
    }

    /// Every value that a field has: none, one, or several written at the same time.
    pub fn values(&self, place: &Place, field: Field) -> &[Scalar] {
        self.0.get(place).and_then(|fields| fields.get(&field)).map_or(&[], Vec::as_slice)
    }

    /// Which layout it has; `None` when it names none.
    pub(crate) fn layout(&self) -> Option<i64> {
        migration::layout(self.values(&Place::Header, Field::Schema))
    }

    /// Does what a person wants, as [`Document::edit`] will.
    pub fn apply(&mut self, key: &DocumentKey, edit: &Edit) -> Result<(), EditError> {
        edit.check(key, self.is_empty(), self.layout())?;
        for (field, value) in created(edit) {
            self.0.entry(Place::Header).or_default().insert(field, vec![value]);
        }
        for (place, field, value) in edit.puts(|| self.clone()) {
            self.0.entry(place).or_default().insert(field, vec![value]);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::Claim;
    use budget::{InvoiceId, LineId, PersonId, Timestamp};
    use proptest::prelude::*;

    const AT: Timestamp = Timestamp(1_000);
    const KEY: DocumentKey = DocumentKey::Claim(budget::RequestId([3; 16]));

    fn puts() -> impl Strategy<Value = Edit> {
        let header = (prop_oneof![Just(Field::Title), Just(Field::Purpose)], "[a-c]{0,2}")
            .prop_map(|(field, text)| Edit::set(Place::Header, field, Scalar::Text(text)));
        let line = (0_u8..3, 0_i64..4).prop_map(|(id, fen)| Edit::Put {
            place: Place::Line(LineId([id; 16])),
            values: vec![
                (Field::Amount, Scalar::Integer(fen)),
                (Field::LineDeleted, Scalar::Flag(fen == 3)),
                (Field::Date, Scalar::Text("2026-06-02".into())),
            ],
        });
        let invoice = (0_u8..2, any::<bool>()).prop_map(|(id, flag)| {
            Edit::set(Place::Invoice(InvoiceId([id; 16])), Field::Confirmed, Scalar::Flag(flag))
        });
        // Nothing of this is a field of a claim's header.
        let wrong = Just(Edit::set(Place::Header, Field::Amount, Scalar::Integer(1)));
        prop_oneof![3 => header, 4 => line, 2 => invoice, 1 => wrong]
    }

    proptest! {
        /// What a page shows before the engine has seen an edit is what the engine makes of it, also where two devices
        /// wrote at the same time.
        #[test]
        fn content_moves_as_its_document_moves(
            edits in prop::collection::vec(puts(), 1..12),
            theirs in prop::collection::vec(puts(), 0..4),
        ) {
            let mut document = Document::new();
            let mut content = Content::default();
            let owner = PersonId([1; 16]);
            let begin = Edit::CreateClaim { owner, at: AT };
            document.edit(&KEY, [1; 16], AT, &begin).unwrap();
            content.apply(&KEY, &begin).unwrap();
            let mut other = document.clone();
            for (index, edit) in edits.iter().enumerate() {
                let written = document.edit(&KEY, [1; 16], AT, edit).map(drop);
                prop_assert_eq!(content.apply(&KEY, edit), written);
                prop_assert_eq!(&content, &Content::of(&document));
                if index == edits.len() / 2 {
                    for edit in &theirs {
                        let _ = other.edit(&KEY, [2; 16], AT, edit);
                    }
                    let changes = other.changes();
                    document.apply(changes.iter().map(|change| change.bytes.as_slice())).unwrap();
                    content = Content::of(&document);
                }
            }
            prop_assert_eq!(Claim::of(&content), Claim::read(&document));
            let bytes = minicbor::to_vec(&content).unwrap();
            prop_assert_eq!(minicbor::decode::<Content>(&bytes).unwrap(), content);
        }
    }
}
