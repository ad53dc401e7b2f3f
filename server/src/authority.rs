//! The authority: the one place that decides what a request is, who may agree and what the budget holds.
//!
//! Promise: every decision is a ladder of named refusals over the state in memory; only when all
//! rungs hold are rows written, in the writer's transaction, and the state changed. Nothing is
//! written for a refusal but the evidence of it. The same work twice gives the same answer. The
//! state is a cache of the tables: dropped and loaded again after any failure of the store.
//!
//! # For those who build on it
//!
//! ```ignore
//! // On the writer thread (store.writer.run): work in, answer and effects out.
//! let answer: Answer<Pushed> = turn.state.push_change(turn.connection, turn.now, &caller, &change)?;
//! let answer: Answer<Pushed> = turn.state.push_record(turn.connection, turn.now, &caller, &record)?;
//! let answer: Answer<CardResult> = turn.state.decide_by_card(turn.connection, turn.now, &tap)?;
//! let answer: Answer<Paid> = turn.state.pay(turn.connection, turn.now, cashier, payment_id, request)?;
//! let answer: Answer<()> = turn.state.tick(turn.connection, turn.now)?;   // once a minute: delegations begin and end
//! turn.after_commit(move || for effect in answer.effects { fan_out.send(effect) });
//! Ok(answer.outcome)      // Result<T, Refused { code, detail, accepted }>
//!
//! // On a reading connection (store.readers.read): everything that people may see.
//! let books = Books::load(connection)?;                           // organisation, scheme, rules in force
//! let page = log::since(connection, &books, person, cursor, limit)?;   // the stream for one person
//! let changes = log::document(connection, person, &key)?;         // one whole document, None when unreadable
//! let view = view::request(connection, &books, request, person)?; // None when unreadable
//! let view = view::company(&books, person);
//! let view = view::budget(connection, &books, now, person)?;
//! let view = view::fingerprints(connection, person)?;
//! let yes = access::may_read(connection, request, person)?;
//! let yes = access::may_read_blob(connection, &sha256, person)?;
//! let people = access::readers(connection, &document_key)?;       // whom an Effect concerns
//! let waiting = outbox::…;                                        // rows for chat platforms
//! ```

pub mod access;
mod actual;
mod answer;
mod answering;
mod card;
pub(crate) mod change;
pub(crate) mod command;
mod decide;
mod device;
mod documents;
pub mod journal;
pub(crate) mod ledger;
pub mod log;
mod migrate;
pub mod notice;
mod number;
pub mod outbox;
pub mod paper;
pub mod past;
mod pay;
mod people;
mod proposal;
mod publish;
mod record;
pub(crate) mod request;
pub mod signing;
mod submit;
pub mod table;
#[cfg(test)]
pub(crate) mod tests;
mod tick;
mod verify;
pub mod view;
mod vouched;
mod waiting;
mod warning;
mod withdraw;

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::Connection;
use budget::approval::RuleSet;
use budget::calendar::Calendar;
use budget::ledger::ControlSet;
use budget::{Ledger, RequestId};

pub use actual::{Actual, ActualLine};
pub use answer::{Answer, Caller, CardResult, CardTap, Effect, Paid, Pushed, Refused, Reply};
pub use command::Ruling;
pub use migrate::Moved;
pub use proposal::{FaultText, PROPOSERS, Proposal, ProposalState, Wanted};
pub use publish::Books;
pub use request::Request;
pub use table::Subject;
pub use view::{Sight, SightOf};

use crate::store::{State, StoreError, setting};
use documents::DocumentCache;
pub(crate) use documents::snapshot::Snapshot;
use journal::Journal;
use waiting::Waiting;

/// Name of the setting that holds the key of invoice fingerprints.
const FINGERPRINT_KEY: &str = "key.fingerprint";

/// The state that decides. Only the writer thread has one.
pub struct Authority {
    /// What is in force.
    books: Books,
    /// Every published version: a request stays with the rules that routed it.
    rules: BTreeMap<u32, RuleSet>,
    /// Every proposal of rules.
    proposals: BTreeMap<RequestId, Proposal>,
    /// The version of each table that is in force.
    tables: BTreeMap<Subject, u32>,
    /// Which days are worked, for deadlines.
    calendar: Calendar,
    ledger: Ledger,
    /// Sets of budget lines that have a row.
    control_sets: BTreeSet<ControlSet>,
    requests: BTreeMap<RequestId, Request>,
    /// Those that are over budget, by what they wait for.
    waiting: Waiting,
    documents: DocumentCache,
    journal: Journal,
    fingerprint_key: [u8; 32],
}

impl Authority {
    /// Organisation, scheme and rules in force.
    pub const fn books(&self) -> &Books {
        &self.books
    }

    /// The ledger, for questions.
    pub const fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// How a request stands.
    pub fn request(&self, id: RequestId) -> Option<&Request> {
        self.requests.get(&id)
    }

    /// Every request, by id.
    pub fn requests(&self) -> impl Iterator<Item = &Request> {
        self.requests.values()
    }
}

impl State for Authority {
    fn load(connection: &Connection) -> Result<Self, StoreError> {
        let books = Books::load(connection)?;
        let mut authority = Self {
            rules: publish::all_rules(connection)?,
            proposals: proposal::latest(publish::all_versions(connection, publish::PROPOSAL)?),
            tables: table::versions(connection)?,
            calendar: table::working_days(connection)?,
            ledger: ledger::load(connection, (*books.scheme).clone())?,
            control_sets: ledger::control_sets(connection)?,
            requests: request::load(connection)?,
            waiting: Waiting::default(),
            documents: DocumentCache::default(),
            journal: Journal::load(connection)?,
            fingerprint_key: setting::secret(connection, FINGERPRINT_KEY)?,
            books,
        };
        authority.watch_all();
        Ok(authority)
    }
}
