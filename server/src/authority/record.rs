//! Signed records: proved first, then decided by kind.

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::{DeviceId, PersonId, Timestamp};
use sync::record::{Record, SignedRecord};
use sync::signature;
use sync::view::{Surface, codes};

use super::{Answer, Authority, Caller, Pushed, Refused, Reply, change, device, number};
use crate::store::StoreError;

/// The id was used for something else: what is meant cannot be known.
pub(super) const ID_REUSED: &str = "id_reused";

/// A record that is proved: by a device's signature, or by the platform that carried a tap.
pub(super) struct Proved<'a> {
    /// SHA-256 of the body.
    pub(super) hash: [u8; 32],
    pub(super) body: &'a [u8],
    /// Device and signature; none when a platform attested it.
    pub(super) signed: Option<(DeviceId, &'a [u8])>,
    pub(super) through: Surface,
}

impl Authority {
    /// Decides on a submission, decision or withdrawal. The same record again gets the same answer.
    pub fn push_record(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        caller: &Caller,
        record: &SignedRecord,
    ) -> Reply<Pushed> {
        let hash = record.hash();
        if let Some(position) = known(connection, &hash)? {
            return Ok(Answer::again(Pushed { position }));
        }
        let signer = match device::signer(connection, record.device)? {
            Ok(signer) => signer,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        if let Err(refused) = signer.check(&signature::record_message(&record.body), &record.signature) {
            return Ok(Answer::refused(refused));
        }
        let proved = Proved {
            hash,
            body: &record.body,
            signed: Some((record.device, &record.signature)),
            through: Surface::App,
        };
        let answer = match self.check_author(caller, signer.person, &record.body) {
            Ok(parsed) if is_used(connection, parsed.id())? => {
                Answer::refused(Refused::new(ID_REUSED, "the id was used for another record"))
            }
            Ok(parsed) => self.decide_record(connection, now, &proved, &parsed)?,
            Err(refused) => Answer::refused(refused),
        };
        if let Err(refused) = &answer.outcome {
            change::refuse(connection, now, &hash, record.device, refused)?;
        }
        Ok(answer)
    }

    fn check_author(&self, caller: &Caller, signer: PersonId, body: &[u8]) -> Result<Record, Refused> {
        let record = Record::parse(body).map_err(|error| Refused::new(codes::MALFORMED, error.to_string()))?;
        if record.person() != signer {
            return Err(Refused::new(codes::NOT_ALLOWED, "the record names another person than its signer"));
        }
        if [signer, caller.person].iter().any(|person| self.books.organisation.active(*person).is_none()) {
            return Err(Refused::new(codes::NOT_ALLOWED, "the person has left"));
        }
        Ok(record)
    }

    fn decide_record(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        proved: &Proved<'_>,
        record: &Record,
    ) -> Reply<Pushed> {
        match record {
            Record::Submission(submission) => self.submit(connection, now, proved, submission),
            Record::Decision(decision) => self.decide(connection, now, proved, decision),
            Record::Withdrawal(withdrawal) => self.withdraw(connection, now, proved, withdrawal),
        }
    }
}

/// Whether a record with this id was accepted before; another body under the same id is an error.
fn is_used(connection: &Connection, id: [u8; 16]) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM record WHERE id = ?1)")?
        .query_row([id], |row| row.get(0))?)
}

/// The position of a record that was accepted before.
pub(super) fn known(connection: &Connection, hash: &[u8; 32]) -> Result<Option<u64>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT position FROM record WHERE hash = ?1")?
        .query_row([hash], |row| row.get(0).map(number::counted))
        .optional()?)
}

/// Appends an accepted record.
pub(super) fn append(
    connection: &Connection,
    now: Timestamp,
    proved: &Proved<'_>,
    record: &Record,
) -> Result<u64, StoreError> {
    let position = number::next_position(connection)?;
    let kind = match record {
        Record::Submission(_) => "submission",
        Record::Decision(_) => "decision",
        Record::Withdrawal(_) => "withdrawal",
    };
    let surface = match proved.through {
        Surface::App => "app",
        Surface::DingTalk => "dingTalk",
        Surface::WeCom => "weCom",
        Surface::Feishu => "feishu",
        Surface::WeChat => "weChat",
        Surface::Authority => "authority",
    };
    connection
        .prepare_cached(
            "INSERT INTO record (position, hash, id, kind, request, person, body, device, signature, surface, received_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        )?
        .execute(params![
            number::stored(position),
            proved.hash,
            record.id(),
            kind,
            record.request().bytes(),
            record.person().bytes(),
            proved.body,
            proved.signed.map(|(device, _)| device.bytes()),
            proved.signed.map(|(_, signature)| signature),
            surface,
            now.0
        ])?;
    Ok(position)
}
