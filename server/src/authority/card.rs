//! A tap on a card: the same ladder as in the app, proved by the platform instead of a device.

use crate::store::sql::Connection;
use budget::{Money, Timestamp};
use sync::record::{Decision, Record};
use sync::view::codes;

use super::decide::LONGEST_REASON;
use super::record::Proved;
use super::request::Decided;
use super::{Answer, Authority, CardResult, CardTap, Refused, Reply, access, number};
use crate::random::sha256;
use crate::store::StoreError;

impl Authority {
    /// Decides by a tap. A tap that comes twice gives the same answer; on a step that somebody
    /// else decided it says who; on another revision it is refused with what changed.
    pub fn decide_by_card(&mut self, connection: &Connection, now: Timestamp, tap: &CardTap) -> Reply<CardResult> {
        let Some(request) = self.requests.get(&tap.request) else {
            return Ok(Answer::refused(Refused::new(codes::UNKNOWN_REQUEST, "there is no such request")));
        };
        if self.books.organisation.active(tap.person).is_none() {
            return Ok(Answer::refused(Refused::new(codes::NOT_ALLOWED, "the person has left")));
        }
        let view = &request.view;
        let Ok(digest) = <[u8; 32]>::try_from(hex::decode(&view.digest).unwrap_or_default()) else {
            return Ok(Answer::refused(Refused::new(codes::WRONG_STATE, "the request has no content")));
        };
        let decision = Decision {
            id: number::derived_id(
                "tap",
                &[
                    &tap.request.bytes(),
                    &tap.revision.to_be_bytes(),
                    &tap.step.to_be_bytes(),
                    &tap.person.bytes(),
                    &now.0.to_be_bytes(),
                    &tap.evidence,
                ],
            ),
            request: tap.request,
            revision: tap.revision,
            digest,
            step: tap.step,
            rules_version: view.route.rules_version,
            verb: tap.verb,
            reason: tap.reason.chars().take(LONGEST_REASON).collect(),
            person: tap.person,
            // The total of the revision on the card; a card of an older one is told both amounts.
            total: total_shown(connection, tap)?.unwrap_or(view.total),
            at: now,
            whom: None,
            back_to: None,
        };
        if let Some(decided) = request.decision_on(tap.revision, tap.step, tap.person)
            && access::may_read(connection, tap.request, tap.person)?
        {
            return Ok(Answer::again(before(decided, tap)));
        }
        let body = Record::Decision(decision.clone()).body();
        let proved = Proved { hash: sha256(&[&body]), body: &body, signed: None, through: tap.through };
        let answer = self.decide(connection, now, &proved, &decision)?;
        Ok(Answer { outcome: answer.outcome.map(|_| CardResult::Applied(tap.verb)), effects: answer.effects })
    }
}

/// The total of the revision that the card showed, from the submission that was signed.
fn total_shown(connection: &Connection, tap: &CardTap) -> Result<Option<Money>, StoreError> {
    let mut bodies = connection
        .prepare_cached("SELECT body FROM record WHERE request = ?1 AND kind = 'submission' ORDER BY position")?;
    let bodies = bodies.query_map([tap.request.bytes()], |row| row.get::<Vec<u8>>(0))?;
    for body in bodies {
        if let Ok(Record::Submission(submission)) = Record::parse(&body?)
            && submission.revision == tap.revision
        {
            return Ok(Some(submission.total));
        }
    }
    Ok(None)
}

/// The answer to a tap on a step that is decided: one's own again, or somebody else's.
fn before(decided: &Decided, tap: &CardTap) -> CardResult {
    if decided.person == tap.person && decided.verb == tap.verb {
        CardResult::Applied(decided.verb)
    } else {
        CardResult::Already { by: decided.person, verb: decided.verb }
    }
}
