//! Random histories: the ledger and the model say the same, whatever people do in whatever order.
//!
//! `SUANPAN_LEDGER_COMMANDS` says how many commands (20,000 unless said otherwise; a night's run is
//! 1,000,000) and `SUANPAN_SEED` where to begin.

use super::model::{CUT_OFF, LINES, Model};
use super::*;
use crate::DeviceId;

/// Commands in one history.
const HISTORY: u64 = 160;

/// SplitMix64 (Steele, Lea and Flood, 2014): small, and the same everywhere.
pub(super) struct Dice(pub(super) u64);

impl Dice {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    fn number(&mut self, from: u8, to: u8) -> u8 {
        from + u8::try_from(self.below(u64::from(to - from) + 1)).unwrap()
    }

    fn pick<'a, T>(&mut self, from: &'a [T]) -> &'a T {
        &from[usize::try_from(self.below(u64::try_from(from.len()).unwrap())).unwrap()]
    }

    fn amount(&mut self) -> Money {
        let most = if self.below(4) == 0 { 9_000 } else { 1_200 };
        Money::from_fen(i64::try_from(self.below(most)).unwrap())
    }
}

/// One company with its model, its devices, and the dice that decide what happens.
struct History {
    dice: Dice,
    world: World,
    model: Model,
    purses: Vec<(AllowanceId, Purse)>,
    sent: Vec<Command>,
}

impl History {
    fn new(seed: u64) -> Self {
        let lines = LINES.iter().map(|(name, control, gross, thresholds)| {
            let tax_basis = if *gross { TaxBasis::Inclusive } else { TaxBasis::Exclusive };
            let thresholds = thresholds.iter().copied().collect();
            (BudgetLine { control: *control, tax_basis, thresholds, ..line(name) }, "0")
        });
        let world = World::of(lines.collect(), &[("2026", CUT_OFF)]);
        let mut history = Self { dice: Dice(seed), world, model: Model::default(), purses: vec![], sent: vec![] };
        for (name, limit) in [("2026-ALL", "150"), ("2026-MKT", "100"), ("2026-RND", "60"), ("2026-MKT-TRAVEL", "40")] {
            history.give(vec![Action::Appropriate { line: code(name), amount: yuan(limit) }]);
        }
        history
    }

    fn charge(&mut self) -> Charge {
        let department = *self.dice.pick(&["MKT", "MKT", "RND", "ALL"]);
        let account = *self.dice.pick(&["OFFICE", "TRAVEL"]);
        let amount = self.dice.amount();
        let mut block = block(department, account);
        if self.dice.below(3) == 0 {
            block.period = Some(code("2027-01"));
        }
        let tax = if self.dice.below(2) == 0 { Money::ZERO } else { Money::from_fen(amount.fen() / 10) };
        Charge { tax, ..Charge::new(claim_line(self.dice.number(1, 3)), block, amount) }
    }

    fn draws(&mut self) -> Vec<Draw> {
        (0..self.dice.number(1, 2)).map(|_| self.charge().draw()).collect()
    }

    fn charges(&mut self) -> Vec<Charge> {
        (0..self.dice.number(0, 3)).map(|_| self.charge()).collect()
    }

    fn line(&mut self) -> Code {
        code(self.dice.pick(&LINES).0)
    }

    fn action(&mut self) -> Action {
        let document = document(self.dice.number(1, 6));
        let amount = self.dice.amount();
        let close = self.dice.below(2) == 0;
        match self.dice.below(34) {
            0 => Action::Appropriate { line: self.line(), amount },
            1 => Action::Withdraw { line: self.line(), amount },
            2 => Action::Transfer { from: self.line(), to: self.line(), amount },
            3..=9 => Action::Reserve { document, charges: self.charges() },
            10 | 11 => {
                let Draw { line, amount, tax } = self.charge().draw();
                if self.dice.below(4) == 0 {
                    return Action::Adjust { document, line, amount: Money::ZERO, tax: Money::ZERO };
                }
                Action::Adjust { document, line, amount, tax }
            }
            12..=15 => Action::Consume { document, draws: self.draws(), close },
            16 | 17 => Action::Post { document, charges: self.charges(), close },
            18 | 19 => Action::Release { document },
            20 => Action::Reverse { document, draws: self.draws() },
            21 if self.dice.below(4) == 0 => Action::Admit { document },
            21 | 22 => {
                let next = ["ALL", "MKT", "RND", "MKT-TRAVEL"];
                let mut lines: Vec<Carry> = next
                    .iter()
                    .map(|rest| Carry { from: code(&format!("2026-{rest}")), to: code(&format!("2027-{rest}")) })
                    .collect();
                lines.truncate(usize::from(self.dice.number(0, 4)));
                if self.dice.below(8) == 0 {
                    lines.push(Carry { from: self.line(), to: self.line() });
                }
                let policies = [CarryPolicy::CommittedOnly, CarryPolicy::All, CarryPolicy::None];
                Action::CarryForward { lines, policy: *self.dice.pick(&policies) }
            }
            23 => {
                let lines = (0..self.dice.number(0, 3)).map(|_| self.line()).collect();
                Action::Lapse { lines, release: close }
            }
            24 | 25 => self.allow(),
            26..=29 => self.offline().unwrap_or(Action::Release { document }),
            30 => self.purse().map_or(Action::Admit { document }, |at| self.purses[at].1.close()),
            31 => Action::ForceClose { allowance: AllowanceId([self.dice.number(1, 9); 16]) },
            _ => self.forged().unwrap_or(Action::Release { document }),
        }
    }

    fn allow(&mut self) -> Action {
        let allowance = AllowanceId([self.dice.number(1, 9); 16]);
        let (block, amount) = (self.charge().block, self.dice.amount());
        let expires = self.world.now.plus(86_400_000 * (i64::from(self.dice.number(0, 20)) - 1));
        self.purses.push((allowance, Purse::new(allowance, block.clone(), amount, expires)));
        Action::Allow { allowance, device: DeviceId([self.dice.number(1, 3); 16]), block, amount, expires }
    }

    fn purse(&mut self) -> Option<usize> {
        let count = u64::try_from(self.purses.len()).unwrap();
        (count > 0).then(|| usize::try_from(self.dice.below(count)).unwrap())
    }

    /// A device spends and reports, is copied, or is told what arrived.
    fn offline(&mut self) -> Option<Action> {
        let at = self.purse()?;
        if self.dice.below(12) == 0 {
            let copy = self.purses[at].clone();
            self.purses.push(copy);
        }
        for _ in 0..self.dice.number(0, 2) {
            let charge = self.charge();
            let document = document(self.dice.number(1, 6));
            let now = self.world.now;
            let _ = self.purses[at].1.spend(now, document, charge.line, charge.amount, charge.tax);
        }
        match self.dice.below(4) {
            0 => self.purses[at].1.acknowledge(u32::from(self.dice.number(0, 3))),
            1 => self.purses[at].1.report_from(u32::from(self.dice.number(0, 3))),
            _ => {}
        }
        self.purses[at].1.report()
    }

    /// What no honest purse would report.
    fn forged(&mut self) -> Option<Action> {
        let at = self.purse()?;
        let allowance = self.purses[at].0;
        let known = self.world.ledger.allowance(allowance).unwrap_or_default();
        let charge = self.charge();
        let spend = Spend {
            sequence: known.count + u32::from(self.dice.number(0, 2)),
            previous: known.last,
            document: document(self.dice.number(1, 6)),
            line: charge.line,
            block: charge.block,
            amount: charge.amount,
            tax: charge.tax,
            at: self.world.now,
            signature: None,
        };
        Some(Action::Settle { allowance, spends: vec![spend] })
    }

    fn step(&mut self) {
        if self.dice.below(12) == 0 {
            self.world.now = self.world.now.plus(86_400_000 * i64::from(self.dice.number(0, 9)));
        }
        // Sometimes an old command again, or its id with another body.
        if !self.sent.is_empty() && self.dice.below(10) == 0 {
            let mut again = self.dice.pick(&self.sent).clone();
            if self.dice.below(3) == 0 {
                again.action = self.action();
            }
            return self.compare(&again);
        }
        let actions = (0..if self.dice.below(6) == 0 { 3 } else { 1 }).map(|_| self.action()).collect();
        self.give(actions);
    }

    fn give(&mut self, mut actions: Vec<Action>) {
        self.world.next += 1;
        let mut id = [0; 16];
        id[..2].copy_from_slice(&self.world.next.to_be_bytes());
        let also = actions.split_off(1);
        let command = Command::linked(CommandId(id), actions.remove(0), also);
        self.compare(&command);
        self.sent.push(command);
    }

    fn compare(&mut self, command: &Command) {
        let now = self.world.now;
        let decision = self.world.apply(command);
        let (refused, told) = self.model.apply(now, command);
        let code = decision.as_ref().err().map(Rejection::code);
        assert_eq!(code, refused, "{command:?} at {}: {decision:?}", now.china_date());
        let mut alerts: Vec<_> =
            decision.iter().flat_map(|outcome| &outcome.alerts).map(|c| (c.line.to_string(), c.percent)).collect();
        alerts.sort();
        let mut told = told;
        told.sort();
        assert_eq!(alerts, told, "thresholds after {command:?}");
        for (name, ..) in LINES {
            let Balance { limit, consumed, reserved, escrowed, carried } = self.world.balance(name);
            let found = [limit, consumed, reserved, escrowed, carried].map(Money::fen);
            assert_eq!(found, self.model.balance(name), "{name} after {command:?}");
        }
    }

    /// Every hold and allowance, and the same again from the entries alone.
    fn finish(mut self) {
        for number in 1..=6 {
            let mut found: BTreeMap<(u8, Vec<String>), (i64, i64)> = BTreeMap::new();
            for (line, held) in self.world.ledger.reservations(document(number)) {
                let names = held.lines.iter().map(ToString::to_string).collect();
                found.insert((line.0[0], names), (held.outstanding.fen(), held.consumed.fen()));
            }
            let mut expected = BTreeMap::new();
            for line in 1..=3 {
                for (group, hold, spent) in self.model.held((number, line)) {
                    let mut names: Vec<String> = group.iter().map(ToString::to_string).collect();
                    names.sort();
                    expected.insert((line, names), (hold, spent));
                }
            }
            assert_eq!(found, expected, "document {number}");
        }
        for (id, allowance) in self.world.ledger.allowances() {
            assert_eq!(allowance.cloned, self.model.grants[&id.0[0]].cloned, "allowance {id}");
            assert!(allowance.spent() <= allowance.granted());
        }
        let mut replayed = self.world.replay().unwrap();
        assert!(replayed.balances().eq(self.world.ledger.balances()));
        assert_eq!(standing(&replayed), standing(&self.world.ledger));
        let now = self.world.now;
        for command in &self.sent {
            let first = self.world.ledger.apply(now, command);
            assert_eq!(replayed.apply(now, command), first, "the same answer after a restart");
        }
    }
}

fn setting(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().map_or(default, |text| text.parse().expect(name))
}

#[test]
fn random_histories_agree_with_the_model() {
    let commands = setting("SUANPAN_LEDGER_COMMANDS", 20_000);
    let first = setting("SUANPAN_SEED", 1);
    let histories = commands.div_ceil(HISTORY);
    println!("{commands} commands in {histories} histories from seed {first}");
    let mut done = BTreeMap::new();
    for seed in first..first + histories {
        let history = std::panic::catch_unwind(|| {
            let mut history = History::new(seed);
            for _ in 0..HISTORY {
                history.step();
            }
            let kinds = history.world.entries.iter().map(|entry| entry.kind).collect::<Vec<_>>();
            let codes = history.world.answered.iter().filter_map(|answer| answer.rejection.as_ref());
            let codes = codes.map(Rejection::code).collect::<Vec<_>>();
            history.finish();
            (kinds, codes)
        });
        let Ok((kinds, codes)) = history else { panic!("seed {seed}: SUANPAN_SEED={seed} SUANPAN_LEDGER_COMMANDS=1") };
        for word in kinds.into_iter().map(EntryKind::word).chain(codes) {
            *done.entry(word).or_insert(0_u64) += 1;
        }
    }
    println!("{done:?}");
    // A run that never gets somewhere shows nothing about it.
    for kind in EntryKind::ALL {
        assert!(histories < 20 || done.contains_key(kind.word()), "no history came to {}", kind.word());
    }
}

/// S2: two offline claims on one budget, in every order that the dice can think of.
#[test]
fn s2_histories_never_overspend() {
    let mut dice = Dice(setting("SUANPAN_SEED", 1));
    for _ in 0..2_000 {
        let mut world = World::new(&[("2026-ALL", "500"), ("2026-MKT", "300")]);
        for _ in 0..6 {
            let number = dice.number(1, 4);
            let _ = match dice.below(3) {
                0 => world.run(Action::Release { document: document(number) }),
                1 => world.consume(number, "150", true),
                _ => world.reserve(number, if dice.below(2) == 0 { "MKT" } else { "RND" }, "200"),
            };
            assert!(world.balance("2026-ALL").available().unwrap() >= Money::ZERO);
        }
    }
}
