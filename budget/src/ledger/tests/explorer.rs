//! The protocol of allowances, explored whole: every order of spending, reporting, losing,
//! doubling, reordering, copying a device, setting it back and closing by force, up to a size.
//!
//! The authority is the real [`Ledger`], the devices are real [`Purse`]s. A message once sent may be
//! delivered at any later time, in any order, or never. `SUANPAN_ESCROW_MESSAGES` says how many reports
//! may be sent (3 unless said otherwise, one less where something goes wrong; a night's run is 4).

use std::collections::{HashSet, VecDeque};

use super::*;

const ID: AllowanceId = AllowanceId([7; 16]);
/// The limit of the line and of the company above it, and what the device is granted of it, in fen.
const LIMIT: i64 = 3;
const GRANT: i64 = 2;

/// What may go wrong, so that each promise is checked where it is made.
#[derive(Debug, Clone, Copy, Default)]
struct Faults {
    copied: bool,
    set_back: bool,
    forced: bool,
}

/// A moment of the protocol.
#[derive(Debug, Clone)]
struct Moment {
    ledger: Ledger,
    /// The device, and its copy if somebody made one.
    devices: Vec<Purse>,
    /// The device as it was saved, and whether it was set back to that.
    saved: Option<Purse>,
    set_back: bool,
    forced: bool,
    /// Every report that was ever sent.
    sent: Vec<Command>,
    /// Everything that any device ever spent.
    spent: Vec<Spend>,
    competitors: u8,
    path: Vec<String>,
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "the numbers of a small model fit")]
impl Moment {
    fn first() -> Self {
        let lines = vec![(line("2026-ALL"), "0.03"), (line("2026-MKT"), "0.03")];
        let mut world = World::of(lines, &[]);
        let (block, amount) = (block("MKT", "TRAVEL"), Money::from_fen(GRANT));
        let expires = noon("2027-01-01");
        let device = crate::DeviceId([8; 16]);
        world.run(Action::Allow { allowance: ID, device, block: block.clone(), amount, expires }).unwrap();
        Self {
            ledger: world.ledger,
            devices: vec![Purse::new(ID, block, amount, expires)],
            saved: None,
            set_back: false,
            forced: false,
            sent: Vec::new(),
            spent: Vec::new(),
            competitors: 0,
            path: Vec::new(),
        }
    }

    fn allowance(&self) -> Allowance {
        self.ledger.allowance(ID).unwrap()
    }

    /// What tells one moment from another; a spend is known by its document.
    fn key(&self) -> Vec<u8> {
        let mut key = Vec::with_capacity(96);
        let allowance = self.allowance();
        key.extend([allowance.cloned.into(), allowance.count as u8, allowance.state as u8, self.competitors]);
        key.extend([self.set_back.into(), self.forced.into(), self.devices.len() as u8]);
        key.extend(&allowance.last[..4]);
        for (_, balance) in self.ledger.balances() {
            key.extend([balance.reserved, balance.escrowed].map(|amount| amount.fen() as u8));
        }
        let spends = |key: &mut Vec<u8>, spends: &[Spend]| {
            key.push(spends.len() as u8);
            key.extend(spends.iter().flat_map(|spend| [spend.document.0[0], spend.sequence as u8]));
        };
        for purse in self.devices.iter().chain(&self.saved) {
            spends(&mut key, purse.spends());
            let unsettled = match purse.report() {
                Some(Action::Settle { spends, .. }) => spends.len() as u8,
                _ => 0,
            };
            key.extend([unsettled, purse.is_closed().into()]);
        }
        spends(&mut key, &self.spent);
        key.extend(self.spent.iter().map(|spend| u8::from(self.is_known(spend))));
        for command in &self.sent {
            key.push(self.ledger.answers.contains_key(&command.id).into());
            match &command.action {
                Action::Settle { spends: told, .. } => spends(&mut key, told),
                Action::Close { count, last, .. } => key.extend([200, *count as u8, last[0], last[1]]),
                other => panic!("{other:?}"),
            }
        }
        key
    }

    /// Whether the authority has seen a spend.
    fn is_known(&self, spend: &Spend) -> bool {
        let hash = spend.hash(ID);
        self.ledger.allowances.spend(ID, spend.sequence) == Some(hash) || self.ledger.allowances.is_stray(ID, hash)
    }

    fn with(&self, what: String, act: impl FnOnce(&mut Self)) -> Self {
        let mut next = self.clone();
        next.path.push(what);
        act(&mut next);
        next
    }

    fn send(&mut self, action: Action) {
        let mut id = [200; 16];
        id[0] = u8::try_from(self.sent.len()).unwrap();
        self.sent.push(Command::new(CommandId(id), action));
    }

    /// Every moment that may come next.
    fn next(&self, messages: usize, faults: Faults) -> Vec<Self> {
        let now = noon("2026-12-02");
        let mut next = Vec::new();
        for at in 0..self.devices.len() {
            let number = u8::try_from(self.spent.len()).unwrap() + 10;
            let mut trial = self.devices[at].clone();
            if trial.spend(now, document(number), claim_line(1), Money::from_fen(1), Money::ZERO).is_ok() {
                next.push(self.with(format!("device {at} spends"), |moment| {
                    moment.spent.push(trial.spends().last().unwrap().clone());
                    moment.devices[at] = trial;
                }));
            }
            if self.sent.len() < messages {
                if let Some(report) = self.devices[at].report() {
                    next.push(self.with(format!("device {at} reports"), |moment| moment.send(report)));
                }
                next.push(self.with(format!("device {at} closes"), |moment| {
                    let close = moment.devices[at].close();
                    moment.send(close);
                }));
            }
            // The authority's answer arrives, or is lost: then the device does not know.
            if self.allowance().count > 0 {
                next.push(self.with(format!("device {at} is told"), |moment| {
                    let count = moment.allowance().count;
                    moment.devices[at].acknowledge(count);
                }));
            }
        }
        for (at, command) in self.sent.iter().enumerate() {
            // The same message again gets the same answer and moves nothing: see the property tests.
            if self.ledger.answers.contains_key(&command.id) {
                continue;
            }
            next.push(self.with(format!("message {at} arrives"), |moment| {
                let _ = moment.ledger.apply(now, command);
            }));
        }
        let most = if faults.copied || faults.set_back { 1 } else { 2 };
        if self.competitors < most {
            next.push(self.with("somebody reserves".into(), |moment| {
                moment.competitors += 1;
                let charges = vec![charge(1, "MKT", "OFFICE", "0.01")];
                let reserve = Action::Reserve { document: document(moment.competitors), charges };
                let _ = moment.ledger.apply(now, &Command::new(CommandId([moment.competitors; 16]), reserve));
            }));
        }
        if faults.copied && self.devices.len() == 1 {
            next.push(self.with("the device is copied".into(), |moment| {
                moment.devices.push(moment.devices[0].clone());
            }));
        }
        if faults.set_back {
            match &self.saved {
                None => next.push(self.with("the device is saved".into(), |moment| {
                    moment.saved = Some(moment.devices[0].clone());
                })),
                Some(saved) if !self.set_back => next.push(self.with("the device is set back".into(), |moment| {
                    moment.devices[0] = saved.clone();
                    moment.set_back = true;
                })),
                Some(_) => {}
            }
        }
        if faults.forced && !self.forced {
            next.push(self.with("an administrator closes".into(), |moment| {
                let force = Command::new(CommandId([250; 16]), Action::ForceClose { allowance: ID });
                moment.ledger.apply(now, &force).unwrap();
                moment.forced = true;
            }));
        }
        next
    }

    /// Everything arrives in the end: each device reports what the authority misses.
    fn healed(&self) -> Self {
        let mut moment = self.clone();
        for spend in &self.spent {
            // Somebody holds the evidence of each spend, also when the device forgot it.
            let settle = Action::Settle { allowance: ID, spends: vec![spend.clone()] };
            let mut id = [150; 16];
            id[..8].copy_from_slice(&spend.hash(ID)[..8]);
            let _ = moment.ledger.apply(noon("2026-12-03"), &Command::new(CommandId(id), settle));
        }
        moment
    }

    /// Two spends with one number, or a spend that the chain of another leaves out.
    fn branches(&self) -> bool {
        let known: Vec<&Spend> = self.spent.iter().filter(|spend| self.is_known(spend)).collect();
        known.iter().any(|one| known.iter().any(|two| one.sequence == two.sequence && one != two))
    }

    fn check(&self) -> Result<(), String> {
        let honest = self.devices.len() == 1 && !self.set_back;
        self.ledger.check_invariants().map_err(str::to_owned)?;
        for line in ["2026-ALL", "2026-MKT"] {
            let balance = self.ledger.balance(&code(line)).unwrap();
            if balance.limit != Money::from_fen(LIMIT) || balance.available().unwrap() < Money::ZERO {
                return Err(format!("{line} is overspent: {balance:?}"));
            }
        }
        if self.branches() && !self.allowance().cloned {
            return Err("two branches and nobody noticed".into());
        }
        let healed = self.healed();
        if healed.branches() && !healed.allowance().cloned {
            return Err("two branches and nobody will ever notice".into());
        }
        if honest && self.allowance().cloned {
            return Err("an honest device is called a copy".into());
        }
        if honest && !self.forced {
            // What the device promised offline is kept: all of it counts, and none of it twice.
            let reserved = healed.ledger.balance(&code("2026-MKT")).unwrap().reserved.fen();
            let competitors =
                self.ledger.balance(&code("2026-MKT")).unwrap().reserved.fen() - i64::from(self.allowance().count);
            let promised = i64::try_from(self.spent.len()).unwrap();
            if reserved - competitors != promised {
                return Err(format!("promised {promised}, counted {}", reserved - competitors));
            }
        }
        Ok(())
    }
}

/// Every moment within reach; the first that breaks a promise, with the way to it.
fn explore(messages: usize, faults: Faults) -> Result<usize, String> {
    let mut seen = HashSet::new();
    let mut waiting = VecDeque::from([Moment::first()]);
    while let Some(moment) = waiting.pop_front() {
        moment.check().map_err(|what| format!("{what}, after {:?}", moment.path))?;
        for next in moment.next(messages, faults) {
            if seen.insert(next.key()) {
                waiting.push_back(next);
            }
        }
    }
    Ok(seen.len())
}

fn messages() -> usize {
    std::env::var("SUANPAN_ESCROW_MESSAGES").ok().map_or(3, |text| text.parse().unwrap())
}

#[test]
fn an_honest_device_is_always_right() {
    let moments = explore(messages(), Faults::default()).unwrap();
    println!("{moments} moments");
    assert!(moments > 100, "{moments}");
}

#[test]
fn after_a_forced_end_the_budget_still_holds() {
    let moments = explore(messages(), Faults { forced: true, ..Faults::default() }).unwrap();
    println!("{moments} moments");
}

#[test]
fn a_device_that_was_set_back_is_found() {
    let moments = explore(messages() - 1, Faults { set_back: true, ..Faults::default() }).unwrap();
    println!("{moments} moments");
}

#[test]
fn each_copy_is_found() {
    let moments =
        explore(messages() - 1, Faults { copied: true, forced: messages() > 3, ..Faults::default() }).unwrap();
    println!("{moments} moments");
}

/// The search can fail: a device that spends beyond its last word is caught.
#[test]
fn the_search_finds_what_is_wrong() {
    let mut moment = Moment::first();
    let mut ghost = moment.devices[0].clone();
    let close = moment.devices[0].close();
    moment.send(close);
    let close = moment.sent[0].clone();
    moment.ledger.apply(noon("2026-12-02"), &close).unwrap();
    let spend = ghost.spend(noon("2026-12-02"), document(10), claim_line(1), Money::from_fen(1), Money::ZERO);
    moment.spent.push(spend.unwrap().clone());
    assert_eq!(moment.check(), Err("promised 1, counted 0".into()));
}
