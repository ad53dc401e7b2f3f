//! Papers that move limits: versions of a budget (预算版本) and adjustments (预算调整).
//!
//! ```text
//! draft ──submit──▶ submitted ──approve──▶ approved ──release (下达)──▶ released
//!   ▲                   │
//!   └──── edit ◀─ return┘
//! ```
//!
//! Promise: nobody approves what they wrote. A version is approved by an executive; an adjustment by
//! those who answer for each line that gives and each line that gets, so that both sides have said
//! yes. Releasing is one command to the ledger: all limits move or none. Each state is a leaf of the
//! journal over the salted hash of what the paper said then.

mod rows;

use std::collections::{BTreeMap, BTreeSet};

use budget::ledger::Action;
use budget::{Code, Command, CommandId, Dimension, Money, PersonId, Role, Timestamp};
use serde::{Deserialize, Serialize};
use sync::view::codes;

use super::command::Ruling;
use super::journal::Leaf;
use super::record::ID_REUSED;
use super::{Answer, Authority, Effect, Refused, Reply, number};
use crate::random;
use crate::store::StoreError;
use crate::store::sql::Connection;

pub use rows::{all, find, hash};

/// A paper's id, minted by whoever writes it.
pub type PaperId = budget::RequestId;

/// How a paper stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum PaperState {
    /// Being written (草稿).
    Draft,
    /// Waiting for approval (待审批).
    Submitted,
    /// Agreed by all who have to (已批准).
    Approved,
    /// In force (已下达).
    Released,
}

/// What a paper moves.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "kind", deny_unknown_fields)]
pub enum Content {
    /// What each line's limit shall be.
    Version {
        /// By line.
        limits: BTreeMap<Code, Money>,
    },
    /// Budget that goes from one line to another, out and in together.
    Adjustment {
        /// The moves.
        moves: Vec<Move>,
    },
}

impl Content {
    /// The lines that it moves.
    pub fn lines(&self) -> BTreeSet<&Code> {
        match self {
            Self::Version { limits } => limits.keys().collect(),
            Self::Adjustment { moves } => moves.iter().flat_map(|one| [&one.from, &one.to]).collect(),
        }
    }
}

/// One move of an adjustment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Move {
    /// The line that gives.
    pub from: Code,
    /// The line that gets.
    pub to: Code,
    /// How much.
    pub amount: Money,
}

/// A paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Paper {
    /// Its id.
    pub id: PaperId,
    /// What it is called.
    pub title: String,
    /// What it moves.
    pub content: Content,
    /// How it stands.
    pub state: PaperState,
    /// Grows with every edit; an approval is of one revision.
    pub revision: u32,
    /// Who wrote it.
    pub author: PersonId,
    /// Who has agreed to this revision.
    pub agreed: BTreeSet<PersonId>,
    /// What happened, oldest first.
    pub history: Vec<Happening>,
}

/// Something that happened to a paper.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Happening {
    /// When.
    pub at: Timestamp,
    /// By whom.
    pub person: PersonId,
    /// What.
    pub step: Step,
}

/// What somebody does with a paper.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Step {
    /// Writes it, or writes it anew.
    Write,
    /// Hands it in (提交).
    Submit,
    /// Agrees (批准).
    Approve,
    /// Gives it back to be mended (退回).
    Return,
    /// Brings it into force (下达).
    Release,
}

impl Authority {
    /// Writes a paper, or writes one anew that is a draft.
    pub fn write_paper(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        (id, title, content): (PaperId, String, Content),
    ) -> Reply<Paper> {
        let known = rows::find(connection, id)?;
        if let Some(known) = &known {
            if known.author != person {
                return Ok(Answer::refused(Refused::new(ID_REUSED, "somebody else wrote a paper under this id")));
            }
            if known.state != PaperState::Draft {
                return Ok(Answer::refused(Refused::new(codes::WRONG_STATE, "the paper is handed in")));
            }
        }
        if let Err(refused) = self.check_content(&content) {
            return Ok(Answer::refused(refused));
        }
        let (revision, history) = known.map_or((1, Vec::new()), |known| (known.revision + 1, known.history));
        let state = PaperState::Draft;
        let agreed = BTreeSet::new();
        let paper = Paper { id, title, content, state, revision, author: person, agreed, history };
        self.put_paper(connection, now, person, Step::Write, paper)
    }

    /// Takes a paper one step on.
    pub fn step_paper(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        (id, revision, step): (PaperId, u32, Step),
    ) -> Reply<Paper> {
        let Some(mut paper) = rows::find(connection, id)? else {
            return Ok(Answer::refused(Refused::new(codes::UNKNOWN_REQUEST, "there is no such paper")));
        };
        if let Err(refused) = self.check_step(&paper, person, revision, step) {
            return Ok(Answer::refused(refused));
        }
        let mut effects = Vec::new();
        match step {
            Step::Write | Step::Submit => paper.state = PaperState::Submitted,
            Step::Return => {
                paper.state = PaperState::Draft;
                paper.agreed.clear();
            }
            Step::Approve => {
                paper.agreed.insert(person);
                if self.all_agreed(&paper) {
                    paper.state = PaperState::Approved;
                }
            }
            Step::Release => {
                if let Some(command) = self.release_command(&paper) {
                    let answer = self.carry_out(connection, now, &command)?;
                    effects = answer.effects;
                    if let Ok(Ruling::Refused(rejection)) = &answer.outcome {
                        return Ok(Answer::refused(Refused::new(rejection.code(), rejection.to_string())));
                    }
                }
                paper.state = PaperState::Released;
            }
        }
        let mut answer = self.put_paper(connection, now, person, step, paper)?;
        answer.effects.extend(effects);
        Ok(answer)
    }

    fn check_content(&self, content: &Content) -> Result<(), Refused> {
        let scheme = &self.books.scheme;
        let lines = content.lines();
        let amounts: Vec<Money> = match content {
            Content::Version { limits } => limits.values().copied().collect(),
            Content::Adjustment { moves } => moves.iter().map(|one| one.amount).collect(),
        };
        let positive = matches!(content, Content::Adjustment { .. });
        if lines.is_empty() {
            return Err(Refused::new("no_line", "the paper has no line"));
        }
        if let Some(line) = lines.iter().find(|line| scheme.line(line).is_none()) {
            return Err(Refused::new("unknown_budget_line", format!("there is no budget line {line}")));
        }
        if amounts.iter().any(|amount| amount.is_negative() || (positive && amount.is_zero())) {
            return Err(Refused::new("amount_not_positive", "an amount is not greater than zero"));
        }
        Ok(())
    }

    fn check_step(&self, paper: &Paper, person: PersonId, revision: u32, step: Step) -> Result<(), Refused> {
        let from = match step {
            Step::Write => return Err(Refused::new(codes::WRONG_STATE, "writing is a call of its own")),
            Step::Submit => PaperState::Draft,
            Step::Approve | Step::Return => PaperState::Submitted,
            Step::Release => PaperState::Approved,
        };
        let allowed = match step {
            Step::Write | Step::Submit => paper.author == person,
            Step::Approve | Step::Return => paper.author != person && self.may_agree(paper, person),
            Step::Release => self.keeps_books(person),
        };
        if !allowed {
            return Err(Refused::new(codes::NOT_ALLOWED, "this step is somebody else's"));
        }
        if paper.revision != revision {
            return Err(Refused::new(codes::STALE, format!("the paper is at revision {}", paper.revision)));
        }
        if paper.state != from {
            return Err(Refused::new(codes::WRONG_STATE, format!("the paper is {:?}", paper.state)));
        }
        Ok(())
    }

    /// The lines that somebody has to agree to, each with those who answer for it.
    fn sides(&self, paper: &Paper) -> Vec<BTreeSet<PersonId>> {
        let organisation = &self.books.organisation;
        let executives = || organisation.with_role(Role::Executive).map(|person| person.id);
        let finance = || organisation.with_role(Role::Finance).map(|person| person.id);
        match &paper.content {
            Content::Version { .. } => {
                let executives: BTreeSet<PersonId> = executives().collect();
                // A company without an executive has its finance department.
                vec![if executives.is_empty() { finance().collect() } else { executives }]
            }
            Content::Adjustment { .. } => {
                let answers = |line: &Code| {
                    let fixes = self.books.scheme.line(line).map(|line| &line.fixes);
                    let department = fixes.and_then(|fixes| fixes.get(&Dimension::Department));
                    let heads = department.map(|code| organisation.heads_upward(code)).unwrap_or_default();
                    let able: BTreeSet<PersonId> =
                        heads.into_iter().filter(|head| *head != paper.author).take(1).collect();
                    if able.is_empty() { executives().chain(finance()).collect() } else { able }
                };
                paper.content.lines().into_iter().map(answers).collect()
            }
        }
    }

    fn may_agree(&self, paper: &Paper, person: PersonId) -> bool {
        self.sides(paper).iter().any(|side| side.contains(&person))
    }

    fn all_agreed(&self, paper: &Paper) -> bool {
        self.sides(paper).iter().all(|side| side.iter().any(|person| paper.agreed.contains(person)))
    }

    /// What releasing moves: the difference to the limits as they are now. None when there is none.
    fn release_command(&self, paper: &Paper) -> Option<Command> {
        let mut actions: Vec<Action> = match &paper.content {
            Content::Version { limits } => limits
                .iter()
                .filter_map(|(line, limit)| {
                    let line = line.clone();
                    let now = self.ledger.balance(&line).unwrap_or_default().limit;
                    let difference = limit.checked_sub(now)?;
                    if difference.is_positive() {
                        Some(Action::Appropriate { line, amount: difference })
                    } else {
                        let amount = difference.checked_neg().filter(|less| less.is_positive())?;
                        Some(Action::Withdraw { line, amount })
                    }
                })
                .collect(),
            Content::Adjustment { moves } => moves
                .iter()
                .map(|Move { from, to, amount }| Action::Transfer {
                    from: from.clone(),
                    to: to.clone(),
                    amount: *amount,
                })
                .collect(),
        };
        if actions.is_empty() {
            return None;
        }
        let also = actions.split_off(1);
        // A release that lacks money may be tried again when there is some.
        let tried = u64::try_from(paper.history.len()).unwrap_or(u64::MAX);
        let parts: [&[u8]; 3] = [&paper.id.bytes(), &tried.to_be_bytes(), &self.ledger.next_sequence().to_be_bytes()];
        let id = CommandId(number::derived_id("release paper", &parts));
        actions.pop().map(|first| Command::linked(id, first, also))
    }

    fn put_paper(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        step: Step,
        mut paper: Paper,
    ) -> Reply<Paper> {
        paper.history.push(Happening { at: now, person, step });
        let salt = random::bytes::<16>()?;
        let json = serde_json::to_string(&paper)
            .map_err(|error| StoreError::corrupt(format!("paper {}: {error}", paper.id)))?;
        rows::store(connection, &paper, &json, &salt)?;
        let hash = rows::hash(&salt, &json);
        let leaf = Leaf::Paper { id: paper.id, revision: paper.revision, hash, person, at: now };
        self.journal.append(connection, now, &leaf)?;
        Ok(Answer::done(paper, vec![Effect::Budget]))
    }
}
