//! What the model makes of allowances.

use super::*;

impl Model {
    pub(super) fn allow(
        &mut self,
        now: Timestamp,
        (allowance, device): (AllowanceId, u8),
        block: &CodingBlock,
        amount: Money,
        expires: Timestamp,
    ) -> Result<(), Refused> {
        positive(amount)?;
        if self.grants.contains_key(&allowance.0[0]) {
            return Err("allowance_exists");
        }
        if expires.0 <= now.0 {
            return Err("allowance_expired");
        }
        self.may_charge(now, allowance.0[0], block)?;
        let groups = groups(block);
        let open = |grant: &Grant| {
            grant.ended.is_none() && grant.device == device && grant.groups.iter().any(|group| groups.contains(group))
        };
        if self.grants.values().any(open) {
            return Err("allowance_open");
        }
        for group in &groups {
            self.escrow(allowance.0[0], group, amount.fen());
        }
        let (expires, block) = (expires.0, block.clone());
        self.grants.insert(allowance.0[0], Grant { device, expires, block, groups, ..Grant::default() });
        Ok(())
    }

    pub(super) fn grant(&self, id: AllowanceId) -> Result<Grant, Refused> {
        self.grants.get(&id.0[0]).cloned().ok_or("unknown_allowance")
    }

    pub(super) fn settle(&mut self, id: AllowanceId, spends: &[Spend]) -> Result<(), Refused> {
        self.grant(id)?;
        if spends.is_empty() {
            return Err("no_line");
        }
        for spend in spends {
            each(core::iter::once((spend.line, spend.amount, spend.tax)))?;
            let mut grant = self.grant(id)?;
            let hash = spend.hash(id);
            let place = usize::try_from(spend.sequence).unwrap();
            if grant.strays.contains(&hash) || place.checked_sub(1).and_then(|at| grant.chain.get(at)) == Some(&hash) {
                continue;
            }
            if place == 0 || place > grant.chain.len() + 1 {
                return Err("spends_missing");
            }
            let last = grant.chain.last().copied().unwrap_or_else(|| genesis(id));
            if place <= grant.chain.len() || spend.previous != last {
                grant.strays.push(hash);
                grant.cloned = true;
                self.grants.insert(id.0[0], grant);
                continue;
            }
            grant.chain.push(hash);
            let of = (spend.document.0[0], spend.line.0[0]);
            let amounts: Vec<(Vec<&'static str>, i64)> = grant
                .groups
                .iter()
                .map(|group| (group.clone(), net(spend.amount.fen(), spend.tax.fen(), group)))
                .collect();
            let fits = amounts.iter().all(|(group, amount)| *amount <= self.rest(id.0[0], group));
            let counts = grant.ended.is_none()
                && !grant.cloned
                && spend.at.0 < grant.expires
                && spend.block == grant.block
                && fits;
            grant.cloned |= grant.ended == Some(false);
            self.grants.insert(id.0[0], grant);
            if counts {
                for (group, amount) in amounts {
                    let held = self.held(of).into_iter().find(|(held, ..)| *held == group);
                    let twice = held.map_or(0, |(_, hold, _)| hold).min(amount);
                    self.escrow(id.0[0], &group, -amount);
                    if amount > twice {
                        self.fact(What::Hold, &group, Some(of), amount - twice);
                    }
                }
            }
        }
        Ok(())
    }

    pub(super) fn close(&mut self, id: AllowanceId, count: u32, last: [u8; 32]) -> Result<(), Refused> {
        let grant = self.grant(id)?;
        let known = u32::try_from(grant.chain.len()).unwrap();
        if count > known {
            return Err("spends_missing");
        }
        if count < known || grant.chain.last().copied().unwrap_or_else(|| genesis(id)) != last {
            self.grants.get_mut(&id.0[0]).unwrap().cloned = true;
        } else if grant.ended.is_none() && !grant.cloned {
            self.end(id.0[0], false);
        }
        Ok(())
    }

    pub(super) fn end(&mut self, id: u8, forced: bool) {
        let grant = self.grants.get_mut(&id).unwrap();
        grant.ended = Some(forced);
        for group in grant.groups.clone() {
            let rest = self.rest(id, &group);
            self.escrow(id, &group, -rest);
        }
    }
}
