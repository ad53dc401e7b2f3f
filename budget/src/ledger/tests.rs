//! The ledger against the cases that finance departments complain of, against every refusal, and
//! against an independent model.

mod allowances;
mod explorer;
mod model;
mod properties;
mod refusals;
mod scenarios;
mod thresholds;
mod year_end;

use std::collections::{BTreeMap, BTreeSet};

use super::*;
use crate::coding::{Member, Tree};
use crate::scheme::{BudgetLine, Draft, TaxBasis};
use crate::{CodingBlock, Control, Currency, Date, Dimension, Money};

fn code(text: &str) -> Code {
    Code::new(text).unwrap()
}

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn day(text: &str) -> Date {
    text.parse().unwrap()
}

/// Noon in China.
fn noon(text: &str) -> Timestamp {
    Timestamp(day(text).days() * 86_400_000 + 4 * 3_600_000)
}

fn document(number: u8) -> DocumentId {
    DocumentId([number; 16])
}

fn claim_line(number: u8) -> LineId {
    LineId([number; 16])
}

/// The trees of a small company over two years.
fn trees() -> BTreeMap<Dimension, Tree> {
    let tree =
        |rows: &[(&str, Option<&str>)]| Tree::new(rows.iter().map(|(c, p)| Member::new(code(c), *c, p.map(code))));
    BTreeMap::from([
        (
            Dimension::Period,
            tree(&[("2026", None), ("2026-12", Some("2026")), ("2027", None), ("2027-01", Some("2027"))]),
        ),
        (Dimension::Department, tree(&[("ALL", None), ("MKT", Some("ALL")), ("RND", Some("ALL"))])),
        (Dimension::Account, tree(&[("OFFICE", None), ("COURIER", None), ("TRAVEL", None)])),
    ])
}

/// A line named after what it fixes: `2026-MKT` or `2027-ALL-TRAVEL`.
fn line(name: &str) -> BudgetLine {
    let dimensions = [Dimension::Period, Dimension::Department, Dimension::Account];
    BudgetLine {
        code: code(name),
        name: name.into(),
        fixes: dimensions.into_iter().zip(name.split('-').map(code)).collect(),
        control: Control::Hard,
        tax_basis: TaxBasis::Inclusive,
        currency: Currency::CNY,
        thresholds: BTreeSet::new(),
    }
}

fn block(department: &str, account: &str) -> CodingBlock {
    CodingBlock {
        period: Some(code("2026-12")),
        department: Some(code(department)),
        account: Some(code(account)),
        ..CodingBlock::default()
    }
}

fn charge(line: u8, department: &str, account: &str, amount: &str) -> Charge {
    Charge::new(claim_line(line), block(department, account), yuan(amount))
}

fn draw(line: u8, amount: &str) -> Draw {
    Draw::new(claim_line(line), yuan(amount))
}

/// A company whose lines were given their limits on 1 December 2026.
#[derive(Clone)]
struct World {
    ledger: Ledger,
    now: Timestamp,
    next: u16,
    entries: Vec<Entry>,
    answered: Vec<Answered>,
}

impl World {
    fn new(lines: &[(&str, &str)]) -> Self {
        Self::of(lines.iter().map(|(name, limit)| (line(name), *limit)).collect(), &[])
    }

    fn of(lines: Vec<(BudgetLine, &str)>, closings: &[(&str, &str)]) -> Self {
        let closings = closings.iter().map(|(period, last)| (code(period), day(last))).collect();
        let draft = Draft { trees: trees(), lines: lines.iter().map(|(line, _)| line.clone()).collect(), closings };
        let ledger = Ledger::new(Scheme::publish(draft).unwrap());
        let mut world = Self { ledger, now: noon("2026-12-01"), next: 0, entries: Vec::new(), answered: Vec::new() };
        for (line, limit) in lines {
            if limit != "0" {
                world.run(Action::Appropriate { line: line.code, amount: yuan(limit) }).unwrap();
            }
        }
        world
    }

    fn run(&mut self, action: Action) -> Decision {
        self.next += 1;
        let mut id = [0; 16];
        id[..2].copy_from_slice(&self.next.to_be_bytes());
        self.apply(&Command::new(CommandId(id), action))
    }

    fn apply(&mut self, command: &Command) -> Decision {
        let decision = self.ledger.apply(self.now, command);
        let known = self.answered.iter().any(|answer| answer.command == command.id);
        if !known {
            let rejection = decision.as_ref().err().cloned();
            self.answered.push(Answered { command: command.id, fingerprint: command.fingerprint(), rejection });
        }
        self.entries.extend(decision.iter().flat_map(|outcome| outcome.entries.clone()));
        assert_eq!(self.ledger.check_invariants(), Ok(()));
        decision
    }

    fn on(&mut self, day: &str) -> &mut Self {
        self.now = noon(day);
        self
    }

    fn reserve(&mut self, document_: u8, department: &str, amount: &str) -> Decision {
        let charges = vec![charge(1, department, "OFFICE", amount)];
        self.run(Action::Reserve { document: document(document_), charges })
    }

    fn consume(&mut self, document_: u8, amount: &str, close: bool) -> Decision {
        self.run(Action::Consume { document: document(document_), draws: vec![draw(1, amount)], close })
    }

    fn balance(&self, line: &str) -> Balance {
        self.ledger.balance(&code(line)).unwrap()
    }

    /// Consumed, reserved and available; and what replaying the entries gives is the same.
    #[track_caller]
    fn check(&self, line: &str, consumed: &str, reserved: &str, available: &str) {
        let balance = self.balance(line);
        let found = (balance.consumed, balance.reserved, balance.available().unwrap());
        assert_eq!(found, (yuan(consumed), yuan(reserved), yuan(available)), "{line}");
        let replayed = self.replay().unwrap();
        assert!(replayed.balances().eq(self.ledger.balances()), "replayed");
    }

    fn replay(&self) -> Result<Ledger, ReplayError> {
        Ledger::replay(self.ledger.scheme().clone(), self.answered.clone(), self.entries.clone())
    }
}

/// What lacks where.
#[track_caller]
fn lacking(decision: Decision) -> Vec<(String, Money)> {
    let Err(Rejection::Insufficient { shortages }) = decision else { panic!("{decision:?}") };
    shortages.into_iter().map(|shortage| (shortage.line.to_string(), shortage.lacking)).collect()
}

/// How every allowance stands, without the numbers that a ledger gives to its control sets.
fn standing(ledger: &Ledger) -> Vec<String> {
    let text = |(id, a): (AllowanceId, Allowance)| {
        let (money, chain) = ((a.granted(), a.spent(), a.rest()), (a.count, a.last));
        format!("{id} {:?} {:?} {:?} {} {chain:?} {money:?}", a.device, a.expires, a.state, a.cloned)
    };
    ledger.allowances().map(text).collect()
}
