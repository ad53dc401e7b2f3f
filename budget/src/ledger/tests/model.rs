//! The independent model: a plain list of facts, folded anew for each answer.
//!
//! It shares no code with the ledger beyond the types of commands. It knows no index, no cache and
//! no copy of a balance; whatever it is asked, it walks through its list from the start.

mod allowances;
mod requests;
mod year_end;

use super::*;

/// Lines of the model's company: name, control, with tax, thresholds.
pub(super) const LINES: [(&str, Control, bool, &[u8]); 9] = [
    ("2026-ALL", Control::Hard, true, &[80, 100]),
    ("2026-MKT", Control::Hard, true, &[50, 100]),
    ("2026-RND", Control::Warn, true, &[100]),
    ("2026-MKT-TRAVEL", Control::Hard, false, &[90]),
    ("2026-RND-TRAVEL", Control::None, true, &[10]),
    ("2027-ALL", Control::Hard, true, &[80]),
    ("2027-MKT", Control::Hard, true, &[]),
    ("2027-RND", Control::Warn, true, &[]),
    ("2027-MKT-TRAVEL", Control::Hard, false, &[]),
];
/// The last day of 2026.
pub(super) const CUT_OFF: &str = "2027-01-15";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum What {
    Limit,
    Carried,
    /// A hold leaves with its money.
    Leave,
    /// A hold comes with its money.
    Arrive,
    Hold,
    Free,
    Spend,
    Unspend,
    Escrow,
    Admit,
}

/// One fact: `amount` of `what` on `lines`, for a line of a document or for an allowance.
#[derive(Debug, Clone)]
struct Fact {
    what: What,
    lines: Vec<&'static str>,
    of: Option<(u8, u8)>,
    allowance: Option<u8>,
    amount: i64,
}

/// What the model knows of an allowance beyond the money.
#[derive(Debug, Clone, Default)]
pub(super) struct Grant {
    device: u8,
    expires: i64,
    block: CodingBlock,
    groups: Vec<Vec<&'static str>>,
    chain: Vec<[u8; 32]>,
    strays: Vec<[u8; 32]>,
    ended: Option<bool>,
    pub(super) cloned: bool,
}

#[derive(Debug, Clone, Default)]
pub(super) struct Model {
    facts: Vec<Fact>,
    pub(super) grants: BTreeMap<u8, Grant>,
    answers: BTreeMap<CommandId, (Command, Option<&'static str>)>,
}

type Refused = &'static str;
/// Groups of lines, and what is held on each.
type Parts = Vec<(Vec<&'static str>, i64)>;

fn find(line: &Code) -> Result<usize, Refused> {
    LINES.iter().position(|(name, ..)| *name == line.as_str()).ok_or("unknown_budget_line")
}

fn with_tax(group: &[&str]) -> bool {
    LINES.iter().any(|(name, _, gross, _)| group.contains(name) && *gross)
}

fn net(amount: i64, tax: i64, group: &[&str]) -> i64 {
    if with_tax(group) { amount } else { amount - tax }
}

/// The lines over a block, with tax and without.
fn groups(block: &CodingBlock) -> Vec<Vec<&'static str>> {
    let period = block.period.as_ref().unwrap().as_str().split('-').next().unwrap().to_owned();
    let department = block.department.as_ref().unwrap().as_str();
    let account = block.account.as_ref().unwrap().as_str();
    let covers = |name: &str| {
        let mut parts = name.split('-');
        parts.next() == Some(period.as_str())
            && parts.next().is_some_and(|node| node == "ALL" || node == department)
            && parts.next().is_none_or(|node| node == account)
    };
    let of = |wanted: bool| {
        let lines = LINES.iter().filter(|(name, _, gross, _)| *gross == wanted && covers(name));
        lines.map(|(name, ..)| *name).collect::<Vec<_>>()
    };
    [of(true), of(false)].into_iter().filter(|group| !group.is_empty()).collect()
}

impl Model {
    /// limit, consumed, reserved, escrowed, carried.
    pub(super) fn balance(&self, line: &str) -> [i64; 5] {
        let mut sums = [0; 5];
        for fact in self.facts.iter().filter(|fact| fact.lines.contains(&line)) {
            Self::add(&mut sums, fact);
        }
        sums
    }

    fn add(sums: &mut [i64; 5], fact: &Fact) {
        match fact.what {
            What::Limit => sums[0] += fact.amount,
            What::Carried => {
                sums[0] += fact.amount;
                sums[4] += fact.amount;
            }
            What::Leave => {
                sums[0] -= fact.amount;
                sums[2] -= fact.amount;
            }
            What::Arrive => {
                sums[0] += fact.amount;
                sums[4] += fact.amount;
                sums[2] += fact.amount;
            }
            What::Hold => sums[2] += fact.amount,
            What::Free => sums[2] -= fact.amount,
            What::Spend => {
                sums[2] -= fact.amount;
                sums[1] += fact.amount;
            }
            What::Unspend => sums[1] -= fact.amount,
            What::Escrow => sums[3] += fact.amount,
            What::Admit => {}
        }
    }

    fn available(&self, line: &str) -> i64 {
        let [limit, consumed, reserved, escrowed, _] = self.balance(line);
        limit - consumed - reserved - escrowed
    }

    /// The thresholds of a line that were told and not forgotten since.
    fn told(&self, name: &str, thresholds: &[u8]) -> BTreeSet<u8> {
        let (mut sums, mut told) = ([0; 5], BTreeSet::new());
        for fact in self.facts.iter().filter(|fact| fact.lines.contains(&name)) {
            let limit = sums[0];
            Self::add(&mut sums, fact);
            let used = sums[1] + sums[2] + sums[3];
            let reached =
                thresholds.iter().copied().filter(|share| used > 0 && used * 100 >= i64::from(*share) * sums[0]);
            if sums[0] != limit {
                told.clear();
            }
            told.extend(reached);
        }
        told
    }

    /// What a line of a document holds and has spent, by group of lines, oldest first.
    pub(super) fn held(&self, of: (u8, u8)) -> Vec<(Vec<&'static str>, i64, i64)> {
        let mut held: Vec<(Vec<&'static str>, i64, i64, usize)> = Vec::new();
        for (at, fact) in self.facts.iter().enumerate().filter(|(_, fact)| fact.of == Some(of)) {
            let (hold, spent) = match fact.what {
                What::Hold | What::Arrive => (fact.amount, 0),
                What::Free | What::Leave => (-fact.amount, 0),
                What::Spend => (-fact.amount, fact.amount),
                What::Unspend => (0, -fact.amount),
                _ => continue,
            };
            let row = match held.iter().position(|row| row.0 == fact.lines) {
                Some(row) => row,
                None => {
                    held.push((fact.lines.clone(), 0, 0, at));
                    held.len() - 1
                }
            };
            if hold > 0 && held[row].1 == 0 {
                held[row].3 = at;
            }
            held[row].1 += hold;
            held[row].2 += spent;
        }
        held.sort_by_key(|row| row.3);
        held.into_iter().map(|(group, hold, spent, _)| (group, hold, spent)).collect()
    }

    fn documents(&self) -> BTreeSet<(u8, u8)> {
        self.facts.iter().filter_map(|fact| fact.of).filter(|of| of.1 != 0).collect()
    }

    fn is_admitted(&self, document: u8) -> bool {
        self.facts.iter().any(|fact| fact.what == What::Admit && fact.of == Some((document, 0)))
    }

    pub(super) fn rest(&self, id: u8, group: &[&str]) -> i64 {
        let mine = self.facts.iter().filter(|fact| fact.allowance == Some(id) && fact.lines == group);
        mine.filter(|fact| fact.what == What::Escrow).map(|fact| fact.amount).sum()
    }

    fn fact(&mut self, what: What, lines: &[&'static str], of: Option<(u8, u8)>, amount: i64) {
        self.facts.push(Fact { what, lines: lines.to_vec(), of, allowance: None, amount });
    }

    fn escrow(&mut self, id: u8, lines: &[&'static str], amount: i64) {
        self.facts.push(Fact { what: What::Escrow, lines: lines.to_vec(), of: None, allowance: Some(id), amount });
    }

    /// The answer to a command, and the thresholds that it tells.
    pub(super) fn apply(&mut self, now: Timestamp, command: &Command) -> (Option<Refused>, Vec<(String, u8)>) {
        if let Some((known, answer)) = self.answers.get(&command.id) {
            return (if known == command { *answer } else { Some("id_reused") }, Vec::new());
        }
        let before = self.clone();
        let mut strict = BTreeSet::new();
        let actions = core::iter::once(&command.action).chain(&command.also);
        let result = actions.map(|action| self.act(now, action, &mut strict)).collect::<Result<Vec<()>, _>>();
        let lacks = |model: &Self, (name, control, ..): &(&'static str, Control, bool, &[u8])| {
            let left = model.available(name);
            let hard = *control == Control::Hard || strict.contains(name);
            hard && left < 0 && left < before.available(name)
        };
        let result = match result {
            Ok(_) if LINES.iter().any(|line| lacks(self, line)) => Err("insufficient_budget"),
            other => other.map(|_| ()),
        };
        if result.is_err() {
            *self = before.clone();
        }
        self.answers.insert(command.id, (command.clone(), result.err()));
        let told = LINES.iter().flat_map(|(name, _, _, thresholds)| {
            let (old, new) = (before.told(name, thresholds), self.told(name, thresholds));
            new.difference(&old).map(|share| ((*name).to_owned(), *share)).collect::<Vec<_>>()
        });
        let told = told.collect();
        (result.err(), told)
    }

    fn act(&mut self, now: Timestamp, action: &Action, strict: &mut BTreeSet<&'static str>) -> Result<(), Refused> {
        match action {
            Action::Appropriate { line, amount } | Action::Withdraw { line, amount } => {
                positive(*amount)?;
                let name = LINES[find(line)?].0;
                let less = matches!(action, Action::Withdraw { .. });
                strict.extend(less.then_some(name));
                self.fact(What::Limit, &[name], None, if less { -amount.fen() } else { amount.fen() });
            }
            Action::Transfer { from, to, amount } => {
                positive(*amount)?;
                let (from, to) = (find(from)?, find(to)?);
                if from == to {
                    return Err("same_line");
                }
                strict.insert(LINES[from].0);
                self.fact(What::Limit, &[LINES[from].0], None, -amount.fen());
                self.fact(What::Limit, &[LINES[to].0], None, amount.fen());
            }
            Action::Reserve { document, charges } => self.reserve(now, document.0[0], charges)?,
            Action::Adjust { document, line, amount, tax } => {
                self.adjust(now, (document.0[0], line.0[0]), &Draw { line: *line, amount: *amount, tax: *tax })?;
            }
            Action::Consume { document, draws, close } => {
                each(draws.iter().map(|draw| (draw.line, draw.amount, draw.tax)))?;
                for draw in draws {
                    self.spend(now, (document.0[0], draw.line.0[0]), draw.amount.fen(), draw.tax.fen())?;
                }
                if *close {
                    self.free(document.0[0]);
                }
            }
            Action::Post { document, charges, close } => self.post(now, document.0[0], charges, *close)?,
            Action::Release { document } => self.free(document.0[0]),
            Action::Reverse { document, draws } => {
                each(draws.iter().map(|draw| (draw.line, draw.amount, draw.tax)))?;
                for draw in draws {
                    self.unspend((document.0[0], draw.line.0[0]), draw.amount.fen(), draw.tax.fen())?;
                }
            }
            Action::Admit { document } => self.fact(What::Admit, &[], Some((document.0[0], 0)), 0),
            Action::CarryForward { lines, policy } => self.carry(lines, *policy)?,
            Action::Lapse { lines, release } => self.lapse(now, lines, *release)?,
            Action::Allow { allowance, device, block, amount, expires } => {
                self.allow(now, (*allowance, device.0[0]), block, *amount, *expires)?;
            }
            Action::Settle { allowance, spends } => self.settle(*allowance, spends)?,
            Action::Close { allowance, count, last, .. } => self.close(*allowance, *count, *last)?,
            Action::ForceClose { allowance } => {
                if self.grant(*allowance)?.ended.is_none() {
                    self.end(allowance.0[0], true);
                }
            }
        }
        Ok(())
    }
}

fn positive(amount: Money) -> Result<(), Refused> {
    if amount.fen() > 0 { Ok(()) } else { Err("amount_not_positive") }
}

fn each(lines: impl Iterator<Item = (LineId, Money, Money)>) -> Result<(), Refused> {
    let mut seen = Vec::new();
    for (line, amount, tax) in lines {
        positive(amount)?;
        if tax.fen() < 0 || tax.fen() >= amount.fen() {
            return Err("wrong_tax");
        }
        if seen.contains(&line) {
            return Err("line_twice");
        }
        seen.push(line);
    }
    if seen.is_empty() { Err("no_line") } else { Ok(()) }
}
