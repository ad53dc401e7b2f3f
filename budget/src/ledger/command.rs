//! Commands, and how the ledger decides them.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{Entry, EntryKind, Ledger, Rejection, Reservation, Shortage};
use crate::scheme::Control;
use crate::{Code, CodingBlock, CommandId, DocumentId, LineId, Money};

/// SHA-256 over a command's canonical bytes.
pub(super) type Fingerprint = [u8; 32];

/// One line of a request that wants money.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Charge {
    /// The claim line.
    #[n(0)]
    pub line: LineId,
    /// What it is for.
    #[n(1)]
    pub block: CodingBlock,
    /// How much.
    #[n(2)]
    pub amount: Money,
}

/// What a payment spends of one line's reservation.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Draw {
    /// The claim line.
    #[n(0)]
    pub line: LineId,
    /// How much is spent. More than the line holds is a new check for the difference.
    #[n(1)]
    pub amount: Money,
}

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase", tag = "action")]
pub enum Action {
    /// Release a budget to a line (下达).
    #[n(0)]
    Appropriate {
        /// The line.
        #[n(0)]
        line: Code,
        /// How much more it may spend.
        #[n(1)]
        amount: Money,
    },
    /// Move budget between lines (调剂).
    #[n(1)]
    Transfer {
        /// The line that gives; it must have that much available.
        #[n(0)]
        from: Code,
        /// The line that gets.
        #[n(1)]
        to: Code,
        /// How much.
        #[n(2)]
        amount: Money,
    },
    /// Hold money for a request (占用): every charge or none.
    #[n(2)]
    Reserve {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// Its lines.
        #[n(1)]
        charges: Vec<Charge>,
    },
    /// Set what one line holds to another amount (调整占用); only the difference is checked.
    #[n(3)]
    Adjust {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// The claim line.
        #[n(1)]
        line: LineId,
        /// What it shall hold.
        #[n(2)]
        amount: Money,
    },
    /// Spend what a request holds (执行).
    #[n(4)]
    Consume {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// What each line spends.
        #[n(1)]
        draws: Vec<Draw>,
        /// Whether this is the last payment, so that the rest of every line is given back.
        #[n(2)]
        close: bool,
    },
    /// Give back all that a request still holds (释放).
    #[n(5)]
    Release {
        /// The request.
        #[n(0)]
        document: DocumentId,
    },
    /// Take spending back, as after a red-letter invoice (红冲).
    #[n(6)]
    Reverse {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// What each line takes back.
        #[n(1)]
        draws: Vec<Draw>,
    },
}

/// A command with the id under which it is answered once.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Command {
    /// Minted by whoever wants it done, before it is first sent.
    #[n(0)]
    pub id: CommandId,
    /// What to do.
    #[n(1)]
    pub action: Action,
}

impl Command {
    pub(super) fn fingerprint(&self) -> Fingerprint {
        // Encoding into memory cannot fail; an empty body would only make two ids look alike.
        let bytes = minicbor::to_vec(self).unwrap_or_default();
        Sha256::digest(bytes).into()
    }
}

/// What a command will do once it is decided.
pub(super) struct Plan {
    pub(super) steps: Vec<Step>,
    pub(super) warnings: Vec<Shortage>,
}

pub(super) struct Step {
    pub(super) kind: EntryKind,
    pub(super) document: Option<DocumentId>,
    pub(super) line: Option<LineId>,
    pub(super) lines: Vec<Code>,
    pub(super) amount: Money,
}

impl Step {
    fn on_line(kind: EntryKind, line: &Code, amount: Money) -> Self {
        Self { kind, document: None, line: None, lines: vec![line.clone()], amount }
    }

    fn on(kind: EntryKind, document: DocumentId, line: LineId, lines: &[Code], amount: Money) -> Self {
        Self { kind, document: Some(document), line: Some(line), lines: lines.to_vec(), amount }
    }
}

impl Ledger {
    /// The ladder: each rung refuses by name, and nothing is changed before the last one.
    pub(super) fn decide(&self, command: &Command) -> Result<Plan, Rejection> {
        match &command.action {
            Action::Appropriate { line, amount } => {
                positive(*amount)?;
                self.known(line)?;
                self.plan(vec![Step::on_line(EntryKind::Appropriate, line, *amount)], &BTreeMap::new())
            }
            Action::Transfer { from, to, amount } => self.decide_transfer(from, to, *amount),
            Action::Reserve { document, charges } => self.decide_reserve(*document, charges),
            Action::Adjust { document, line, amount } => self.decide_adjust(*document, *line, *amount),
            Action::Consume { document, draws, close } => self.decide_consume(*document, draws, *close),
            Action::Release { document } => {
                let steps = self
                    .reservations(*document)
                    .filter(|(_, held)| held.outstanding > Money::ZERO)
                    .map(|(line, held)| Step::on(EntryKind::Release, *document, line, &held.lines, held.outstanding))
                    .collect();
                self.plan(steps, &BTreeMap::new())
            }
            Action::Reverse { document, draws } => self.decide_reverse(*document, draws),
        }
    }

    fn decide_transfer(&self, from: &Code, to: &Code, amount: Money) -> Result<Plan, Rejection> {
        positive(amount)?;
        self.known(from)?;
        self.known(to)?;
        if from == to {
            return Err(Rejection::SameLine);
        }
        let steps =
            vec![Step::on_line(EntryKind::TransferOut, from, amount), Step::on_line(EntryKind::TransferIn, to, amount)];
        self.plan(steps, &BTreeMap::from([(from.clone(), amount)]))
    }

    fn decide_reserve(&self, document: DocumentId, charges: &[Charge]) -> Result<Plan, Rejection> {
        each_once(charges.iter().map(|charge| (charge.line, charge.amount)))?;
        let mut steps = Vec::with_capacity(charges.len());
        let mut wanted = BTreeMap::new();
        for charge in charges {
            if let Some((dimension, member)) = self.scheme.unknown_member(&charge.block) {
                return Err(Rejection::UnknownMember { line: charge.line, dimension, member });
            }
            let lines: Vec<Code> =
                self.scheme.control_set(&charge.block).into_iter().map(|line| line.code.clone()).collect();
            if lines.is_empty() {
                return Err(Rejection::NoBudgetLine { line: charge.line });
            }
            if self
                .held(document, charge.line)
                .is_some_and(|held| held.outstanding > Money::ZERO || held.consumed > Money::ZERO)
            {
                return Err(Rejection::AlreadyReserved { line: charge.line });
            }
            want(&mut wanted, &lines, charge.amount)?;
            steps.push(Step::on(EntryKind::Reserve, document, charge.line, &lines, charge.amount));
        }
        self.plan(steps, &wanted)
    }

    fn decide_adjust(&self, document: DocumentId, line: LineId, amount: Money) -> Result<Plan, Rejection> {
        positive(amount)?;
        let held = self.open(document, line)?;
        let mut wanted = BTreeMap::new();
        let mut steps = Vec::new();
        let difference = amount.checked_sub(held.outstanding).ok_or(Rejection::TooLarge)?;
        if difference > Money::ZERO {
            want(&mut wanted, &held.lines, difference)?;
            steps.push(Step::on(EntryKind::Reserve, document, line, &held.lines, difference));
        } else if difference < Money::ZERO {
            let back = difference.checked_neg().ok_or(Rejection::TooLarge)?;
            steps.push(Step::on(EntryKind::Release, document, line, &held.lines, back));
        }
        self.plan(steps, &wanted)
    }

    fn decide_consume(&self, document: DocumentId, draws: &[Draw], close: bool) -> Result<Plan, Rejection> {
        each_once(draws.iter().map(|draw| (draw.line, draw.amount)))?;
        let mut steps = Vec::new();
        let mut wanted = BTreeMap::new();
        for draw in draws {
            let held = self.open(document, draw.line)?;
            let overflow = draw.amount.checked_sub(held.outstanding).ok_or(Rejection::TooLarge)?;
            if overflow > Money::ZERO {
                want(&mut wanted, &held.lines, overflow)?;
                steps.push(Step::on(EntryKind::Reserve, document, draw.line, &held.lines, overflow));
            }
            steps.push(Step::on(EntryKind::Consume, document, draw.line, &held.lines, draw.amount));
        }
        if close {
            let drawn: BTreeMap<LineId, Money> = draws.iter().map(|draw| (draw.line, draw.amount)).collect();
            for (line, held) in self.reservations(document) {
                let rest = held.outstanding.checked_sub(drawn.get(&line).copied().unwrap_or(Money::ZERO));
                if let Some(rest) = rest.filter(|rest| *rest > Money::ZERO) {
                    steps.push(Step::on(EntryKind::Release, document, line, &held.lines, rest));
                }
            }
        }
        self.plan(steps, &wanted)
    }

    fn decide_reverse(&self, document: DocumentId, draws: &[Draw]) -> Result<Plan, Rejection> {
        each_once(draws.iter().map(|draw| (draw.line, draw.amount)))?;
        let mut steps = Vec::new();
        for draw in draws {
            let held = self.held(document, draw.line).filter(|held| held.consumed >= draw.amount);
            let held = held.ok_or(Rejection::NotConsumed { line: draw.line })?;
            steps.push(Step::on(EntryKind::Reverse, document, draw.line, &held.lines, draw.amount));
        }
        self.plan(steps, &BTreeMap::new())
    }

    /// The last rung: every hard line has what is wanted of it, and no sum leaves its range.
    fn plan(&self, steps: Vec<Step>, wanted: &BTreeMap<Code, Money>) -> Result<Plan, Rejection> {
        let (lacking, warnings): (Vec<_>, Vec<_>) =
            self.shortages(wanted)?.into_iter().partition(|shortage| self.control(&shortage.line) == Control::Hard);
        if !lacking.is_empty() {
            return Err(Rejection::Insufficient { shortages: lacking });
        }
        self.rehearse(&steps)?;
        Ok(Plan { steps, warnings })
    }

    /// What each line lacks for these amounts, under whichever control; lines that only count
    /// never lack anything.
    pub(super) fn shortages(&self, wanted: &BTreeMap<Code, Money>) -> Result<Vec<Shortage>, Rejection> {
        let mut shortages = Vec::new();
        for (line, requested) in wanted {
            let available = self.balance(line).unwrap_or_default().available().ok_or(Rejection::TooLarge)?;
            let lacking = requested.checked_sub(available).ok_or(Rejection::TooLarge)?;
            if lacking > Money::ZERO && self.control(line) != Control::None {
                let mut holders = self.holders(line);
                holders.truncate(Shortage::MOST_HOLDERS);
                shortages.push(Shortage { line: line.clone(), requested: *requested, available, lacking, holders });
            }
        }
        Ok(shortages)
    }

    /// Folds the steps into copies of the balances they touch, so that applying them cannot fail.
    fn rehearse(&self, steps: &[Step]) -> Result<(), Rejection> {
        let mut copies: BTreeMap<&Code, super::Balance> = BTreeMap::new();
        let mut held: BTreeMap<(DocumentId, LineId), Reservation> = BTreeMap::new();
        for step in steps {
            for line in &step.lines {
                let balance = copies.entry(line).or_insert_with(|| self.balance(line).unwrap_or_default());
                *balance = balance.after(step.kind, step.amount).ok_or(Rejection::TooLarge)?;
            }
            if let (Some(document), Some(line)) = (step.document, step.line) {
                let reservation = held.entry((document, line)).or_insert_with(|| {
                    self.held(document, line).cloned().unwrap_or_else(|| Reservation::new(step.lines.clone()))
                });
                *reservation = reservation.after(&step.as_entry()).ok_or(Rejection::TooLarge)?;
            }
        }
        Ok(())
    }

    pub(super) fn control(&self, line: &Code) -> Control {
        // A line that left the scheme is no longer a limit for what was reserved on it before.
        self.scheme.line(line).map_or(Control::None, |line| line.control)
    }

    fn held(&self, document: DocumentId, line: LineId) -> Option<&Reservation> {
        self.reservations.get(&(document, line))
    }

    fn open(&self, document: DocumentId, line: LineId) -> Result<&Reservation, Rejection> {
        self.held(document, line).filter(|held| held.outstanding > Money::ZERO).ok_or(Rejection::NotReserved { line })
    }

    fn known(&self, line: &Code) -> Result<(), Rejection> {
        match self.scheme.line(line) {
            Some(_) => Ok(()),
            None => Err(Rejection::UnknownBudgetLine { line: line.clone() }),
        }
    }
}

impl Step {
    fn as_entry(&self) -> Entry {
        Entry {
            sequence: 0,
            command: CommandId::default(),
            at: crate::Timestamp::default(),
            kind: self.kind,
            document: self.document,
            line: self.line,
            lines: self.lines.clone(),
            amount: self.amount,
        }
    }
}

fn positive(amount: Money) -> Result<(), Rejection> {
    if amount > Money::ZERO { Ok(()) } else { Err(Rejection::NotPositive) }
}

fn each_once(lines: impl ExactSizeIterator<Item = (LineId, Money)>) -> Result<(), Rejection> {
    if lines.len() == 0 {
        return Err(Rejection::Empty);
    }
    let mut seen = BTreeSet::new();
    for (line, amount) in lines {
        positive(amount)?;
        if !seen.insert(line) {
            return Err(Rejection::LineTwice { line });
        }
    }
    Ok(())
}

/// Adds `amount` to what is wanted of each line.
pub(super) fn want(wanted: &mut BTreeMap<Code, Money>, lines: &[Code], amount: Money) -> Result<(), Rejection> {
    for line in lines {
        let sum = wanted.entry(line.clone()).or_insert(Money::ZERO);
        *sum = sum.checked_add(amount).ok_or(Rejection::TooLarge)?;
    }
    Ok(())
}
