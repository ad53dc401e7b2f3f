//! A request as the authority keeps it: what people are told, and what deciding needs beside that.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::{Connection, params};
use budget::approval::{self, Duty, Facts, Step, separated};
use budget::ledger::Charge;
use budget::pre_approval::Taken;
use budget::settlement::Choice;
use budget::{Date, Money, PersonId, RequestId, RequestState, Timestamp};
use serde::{Deserialize, Serialize};
use sync::record::Verb;
use sync::view::{Decider, Event, RequestView, Surface, What, codes};

use super::{Authority, Refused, number};
use crate::store::StoreError;

/// A request that was handed in at least once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Request {
    /// What people are told.
    pub view: RequestView,
    /// What routing looked at.
    pub facts: Facts,
    /// What the last revision asks of the budget.
    pub charges: Vec<Charge>,
    /// The invoices that the last revision claims, without those that were claimed before.
    pub invoices: BTreeSet<String>,
    /// Every decision that counted, oldest first.
    pub decided: Vec<Decided>,
    /// What the last revision took over of the pre-approval that it answers.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub taken: Vec<Taken>,
    /// Whether nothing more answers that pre-approval or settles the advances.
    #[serde(default)]
    pub last: bool,
    /// The advances that it is set against when it is paid.
    #[serde(default)]
    pub advances: Choice,
    /// Of an advance: what claims cover, and what came back.
    #[serde(default)]
    pub settled: Money,
    /// Who has booked vouchers that answer it (记账).
    #[serde(default, skip_serializing_if = "BTreeSet::is_empty")]
    pub booked: BTreeSet<PersonId>,
    /// Position of the latest status.
    pub position: u64,
    /// Position up to which others than the owner see the claim: drafts stay the owner's.
    pub shown: u64,
}

/// A decision that counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Decided {
    /// On which revision.
    pub revision: u32,
    /// On which step, from 0.
    pub step: u32,
    /// By whom.
    pub person: PersonId,
    /// What.
    pub verb: Verb,
    /// Where.
    pub through: Surface,
}

impl Request {
    /// Puts it before its first approvers.
    pub fn open(&mut self, now: Timestamp) {
        self.view.state = RequestState::InApproval;
        self.view.step = Some(0);
        if let Some(first) = self.view.route.steps.first_mut() {
            first.opened_at = Some(now);
        }
    }

    /// The step that is open.
    pub fn open_step(&self) -> Option<&Step> {
        let step = usize::try_from(self.view.step?).ok()?;
        self.view.route.steps.get(step)
    }

    /// Notes what the authority did by itself at the open step.
    pub fn tell(&mut self, now: Timestamp, what: What) {
        let step = self.open_step();
        let person = step.and_then(|step| step.people().next()).unwrap_or(self.view.claimant);
        let event = Event {
            at: now,
            person,
            in_place_of: None,
            what,
            revision: self.view.revision,
            number: self.view.step,
            step: step.map(|step| step.name.clone()).unwrap_or_default(),
            reason: String::new(),
            through: Surface::Authority,
        };
        self.view.history.push(event);
    }

    /// Who may decide the open step at this instant, and in whose place.
    pub fn deciders(&self, organisation: &budget::Organisation, now: Timestamp) -> Vec<Decider> {
        let found = self.open_step().map(|step| step.deciders(organisation, &self.facts, now)).unwrap_or_default();
        let mut deciders: Vec<Decider> = Vec::new();
        for approval::Decider { person, in_place_of, .. } in found {
            // One tap settles every seat that somebody holds.
            if deciders.iter().all(|decider| decider.person != person) {
                deciders.push(Decider { person, in_place_of });
            }
        }
        deciders
    }

    /// How a step of a revision was decided, as this person is told: by themselves, or by whoever closed it.
    pub fn decision_on(&self, revision: u32, step: u32, person: PersonId) -> Option<&Decided> {
        let on = |decided: &&Decided| decided.revision == revision && decided.step == step && decided.verb.settles();
        let open = self.view.revision == revision && self.view.step == Some(step);
        let own = self.decided.iter().filter(on).find(|decided| decided.person == person);
        own.or_else(|| self.decided.iter().rfind(on).filter(|_| !open))
    }

    /// Whether its invoices count as claimed.
    pub const fn claims_invoices(&self) -> bool {
        !matches!(self.view.state, RequestState::Rejected | RequestState::Withdrawn | RequestState::Draft)
    }

    /// Whether this person may do this after what was done to it (不相容职务分离).
    pub fn separates(&self, person: PersonId, now: Duty) -> Result<(), Refused> {
        let (view, revision) = (&self.view, self.view.revision);
        let received = self.facts.payees.iter().map(|payee| (*payee, Duty::Receive));
        let agreed =
            self.decided.iter().filter(|decided| decided.revision == revision && decided.verb == Verb::Approve);
        // A payment that names a voucher was made elsewhere and only booked here.
        let paid = view.history.iter().filter(|event| event.what == What::Paid && event.reason.is_empty());
        let done = [(view.claimant, Duty::Submit)]
            .into_iter()
            .chain(received)
            .chain(agreed.map(|decided| (decided.person, Duty::Approve)))
            .chain(paid.map(|event| (event.person, Duty::Pay)))
            .chain(self.booked.iter().map(|person| (*person, Duty::Book)));
        separated(done, person, now).map_err(|conflict| Refused::at(codes::DUTIES, conflict.code, conflict.to_string()))
    }

    /// When it was paid.
    pub fn paid_at(&self) -> Option<Timestamp> {
        self.view.history.iter().rfind(|event| event.what == What::Paid).map(|event| event.at)
    }

    /// Notes that somebody did something to it outside its approval.
    pub fn note(&mut self, now: Timestamp, person: PersonId, what: What, reason: &str) {
        self.view.history.push(Event {
            at: now,
            person,
            in_place_of: None,
            what,
            revision: self.view.revision,
            number: None,
            step: String::new(),
            reason: reason.to_owned(),
            through: Surface::App,
        });
    }

    /// The day of its last submission.
    pub fn day(&self) -> Date {
        self.view.submitted_at.china_date()
    }
}

/// The stable word of a state, as in JSON.
pub(super) fn state_word(state: RequestState) -> &'static str {
    match state {
        RequestState::Draft => "draft",
        RequestState::InApproval => "inApproval",
        RequestState::Approved => "approved",
        RequestState::Paid => "paid",
        RequestState::Returned => "returned",
        RequestState::Rejected => "rejected",
        RequestState::Withdrawn => "withdrawn",
        RequestState::OverBudget => "overBudget",
        RequestState::Archived => "archived",
    }
}

/// The request in a row's JSON.
pub(super) fn parse(id: &str, json: &str) -> Result<Request, StoreError> {
    serde_json::from_str(json).map_err(|error| StoreError::corrupt(format!("request {id}: {error}")))
}

/// Every request.
pub(crate) fn load(connection: &Connection) -> Result<BTreeMap<RequestId, Request>, StoreError> {
    let mut rows = connection.prepare("SELECT id, json FROM request")?;
    let rows = rows.query_map([], |row| Ok((RequestId(row.get(0)?), row.get::<String>(1)?)))?;
    rows.map(|row| {
        let (id, json) = row?;
        Ok((id, parse(&id.to_string(), &json)?))
    })
    .collect()
}

impl Authority {
    /// Writes a request's new status at a new position, with the caches that follow from it, and
    /// keeps it. Who may decide is worked out anew.
    pub(super) fn put_request(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        mut request: Request,
    ) -> Result<(), StoreError> {
        let id = request.view.id;
        request.view.as_of = now;
        request.view.deciders = request.deciders(&self.books.organisation, now);
        request.view.due = self.due(&request);
        request.view.left = self.left(&request);
        request.position = number::next_position(connection)?;
        let json =
            serde_json::to_string(&request).map_err(|error| StoreError::corrupt(format!("request {id}: {error}")))?;
        connection
            .prepare_cached(
                "INSERT INTO request (id, claimant, state, position, shown, json) VALUES (?1, ?2, ?3, ?4, ?5, ?6)
                 ON CONFLICT (id) DO UPDATE SET state = excluded.state, position = excluded.position,
                   shown = excluded.shown, json = excluded.json",
            )?
            .execute(params![
                id.bytes(),
                request.view.claimant.bytes(),
                state_word(request.view.state),
                number::stored(request.position),
                number::stored(request.shown),
                json
            ])?;
        self.write_claimed_invoices(connection, &request)?;
        self.grant(connection, &request)?;
        self.requests.insert(id, request);
        self.watch(id);
        Ok(())
    }

    fn write_claimed_invoices(&self, connection: &Connection, request: &Request) -> Result<(), StoreError> {
        let id = request.view.id;
        connection.prepare_cached("DELETE FROM claimed_invoice WHERE request = ?1")?.execute([id.bytes()])?;
        if !request.claims_invoices() {
            return Ok(());
        }
        let mut insert = connection.prepare_cached(
            "INSERT INTO claimed_invoice (identity, request, claimant, fingerprint, day) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?;
        for text in &request.invoices {
            let identity = ocr::Identity::try_from(text.clone())
                .map_err(|_| StoreError::corrupt(format!("request {id} claims the invoice {text:?}")))?;
            let fingerprint = identity.fingerprint(&self.fingerprint_key);
            insert.execute(params![
                text,
                id.bytes(),
                request.view.claimant.bytes(),
                fingerprint,
                request.day().to_string()
            ])?;
        }
        Ok(())
    }
}
