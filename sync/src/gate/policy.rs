//! Policy: who may write what, when. One table.
//!
//! | document | who | while | may write |
//! |---|---|---|---|
//! | claim | whoever begins it | – | the fixed fields, naming themselves the owner |
//! | claim | its owner | editable | header, lines, invoices |
//! | thread | a participant | always | new comments under their own actor and name |
//! | preferences | that person | always | header |
//!
//! Everything else is refused: `frozen` when only the state is in the way, else `not_allowed`.

use budget::{DeviceId, PersonId};

use super::Refusal;
use super::operations::Write;
use crate::view::codes;
use crate::{Document, DocumentKey, Field, Place, Scalar};

/// Who pushes a change, and how its document stands.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The document.
    pub key: DocumentKey,
    /// The device that signed the change.
    pub device: DeviceId,
    /// The person whose device it is.
    pub person: PersonId,
    /// Whose document it is; `None` while nobody began it.
    pub owner: Option<PersonId>,
    /// Whether the request's content may be edited in its present state.
    pub editable: bool,
    /// Whether the person takes part in the request and may comment.
    pub participant: bool,
}

pub(super) fn check(
    terms: &Terms,
    actor: [u8; 16],
    creates: bool,
    document: &Document,
    writes: &[Write],
) -> Result<(), Refusal> {
    debug_assert_eq!(creates, document.is_empty());
    match terms.key {
        DocumentKey::Claim(_) => claim(terms, creates, writes),
        DocumentKey::Thread(_) => thread(terms, actor, creates, writes),
        DocumentKey::Preferences(person) if person == terms.person => header_only(writes),
        DocumentKey::Preferences(_) => Err(Refusal::not_allowed("these are another person's preferences")),
    }
}

fn claim(terms: &Terms, creates: bool, writes: &[Write]) -> Result<(), Refusal> {
    if creates {
        let me = Scalar::Text(terms.person.to_string());
        let owner = writes.iter().find(|write| write.field == Some(Field::Owner));
        if owner.and_then(|write| write.value.as_ref()) != Some(&me) {
            return Err(Refusal::not_allowed("a claim is begun by its owner"));
        }
    } else if terms.owner != Some(terms.person) {
        return Err(Refusal::not_allowed("only its owner edits a claim"));
    }
    for write in writes {
        match (&write.place, write.field) {
            (Place::Header, Some(field)) if field.is_fixed() && !creates => {
                return Err(Refusal::not_allowed(format!("{} is written once", field.name())));
            }
            (Place::Header | Place::Line(_) | Place::Invoice(_), _) => {}
            (Place::Comment(_), _) => return Err(Refusal::malformed("a claim holds no comments")),
        }
    }
    if terms.editable {
        Ok(())
    } else {
        Err(Refusal { code: codes::FROZEN, message: "the request is being approved".into() })
    }
}

fn thread(terms: &Terms, actor: [u8; 16], creates: bool, writes: &[Write]) -> Result<(), Refusal> {
    if !terms.participant {
        return Err(Refusal::not_allowed("the person takes no part in this request"));
    }
    for write in writes {
        match (&write.place, write.field) {
            (Place::Header, Some(Field::Schema)) if creates => {}
            (Place::Comment(id), field) if id.actor == actor && !write.existed => {
                let by = Scalar::Text(terms.person.to_string());
                if field == Some(Field::CommentBy) && write.value.as_ref() != Some(&by) {
                    return Err(Refusal::not_allowed("a comment names its writer"));
                }
            }
            (Place::Comment(_), _) => {
                return Err(Refusal::not_allowed("a comment is written once, by its writer"));
            }
            _ => return Err(Refusal::malformed("a thread holds comments only")),
        }
    }
    Ok(())
}

fn header_only(writes: &[Write]) -> Result<(), Refusal> {
    if writes.iter().all(|write| write.place == Place::Header) {
        Ok(())
    } else {
        Err(Refusal::malformed("preferences hold plain fields only"))
    }
}
