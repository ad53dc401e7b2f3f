//! Policy: who may write what, while a request stands how. One table, read from top to bottom.
//!
//! What is in no row is refused. The code says why: `malformed` when nobody may ever write there,
//! `not_allowed` when somebody else may, `frozen` when this person may in another state.

use budget::{DeviceId, PersonId};

use super::Refusal;
use super::operations::Write;
use crate::document::migration;
use crate::view::codes;
use crate::{DocumentKey, Field, Place, Scalar};

/// Who pushes a change, and how its document stands.
#[derive(Debug, Clone)]
pub struct Terms {
    /// The document.
    pub key: DocumentKey,
    /// The device that signed the change, or for which the relay vouches.
    pub device: DeviceId,
    /// An actor that does not name the device and that the relay holds to be its all the same, in this document:
    /// only for a change that the relay vouches for ([`crate::signature::vouch_message`]).
    pub lent_actor: Option<[u8; 16]>,
    /// The person whose device it is.
    pub person: PersonId,
    /// Whose document it is; `None` while nobody began it.
    pub owner: Option<PersonId>,
    /// Whether the request's content may be edited in its present state.
    pub editable: bool,
    /// Whether the person takes part in the request and may comment.
    pub participant: bool,
}

/// A kind of document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Claim,
    Thread,
    Preferences,
}

/// Who the person is to the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Who {
    /// Whoever begins it, and names themselves its owner.
    Beginner,
    Owner,
    Participant,
    /// The person whose preferences they are.
    Themselves,
}

/// While the request stands how.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum While {
    /// Draft, returned, rejected, withdrawn or over budget.
    Editable,
    Always,
}

/// A path in the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Path {
    /// The fields that are written once, and the containers.
    Creation,
    /// Fields at the top.
    Header,
    Lines,
    Invoices,
    /// The number of the layout, upward only.
    Layout,
    /// A new comment under the device's own actor and the person's own name.
    OwnComment,
    /// A comment that is there already, or in another name.
    AnyComment,
    /// What is written once, a second time.
    Fixed,
}

struct Rule(Kind, Who, While, Path);

const TABLE: &[Rule] = &[
    //   document           who                while            may write
    Rule(Kind::Claim, Who::Beginner, While::Editable, Path::Creation),
    Rule(Kind::Claim, Who::Owner, While::Editable, Path::Header),
    Rule(Kind::Claim, Who::Owner, While::Editable, Path::Lines),
    Rule(Kind::Claim, Who::Owner, While::Editable, Path::Invoices),
    Rule(Kind::Claim, Who::Owner, While::Editable, Path::Layout),
    Rule(Kind::Thread, Who::Participant, While::Always, Path::Creation),
    Rule(Kind::Thread, Who::Participant, While::Always, Path::OwnComment),
    Rule(Kind::Preferences, Who::Themselves, While::Always, Path::Creation),
    Rule(Kind::Preferences, Who::Themselves, While::Always, Path::Header),
    Rule(Kind::Preferences, Who::Themselves, While::Always, Path::Layout),
];

/// The first change of a shared document ([`crate::document::genesis`]).
pub(super) fn begin(terms: &Terms) -> Result<(), Refusal> {
    judge(terms, Path::Creation)
}

/// The writes of any other change.
pub(super) fn check(terms: &Terms, actor: [u8; 16], creates: bool, writes: &[Write]) -> Result<(), Refusal> {
    if creates {
        let me = Scalar::Text(terms.person.to_string());
        let owner = writes.iter().find(|write| write.field == Some(Field::Owner));
        if owner.and_then(|write| write.value.as_ref()) != Some(&me) {
            return Err(Refusal::not_allowed("a claim is begun by its owner"));
        }
        judge(terms, Path::Creation)?;
    }
    for write in writes {
        if write.field.is_some_and(|field| !field.is_of(&terms.key)) {
            return Err(Refusal::malformed("the field is of another kind of document"));
        }
        judge(terms, path(terms, actor, creates, write))?;
    }
    Ok(())
}

fn path(terms: &Terms, actor: [u8; 16], creates: bool, write: &Write) -> Path {
    match (&write.place, write.field) {
        (Place::Header, Some(field)) if field.is_fixed() && creates => Path::Creation,
        (Place::Header, Some(Field::Schema)) => {
            let upward = write.value.as_ref().and_then(Scalar::integer).is_some_and(migration::is_later);
            if upward { Path::Layout } else { Path::Fixed }
        }
        (Place::Header, Some(field)) if field.is_fixed() => Path::Fixed,
        (Place::Header, _) => Path::Header,
        (Place::Line(_), _) => Path::Lines,
        (Place::Invoice(_), _) => Path::Invoices,
        (Place::Comment(id), field) => {
            let by = Scalar::Text(terms.person.to_string());
            let named = field != Some(Field::CommentBy) || write.value.as_ref() == Some(&by);
            if id.actor == actor && !write.existed && named { Path::OwnComment } else { Path::AnyComment }
        }
    }
}

/// Looks the path up in the table.
fn judge(terms: &Terms, path: Path) -> Result<(), Refusal> {
    let kind = match terms.key {
        DocumentKey::Claim(_) => Kind::Claim,
        DocumentKey::Thread(_) => Kind::Thread,
        DocumentKey::Preferences(_) => Kind::Preferences,
    };
    let mut refusal = match path {
        // Written, but never by anybody from outside.
        Path::Fixed => Refusal::not_allowed("this is written once"),
        Path::AnyComment => Refusal::not_allowed("a comment is written once, by its writer"),
        _ => Refusal::malformed("this kind of document holds nothing of the sort"),
    };
    for Rule(_, who, state, _) in TABLE.iter().filter(|rule| rule.0 == kind && rule.3 == path) {
        let is_they = match who {
            Who::Beginner => terms.owner.is_none(),
            Who::Owner => terms.owner.is_none_or(|owner| owner == terms.person),
            Who::Participant => terms.participant,
            Who::Themselves => terms.key == DocumentKey::Preferences(terms.person),
        };
        if !is_they {
            refusal = Refusal::not_allowed("only somebody else may write this");
        } else if *state == While::Editable && !terms.editable {
            refusal = Refusal { code: codes::FROZEN, message: "the request is being approved".into() };
        } else {
            return Ok(());
        }
    }
    Err(refusal)
}

#[cfg(test)]
mod tests {
    use super::*;
    use budget::RequestId;

    const ME: PersonId = PersonId([1; 16]);
    const OTHER: PersonId = PersonId([2; 16]);

    /// Who × state × path in full, as people read it.
    #[test]
    fn the_whole_table() {
        let request = RequestId([3; 16]);
        let paths = [
            Path::Creation,
            Path::Header,
            Path::Lines,
            Path::Invoices,
            Path::Layout,
            Path::OwnComment,
            Path::AnyComment,
            Path::Fixed,
        ];
        let mut table =
            String::from("document who while: creation header lines invoices layout own-comment any-comment fixed\n");
        for (name, key) in [
            ("claim", DocumentKey::Claim(request)),
            ("thread", DocumentKey::Thread(request)),
            ("preferences", DocumentKey::Preferences(ME)),
        ] {
            for (who, person, owner, participant) in [
                ("beginner", ME, None, false),
                ("owner", ME, Some(ME), true),
                ("participant", OTHER, Some(ME), true),
                ("stranger", OTHER, Some(ME), false),
            ] {
                for (state, editable) in [("editable", true), ("frozen", false)] {
                    let device = DeviceId([7; 16]);
                    let terms = Terms { key, device, lent_actor: None, person, owner, editable, participant };
                    let words: Vec<&str> = paths
                        .iter()
                        .map(|path| judge(&terms, *path).map_or_else(|refusal| refusal.code, |()| "yes"))
                        .collect();
                    table.extend([name, " ", who, " ", state, ": ", &words.join(" "), "\n"]);
                }
            }
        }
        assert_eq!(table, include_str!("policy/table.txt"), "{table}");
    }
}
