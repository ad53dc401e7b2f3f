//! Edits: what a person wants done to a document, in terms that can be done again.
//!
//! A change that the gate refused is lost as a change, but its edit is not: it is replayed on the
//! accepted document, or kept as a draft.

use automerge::transaction::Transactable;
use automerge::{AutomergeError, ObjId, ObjType, ROOT, Value};
use budget::{PersonId, Timestamp};

use super::{COMMENTS, Content, Field, INVOICES, LINES, Place, SCHEMA, Scalar, migration, put};
use crate::DocumentKey;

/// What a person wants done.
#[derive(Debug, Clone, PartialEq, Eq, minicbor::Encode, minicbor::Decode)]
pub enum Edit {
    /// Begin a claim.
    #[n(0)]
    CreateClaim {
        /// Whose it is.
        #[n(0)]
        owner: PersonId,
        /// When it was begun.
        #[n(1)]
        at: Timestamp,
    },
    /// Begin the comments on a request; the same change on every device.
    #[n(1)]
    CreateThread,
    /// Write fields of one place; a line, invoice or comment that is not there is made.
    #[n(2)]
    Put {
        /// Where.
        #[n(0)]
        place: Place,
        /// What.
        #[n(1)]
        values: Vec<(Field, Scalar)>,
    },
    /// Begin a person's preferences; the same change on every device.
    #[n(3)]
    CreatePreferences,
    /// Bring the document to the layout of this program.
    #[n(4)]
    Upgrade,
}

/// Why an edit cannot be done.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum EditError {
    /// It writes nothing.
    #[error("the edit writes nothing")]
    Empty,
    /// The document was begun already.
    #[error("the document exists already")]
    Exists,
    /// The document was not begun.
    #[error("the document does not exist yet")]
    Missing,
    /// The field is not one of this place.
    #[error("{} is not a field here", .0.name())]
    WrongPlace(Field),
    /// The value has another type or is too long.
    #[error("{} cannot have this value", .0.name())]
    WrongValue(Field),
    /// The field is written once, when the document is made.
    #[error("{} cannot be changed", .0.name())]
    Fixed(Field),
    /// The document is of another kind, or of a layout that a newer app wrote.
    #[error("the edit does not fit this document")]
    WrongDocument,
    /// The merge engine refused.
    #[error("the document cannot be written: {0}")]
    Engine(String),
}

impl From<AutomergeError> for EditError {
    fn from(error: AutomergeError) -> Self {
        Self::Engine(error.to_string())
    }
}

impl Edit {
    /// One field of one place.
    pub fn set(place: Place, field: Field, value: Scalar) -> Self {
        Self::Put { place, values: vec![(field, value)] }
    }

    /// Whether it is the first change of a document that several people may begin.
    pub(super) const fn begins_shared(&self) -> bool {
        matches!(self, Self::CreateThread | Self::CreatePreferences)
    }

    /// Whether it can be done to this document; `empty` says that nobody has written it yet, `layout` which one it has.
    pub(super) fn check(&self, key: &DocumentKey, empty: bool, layout: Option<i64>) -> Result<(), EditError> {
        match (self, key) {
            (Self::CreateClaim { .. }, DocumentKey::Claim(_))
            | (Self::CreateThread, DocumentKey::Thread(_))
            | (Self::CreatePreferences, DocumentKey::Preferences(_)) => {
                return if empty { Ok(()) } else { Err(EditError::Exists) };
            }
            (Self::CreateClaim { .. } | Self::CreateThread | Self::CreatePreferences, _) => {
                return Err(EditError::WrongDocument);
            }
            (Self::Put { .. } | Self::Upgrade, _) if empty => return Err(EditError::Missing),
            (Self::Put { .. } | Self::Upgrade, _) => {}
        }
        if !migration::is_understood(layout) {
            return Err(EditError::WrongDocument);
        }
        match self {
            Self::Put { values, .. } if values.is_empty() => Err(EditError::Empty),
            Self::Put { place, values } => values.iter().try_for_each(|(field, value)| {
                if !field.belongs_to(place) || !field.is_of(key) {
                    Err(EditError::WrongPlace(*field))
                } else if field.is_fixed() {
                    Err(EditError::Fixed(*field))
                } else if field.accepts(value) {
                    Ok(())
                } else {
                    Err(EditError::WrongValue(*field))
                }
            }),
            _ => Ok(()),
        }
    }

    /// The fields that it writes to this content, with their places, beside what a document is begun with.
    pub(super) fn puts(&self, content: impl FnOnce() -> Content) -> Vec<(Place, Field, Scalar)> {
        match self {
            Self::Put { place, values } => {
                values.iter().map(|(field, value)| (place.clone(), *field, value.clone())).collect()
            }
            Self::Upgrade => migration::upgrade(&content(), migration::STEPS),
            _ => Vec::new(),
        }
    }

    pub(super) fn write(
        &self,
        transaction: &mut impl Transactable,
        puts: Vec<(Place, Field, Scalar)>,
    ) -> Result<(), EditError> {
        match self {
            Self::CreateClaim { .. } => {
                for (field, value) in created(self) {
                    put(transaction, &ROOT, field.name(), &value)?;
                }
                transaction.put_object(&ROOT, LINES, ObjType::Map)?;
                transaction.put_object(&ROOT, INVOICES, ObjType::Map)?;
            }
            // Begun with the same change on every device, see `genesis`.
            Self::CreateThread | Self::CreatePreferences => {}
            Self::Put { .. } | Self::Upgrade => {
                for (place, field, value) in puts {
                    let object = match place {
                        Place::Header => ROOT,
                        Place::Line(id) => child(transaction, LINES, &id.to_string())?,
                        Place::Invoice(id) => child(transaction, INVOICES, &id.to_string())?,
                        Place::Comment(id) => child(transaction, COMMENTS, &id.to_string())?,
                    };
                    // Writing what stands there already would only make a change to carry about,
                    // unless there are several values and this one settles it.
                    let present = transaction.get_all(&object, field.name())?;
                    let same = matches!(present.as_slice(), [(now, _)] if super::scalar(now).as_ref() == Some(&value));
                    if !same {
                        put(transaction, &object, field.name(), &value)?;
                    }
                }
            }
        }
        Ok(())
    }
}

/// The header that a document is created with.
pub(super) fn created(edit: &Edit) -> Vec<(Field, Scalar)> {
    let schema = (Field::Schema, Scalar::Integer(SCHEMA));
    match edit {
        Edit::CreateClaim { owner, at } => vec![
            schema,
            (Field::Owner, Scalar::Text(owner.to_string())),
            (Field::CreatedAt, Scalar::Integer(at.0)),
            (Field::Currency, Scalar::Text("CNY".into())),
        ],
        Edit::CreateThread | Edit::CreatePreferences => vec![schema],
        Edit::Put { .. } | Edit::Upgrade => Vec::new(),
    }
}

fn child(transaction: &mut impl Transactable, container: &str, key: &str) -> Result<ObjId, EditError> {
    let Some((Value::Object(ObjType::Map), parent)) = transaction.get(&ROOT, container)? else {
        return Err(EditError::Missing);
    };
    match transaction.get(&parent, key)? {
        Some((Value::Object(ObjType::Map), id)) => Ok(id),
        _ => Ok(transaction.put_object(&parent, key, ObjType::Map)?),
    }
}
