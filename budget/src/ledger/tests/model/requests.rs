//! What the model makes of requests.

use super::*;

impl Model {
    pub(super) fn reserve(&mut self, now: Timestamp, document: u8, charges: &[Charge]) -> Result<(), Refused> {
        each(charges.iter().map(|charge| (charge.line, charge.amount, charge.tax)))?;
        for charge in charges {
            let of = (document, charge.line.0[0]);
            self.may_charge(now, of.0, &charge.block)?;
            if self.held(of).iter().any(|(_, hold, spent)| *hold > 0 || *spent > 0) {
                return Err("already_reserved");
            }
            for group in groups(&charge.block) {
                let amount = net(charge.amount.fen(), charge.tax.fen(), &group);
                self.fact(What::Hold, &group, Some(of), amount);
            }
        }
        Ok(())
    }

    pub(super) fn adjust(&mut self, now: Timestamp, of: (u8, u8), to: &Draw) -> Result<(), Refused> {
        let Draw { line, amount, tax } = to;
        if (amount.fen(), tax.fen()) == (0, 0) {
            for (group, hold, _) in self.current(of).map(|_| self.held(of))?.iter().rev() {
                if *hold > 0 {
                    self.fact(What::Free, group, Some(of), *hold);
                }
            }
            return Ok(());
        }
        each(core::iter::once((*line, *amount, *tax)))?;
        for parts in self.current(of)? {
            let (newest, _) = parts.last().unwrap();
            let held: i64 = parts.iter().map(|(_, hold)| hold).sum();
            let mut more = net(amount.fen(), tax.fen(), newest) - held;
            if more > 0 {
                self.still_open(now, of.0, newest)?;
                self.fact(What::Hold, newest, Some(of), more);
            }
            for (group, hold) in parts.iter().rev() {
                let back = (-more).clamp(0, *hold);
                if back > 0 {
                    self.fact(What::Free, group, Some(of), back);
                    more += back;
                }
            }
        }
        Ok(())
    }

    pub(super) fn post(
        &mut self,
        now: Timestamp,
        document: u8,
        charges: &[Charge],
        close: bool,
    ) -> Result<(), Refused> {
        each(charges.iter().map(|charge| (charge.line, charge.amount, charge.tax)))?;
        for charge in charges {
            let of = (document, charge.line.0[0]);
            let (amount, tax) = (charge.amount.fen(), charge.tax.fen());
            if self.current(of).is_ok() {
                self.spend(now, of, amount, tax)?;
                continue;
            }
            self.may_charge(now, of.0, &charge.block)?;
            for group in groups(&charge.block) {
                self.fact(What::Hold, &group, Some(of), net(amount, tax, &group));
                self.fact(What::Spend, &group, Some(of), net(amount, tax, &group));
            }
        }
        if close {
            self.free(document);
        }
        Ok(())
    }

    pub(super) fn may_charge(&self, now: Timestamp, document: u8, block: &CodingBlock) -> Result<(), Refused> {
        if groups(block).is_empty() {
            return Err("no_budget_line");
        }
        let last_year = block.period.as_ref().unwrap().as_str().starts_with("2026");
        if last_year && now.china_date() > day(CUT_OFF) && !self.is_admitted(document) {
            return Err("period_closed");
        }
        Ok(())
    }

    pub(super) fn still_open(&self, now: Timestamp, document: u8, group: &[&str]) -> Result<(), Refused> {
        let last_year = group.iter().any(|name| name.starts_with("2026"));
        if last_year && now.china_date() > day(CUT_OFF) && !self.is_admitted(document) {
            return Err("period_closed");
        }
        Ok(())
    }

    /// With tax and without, what is open, oldest first, or else what is newest; refused when nothing is open.
    pub(super) fn current(&self, of: (u8, u8)) -> Result<Vec<Parts>, Refused> {
        let held = self.held(of);
        if held.iter().all(|(_, hold, _)| *hold == 0) {
            return Err("not_reserved");
        }
        let of_kind = |gross| {
            let mine = held.iter().filter(|(group, ..)| with_tax(group) == gross);
            let mine: Vec<_> = mine.map(|(group, hold, _)| (group.clone(), *hold)).collect();
            let open: Vec<_> = mine.iter().filter(|(_, hold)| *hold > 0).cloned().collect();
            if open.is_empty() { mine.last().cloned().into_iter().collect() } else { open }
        };
        Ok([of_kind(true), of_kind(false)].into_iter().filter(|parts: &Vec<_>| !parts.is_empty()).collect())
    }

    pub(super) fn spend(&mut self, now: Timestamp, of: (u8, u8), amount: i64, tax: i64) -> Result<(), Refused> {
        for parts in self.current(of)? {
            let (newest, _) = parts.last().unwrap();
            let held: i64 = parts.iter().map(|(_, hold)| hold).sum();
            let mut wanted = net(amount, tax, newest);
            if wanted > held {
                self.still_open(now, of.0, newest)?;
                self.fact(What::Hold, newest, Some(of), wanted - held);
                self.fact(What::Spend, newest, Some(of), wanted - held);
                wanted = held;
            }
            for (group, hold) in &parts {
                let drawn = wanted.min(*hold);
                if drawn > 0 {
                    self.fact(What::Spend, group, Some(of), drawn);
                    wanted -= drawn;
                }
            }
        }
        let held = self.held(of);
        let mut gross = held.iter().filter(|(group, ..)| with_tax(group)).peekable();
        if gross.peek().is_some() && gross.all(|(_, hold, _)| *hold == 0) {
            for (group, hold, _) in &held {
                if *hold > 0 {
                    self.fact(What::Free, group, Some(of), *hold);
                }
            }
        }
        Ok(())
    }

    pub(super) fn unspend(&mut self, of: (u8, u8), amount: i64, tax: i64) -> Result<(), Refused> {
        let held: Vec<_> = self.held(of).into_iter().rev().filter(|(_, _, spent)| *spent > 0).collect();
        if held.is_empty() {
            return Err("not_consumed");
        }
        for gross in [true, false] {
            let mine: Vec<_> = held.iter().filter(|(group, ..)| with_tax(group) == gross).collect();
            let Some(first) = mine.first() else { continue };
            let mut rest = net(amount, tax, &first.0);
            for (group, _, spent) in &mine {
                let back = rest.min(*spent);
                if back > 0 {
                    self.fact(What::Unspend, group, Some(of), back);
                    rest -= back;
                }
            }
            if rest > 0 {
                return Err("not_consumed");
            }
        }
        Ok(())
    }

    pub(super) fn free(&mut self, document: u8) {
        for of in self.documents().into_iter().filter(|of| of.0 == document) {
            for (group, hold, _) in self.held(of) {
                if hold > 0 {
                    self.fact(What::Free, &group, Some(of), hold);
                }
            }
        }
    }
}
