//! New approval rules, and new tables, are a request themselves: proposed, decided by the rules in force, then published.
//!
//! Promise: rules that are not whole are refused when they are proposed, with the example that breaks them; who proposes
//! does not decide; each step of a proposal is a version of its own in the journal.

use std::collections::BTreeMap;

use crate::store::sql::Connection;
use budget::approval::{self, Act, Facts, Fault, Language, Route, RuleSet, Standing, route};
use budget::{Money, PersonId, RequestId, RequestKind, Role, Timestamp};
use serde::{Deserialize, Serialize};
use sync::view::codes;

use super::{Answer, Authority, Effect, Refused, Reply, Subject};
use crate::store::StoreError;

/// Who may propose rules.
pub const PROPOSERS: [Role; 3] = [Role::Finance, Role::Executive, Role::Administrator];

/// The longest text of rules, in bytes.
const LONGEST: usize = 256 * 1024;

/// Rules or a table that somebody wants.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Proposal {
    /// Minted by whoever proposes.
    pub id: RequestId,
    /// What it would change.
    #[serde(default)]
    pub what: Subject,
    /// Who proposes.
    pub by: PersonId,
    /// When.
    pub at: Timestamp,
    /// Why.
    pub note: String,
    /// The rules as they were written.
    pub text: String,
    /// The version that they would replace.
    pub replaces: u32,
    /// How it stands.
    pub state: ProposalState,
    /// Who has to agree.
    pub route: Route,
    /// The open step.
    pub step: Option<u32>,
    /// What was said, oldest first.
    pub said: Vec<Said>,
}

/// What somebody wants to propose.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Minted by whoever proposes.
    pub id: RequestId,
    /// What it would change.
    pub what: Subject,
    /// The rules or the table.
    pub text: String,
    /// Why.
    pub note: String,
}

/// How a proposal stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum ProposalState {
    /// Waits for its approvers.
    Open,
    /// Agreed and in force as this version.
    Published(u32),
    /// Refused.
    Rejected,
    /// Other rules were published meanwhile: it has to be proposed again on top of them.
    Overtaken,
}

/// What somebody said to a proposal.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Said {
    /// Who.
    pub person: PersonId,
    /// By whose authority.
    pub in_place_of: PersonId,
    /// When.
    pub at: Timestamp,
    /// Yes or no.
    pub agrees: bool,
    /// Why.
    pub reason: String,
}

/// What is wrong with rules or a table, in words.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct FaultText {
    /// The fault of rules; a table has words only.
    #[serde(flatten)]
    pub fault: Option<Fault>,
    /// The line of the text that it is about, from 1.
    pub line: Option<usize>,
    /// In Chinese.
    pub zh: String,
    /// In English.
    pub en: String,
}

impl Authority {
    /// Every proposal.
    pub fn proposals(&self) -> impl Iterator<Item = &Proposal> {
        self.proposals.values()
    }

    /// Reads and checks rules; the faults with their examples.
    pub fn check_rules(&self, text: &str, now: Timestamp) -> Result<(RuleSet, Vec<FaultText>), Refused> {
        self.books.check_rules(text, now)
    }

    /// Proposes rules or a table. The same proposal sent again is the same one.
    pub fn propose(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        new: &Wanted,
    ) -> Reply<Proposal> {
        if let Some(known) = self.proposals.get(&new.id) {
            let same = known.by == person && known.text == new.text && known.what == new.what;
            return Ok(if same {
                Answer::again(known.clone())
            } else {
                Answer::refused(Refused::new(super::record::ID_REUSED, "the id was used for another proposal"))
            });
        }
        match self.check_proposal(now, person, new) {
            Ok(proposal) => {
                self.put_proposal(connection, now, &proposal)?;
                Ok(Answer::done(proposal, vec![Effect::Company]))
            }
            Err(refused) => Ok(Answer::refused(refused)),
        }
    }

    fn check_proposal(&self, now: Timestamp, person: PersonId, new: &Wanted) -> Result<Proposal, Refused> {
        let organisation = &self.books.organisation;
        if !PROPOSERS.iter().any(|role| organisation.has_role(person, *role)) {
            return Err(Refused::new(codes::NOT_ALLOWED, "finance, executives and administrators propose rules"));
        }
        let faults = self.books.check_text(new.what, &new.text, now)?;
        if let Some(first) = faults.first() {
            return Err(Refused::at(codes::INCOMPLETE, "rules", first.en.clone()));
        }
        let facts = self.books.proposal_facts(person).ok_or_else(|| Refused::new(codes::NOT_ALLOWED, "has left"))?;
        let mut route = route(&self.books.rules, organisation, &facts, now)
            .map_err(|error| Refused::new(codes::NO_APPROVER, error.to_string()))?;
        if let Some(first) = route.steps.first_mut() {
            first.opened_at = Some(now);
        }
        Ok(Proposal {
            id: new.id,
            what: new.what,
            by: person,
            at: now,
            note: new.note.trim().chars().take(2_000).collect(),
            text: new.text.clone(),
            replaces: self.version_of(new.what),
            state: ProposalState::Open,
            route,
            step: Some(0),
            said: Vec::new(),
        })
    }

    /// An approver agrees to a proposal or refuses it. After the last agreement its rules are in force.
    pub fn decide_proposal(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        id: RequestId,
        agrees: bool,
        reason: &str,
    ) -> Reply<Proposal> {
        let mut proposal = match self.check_proposal_decision(now, person, id, agrees, reason) {
            Ok(proposal) => proposal,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        let mut effects = vec![Effect::Company];
        if proposal.step.is_none() && proposal.state == ProposalState::Open {
            let published = match proposal.what {
                Subject::Rules => {
                    let rules =
                        RuleSet::parse(&proposal.text).map_err(|error| StoreError::corrupt(error.to_string()))?;
                    self.publish_rules(connection, now, Some(proposal.by), rules)?
                }
                table => self.publish_table(connection, now, Some(proposal.by), table, &proposal.text)?,
            };
            effects.extend(published.effects);
            match published.outcome {
                Ok(version) => proposal.state = ProposalState::Published(version),
                Err(refused) => return Ok(Answer::refused(refused)),
            }
        }
        self.put_proposal(connection, now, &proposal)?;
        Ok(Answer::done(proposal, effects))
    }

    fn check_proposal_decision(
        &self,
        now: Timestamp,
        person: PersonId,
        id: RequestId,
        agrees: bool,
        reason: &str,
    ) -> Result<Proposal, Refused> {
        let unknown = || Refused::new(codes::UNKNOWN_REQUEST, "there is no such proposal");
        let mut proposal = self.proposals.get(&id).cloned().ok_or_else(unknown)?;
        let (ProposalState::Open, Some(step)) = (proposal.state, proposal.step) else {
            return Err(Refused::new(codes::WRONG_STATE, "the proposal is decided"));
        };
        if proposal.replaces != self.version_of(proposal.what) {
            return Err(Refused::new(codes::STALE, "another version was published meanwhile"));
        }
        if !agrees && reason.trim().is_empty() {
            return Err(Refused::new(codes::NO_REASON, "a refusal says why"));
        }
        let organisation = &self.books.organisation;
        let facts = self.books.proposal_facts(proposal.by).ok_or_else(unknown)?;
        approval::follow(&mut proposal.route, step, organisation, &facts, now);
        let verb = if agrees { approval::Verb::Approve } else { approval::Verb::Reject };
        let act = Act { person, step, verb };
        let next =
            approval::decide(&proposal.route, step, organisation, &facts, now, &act).map_err(super::decide::refused)?;
        proposal.route = next.route;
        let reason = reason.trim().chars().take(2_000).collect();
        proposal.said.push(Said { person, in_place_of: next.in_place_of, at: now, agrees, reason });
        (proposal.step, proposal.state) = match next.standing {
            Standing::Open(step) => (Some(step), ProposalState::Open),
            Standing::Approved => (None, ProposalState::Open),
            Standing::Rejected | Standing::Returned => (None, ProposalState::Rejected),
        };
        Ok(proposal)
    }

    fn put_proposal(&mut self, connection: &Connection, now: Timestamp, proposal: &Proposal) -> Result<(), StoreError> {
        self.write_version(connection, now, Some(proposal.by), super::publish::PROPOSAL, proposal)?;
        self.proposals.insert(proposal.id, proposal.clone());
        Ok(())
    }

    /// Proposals on top of what is no longer in force.
    pub(super) fn overtake_proposals(&mut self, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
        let overtaken = self.proposals.values().filter(|it| it.state == ProposalState::Open && it.step.is_some());
        let overtaken: Vec<Proposal> =
            overtaken.filter(|it| it.replaces != self.version_of(it.what)).cloned().collect();
        for mut proposal in overtaken {
            proposal.state = ProposalState::Overtaken;
            proposal.step = None;
            self.put_proposal(connection, now, &proposal)?;
        }
        Ok(())
    }
}

impl super::Books {
    /// What is wrong with the text of rules or of a table, for the company as it is.
    pub fn check_text(&self, what: Subject, text: &str, now: Timestamp) -> Result<Vec<FaultText>, Refused> {
        if what == Subject::Rules {
            return Ok(self.check_rules(text, now)?.1);
        }
        if text.len() > LONGEST {
            return Err(Refused::at(codes::MALFORMED, "rules", "the table is too long"));
        }
        let fault = what.faults(text).map(|(zh, en)| FaultText { fault: None, line: None, zh, en });
        Ok(fault.into_iter().collect())
    }

    /// Reads and checks rules for the company as it is; the faults with their examples.
    pub fn check_rules(&self, text: &str, now: Timestamp) -> Result<(RuleSet, Vec<FaultText>), Refused> {
        if text.len() > LONGEST {
            return Err(Refused::at(codes::MALFORMED, "rules", "the rules are too long"));
        }
        let rules = RuleSet::parse(text).map_err(|error| Refused::at(codes::MALFORMED, "rules", error.to_string()))?;
        let name = |id: PersonId| {
            self.organisation.people.get(&id).map_or_else(|| id.to_string(), |person| person.name.clone())
        };
        let faults = approval::check(&rules, &self.organisation, &self.scheme, now);
        let faults = faults.into_iter().map(|fault| FaultText {
            zh: fault.text(Language::Chinese, &name),
            en: fault.text(Language::English, &name),
            line: fault.line(text),
            fault: Some(fault),
        });
        Ok((rules, faults.collect()))
    }

    /// A proposal as routing sees it. It has no amount, which counts as the least there is.
    pub(super) fn proposal_facts(&self, by: PersonId) -> Option<Facts> {
        let department = self.organisation.people.get(&by)?.department.clone();
        Some(Facts::new(RequestKind::RuleChange, by, department, Money::from_fen(1)))
    }
}

/// The latest version of each proposal among all versions, oldest first.
pub(super) fn latest(versions: Vec<Proposal>) -> BTreeMap<RequestId, Proposal> {
    versions.into_iter().map(|proposal| (proposal.id, proposal)).collect()
}
