//! Changes of drafts: who signed them, whether the gate admits them, and the change log.

use std::collections::BTreeSet;

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::{DeviceId, PersonId, Timestamp};
use sync::gate::{self, Admitted, Terms};
use sync::record::Head;
use sync::view::codes;
use sync::wire::SignedChange;
use sync::{DocumentKey, signature};

use super::{Answer, Authority, Caller, Effect, Pushed, Refused, Reply, access, device, documents, number, vouched};
use crate::store::StoreError;

/// Refusals kept for one device.
const MOST_REFUSALS: i64 = 256;

/// Whose change it is.
#[derive(Clone, Copy)]
struct Author {
    person: PersonId,
    /// The actor that is their device's without naming it.
    lent_actor: Option<[u8; 16]>,
}

impl Authority {
    /// Admits one change of a document, or refuses it by name. The author is whoever's device
    /// signed it, on whatever connection it came; or on whose session it came, when the relay says so.
    pub fn push_change(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        caller: &Caller,
        change: &SignedChange,
    ) -> Reply<Pushed> {
        if let Some((position, document)) = known(connection, &change.hash)? {
            return Ok(if document == change.document.to_string() {
                Answer::again(Pushed { position })
            } else {
                Answer::refused(Refused::new(codes::MALFORMED, "this change belongs to another document"))
            });
        }
        let signer = match device::signer(connection, change.device)? {
            Ok(signer) => signer,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        let message = signature::change_message(&change.document, &change.hash);
        let lent_actor = match signer.check(&message, &change.signature) {
            Ok(()) => None,
            Err(_) if vouched::is_vouched(connection, change)? => vouched::lent_actor(connection, change)?,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        if let Some(code) = refused_before(connection, &change.hash, change.device)? {
            let mut refused = Refused::new(code, "it was refused before");
            refused.accepted = self.documents.get(connection, change.document)?.heads().into_iter().map(Head).collect();
            return Ok(Answer::refused(refused));
        }
        match self.admit(connection, caller, Author { person: signer.person, lent_actor }, change)? {
            Ok(admitted) => self.append_change(connection, now, signer.person, change, admitted),
            Err(mut refused) => {
                refuse(connection, now, &change.hash, change.device, &refused)?;
                let document = self.documents.get(connection, change.document)?;
                refused.accepted = document.heads().into_iter().map(Head).collect();
                Ok(Answer::refused(refused))
            }
        }
    }

    fn admit(
        &mut self,
        connection: &Connection,
        caller: &Caller,
        author: Author,
        change: &SignedChange,
    ) -> Result<Result<Admitted, Refused>, StoreError> {
        // A colleague's connection may carry it: the signature says whose it is. Both must still be here.
        if [author.person, caller.person].iter().any(|person| self.books.organisation.active(*person).is_none()) {
            return Ok(Err(Refused::new(codes::NOT_ALLOWED, "the person has left")));
        }
        let terms = self.terms(connection, author, change)?;
        let document = self.documents.get(connection, change.document)?;
        let refusal = match gate::admit(document, &terms, &change.bytes) {
            Ok(admitted) if admitted.hash == change.hash => return Ok(Ok(admitted)),
            Ok(_) => {
                return Ok(Err(Refused::new(codes::MALFORMED, "the change has another hash than it says")));
            }
            Err(refusal) => refusal,
        };
        if refusal.code == codes::UNKNOWN_DEPENDENCY && follows_refused(connection, &change.bytes)? {
            return Ok(Err(Refused::new(codes::DEPENDS_ON_REFUSED, "it follows a change that was refused")));
        }
        Ok(Err(Refused::new(refusal.code, refusal.message)))
    }

    fn terms(&self, connection: &Connection, author: Author, change: &SignedChange) -> Result<Terms, StoreError> {
        let Author { person, lent_actor } = author;
        let key = change.document;
        let (owner, editable, participant) = match key {
            DocumentKey::Claim(id) => {
                let editable = self.requests.get(&id).is_none_or(|request| request.view.state.is_editable());
                let owner = owner(connection, &key)?;
                (owner, editable, owner == Some(person))
            }
            DocumentKey::Thread(id) => {
                let owner = owner(connection, &DocumentKey::Claim(id))?;
                let takes_part = access::takes_part(connection, &self.books.organisation, id, person)?;
                (owner, true, takes_part)
            }
            DocumentKey::Preferences(owner) => (Some(owner), true, owner == person),
        };
        Ok(Terms { key, device: change.device, lent_actor, person, owner, editable, participant })
    }

    fn append_change(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        author: PersonId,
        change: &SignedChange,
        admitted: Admitted,
    ) -> Reply<Pushed> {
        let key = change.document;
        let position = number::next_position(connection)?;
        // A thread belongs to whom its claim belongs to, whoever writes the first comment.
        let owner = match key {
            DocumentKey::Thread(id) => owner(connection, &DocumentKey::Claim(id))?.unwrap_or(author),
            DocumentKey::Claim(_) | DocumentKey::Preferences(_) => author,
        };
        let heads: Vec<u8> = admitted.document.heads().concat();
        connection
            .prepare_cached(
                "INSERT INTO document (key, owner, request, position, heads) VALUES (?1, ?2, ?3, ?4, ?5)
                 ON CONFLICT (key) DO UPDATE SET position = excluded.position, heads = excluded.heads",
            )?
            .execute(params![
                key.to_string(),
                owner.bytes(),
                key.request().map(budget::RequestId::bytes),
                number::stored(position),
                heads
            ])?;
        connection
            .prepare_cached(
                "INSERT INTO change (position, document, hash, actor, seq, device, person, signature, received_at, bytes)
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
            )?
            .execute(params![
                number::stored(position),
                key.to_string(),
                change.hash,
                admitted.actor,
                number::stored(admitted.sequence),
                change.device.bytes(),
                author.bytes(),
                change.signature,
                now.0,
                change.bytes
            ])?;
        if let (DocumentKey::Claim(id), true) = (key, admitted.creates) {
            access::grant_owner(connection, id, author, position)?;
        }
        self.documents.put(key, admitted.document);
        Ok(Answer::done(Pushed { position }, vec![Effect::Document(key)]))
    }
}

fn known(connection: &Connection, hash: &[u8; 32]) -> Result<Option<(u64, String)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT position, document FROM change WHERE hash = ?1")?
        .query_row([hash], |row| Ok((number::counted(row.get(0)?), row.get(1)?)))
        .optional()?)
}

/// Whose document it is; `None` while nobody began it.
pub(super) fn owner(connection: &Connection, key: &DocumentKey) -> Result<Option<PersonId>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT owner FROM document WHERE key = ?1")?
        .query_row([key.to_string()], |row| row.get(0).map(PersonId))
        .optional()?)
}

/// Whether one of the changes that this one follows was refused. The gate has parsed these bytes
/// before it said that one is unknown, so parsing them again is safe.
fn follows_refused(connection: &Connection, bytes: &[u8]) -> Result<bool, StoreError> {
    let Ok(change) = automerge::Change::from_bytes(bytes.to_vec()) else {
        return Ok(false);
    };
    let followed: BTreeSet<[u8; 32]> = change.deps().iter().map(|hash| hash.0).collect();
    let mut refused = connection.prepare_cached("SELECT EXISTS (SELECT 1 FROM refusal WHERE hash = ?1)")?;
    for hash in followed {
        if refused.query_row([hash], |row| row.get(0))? {
            return Ok(true);
        }
    }
    Ok(false)
}

/// Why this very change of this device was refused before, if it was for a reason that lasts. It stays
/// refused, also when the state that was in its way has passed: its device was told and does the edit
/// again under another name, and the change itself may still come by a slower way.
fn refused_before(
    connection: &Connection,
    hash: &[u8; 32],
    device: DeviceId,
) -> Result<Option<&'static str>, StoreError> {
    const LASTING: [&str; 5] =
        [codes::FROZEN, codes::NOT_ALLOWED, codes::MALFORMED, codes::EXISTS, codes::DEPENDS_ON_REFUSED];
    let code: Option<String> = connection
        .prepare_cached("SELECT code FROM refusal WHERE hash = ?1 AND device = ?2")?
        .query_row(params![hash, device.bytes()], |row| row.get(0))
        .optional()?;
    Ok(code.and_then(|code| LASTING.into_iter().find(|known| *known == code)))
}

/// Keeps the evidence of refused work. Only called once the signature has been found to hold.
pub(super) fn refuse(
    connection: &Connection,
    now: Timestamp,
    hash: &[u8; 32],
    device: DeviceId,
    refused: &Refused,
) -> Result<(), StoreError> {
    // The words may repeat what was refused, and no database keeps U+0000 in a text.
    let message = refused.detail.message.replace('\0', "\u{fffd}");
    connection
        .prepare_cached("DELETE FROM refusal WHERE hash = ?1 AND device = ?2")?
        .execute(params![hash, device.bytes()])?;
    connection
        .prepare_cached("INSERT INTO refusal (hash, device, code, message, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
        .execute(params![hash, device.bytes(), refused.code, message, now.0])?;
    connection
        .prepare_cached(
            "DELETE FROM refusal WHERE device = ?1 AND id <=
               (SELECT id FROM refusal WHERE device = ?1 ORDER BY id DESC LIMIT 1 OFFSET ?2)",
        )?
        .execute(params![device.bytes(), MOST_REFUSALS])?;
    Ok(())
}

impl Authority {
    /// The claim's document as admitted so far.
    pub(super) fn claim_document(
        &mut self,
        connection: &Connection,
        request: budget::RequestId,
    ) -> Result<&sync::Document, StoreError> {
        self.documents.get(connection, DocumentKey::Claim(request))
    }
}

/// Every document's key with its recorded heads, for checking.
pub(crate) fn recorded_heads(connection: &Connection) -> Result<Vec<(DocumentKey, Vec<u8>)>, StoreError> {
    let mut rows = connection.prepare("SELECT key, heads FROM document ORDER BY key")?;
    let rows = rows.query_map([], |row| Ok((row.get::<String>(0)?, row.get(1)?)))?;
    rows.map(|row| {
        let (key, heads) = row?;
        Ok((key.parse().map_err(|_| StoreError::corrupt(format!("document {key:?}")))?, heads))
    })
    .collect()
}

/// The document that the change log alone describes, for checking.
pub(crate) fn reload(connection: &Connection, key: DocumentKey) -> Result<sync::Document, StoreError> {
    documents::replay(connection, key, sync::Document::new(), 0)
}
