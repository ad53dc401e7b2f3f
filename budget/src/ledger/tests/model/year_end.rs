//! What the model makes of a year's end.

use super::*;

impl Model {
    pub(super) fn carry(&mut self, lines: &[Carry], policy: CarryPolicy) -> Result<(), Refused> {
        let mut next = BTreeMap::new();
        for Carry { from, to } in lines {
            let (from, to) = (find(from)?, find(to)?);
            if from == to {
                return Err("same_line");
            }
            if LINES[from].2 != LINES[to].2 {
                return Err("budget_lines_differ");
            }
            if !LINES[from].0.starts_with("2026") {
                return Err("period_open");
            }
            if next.insert(LINES[from].0, LINES[to].0).is_some() {
                return Err("budget_line_twice");
            }
        }
        if next.is_empty() {
            return Err("no_line");
        }
        if policy == CarryPolicy::None {
            return Ok(());
        }
        for of in self.documents() {
            for (group, hold, _) in self.held(of) {
                if hold == 0 || !group.iter().any(|name| next.contains_key(name)) {
                    continue;
                }
                let mut onward: Vec<&'static str> = group.iter().map(|name| *next.get(name).unwrap_or(name)).collect();
                onward.sort_unstable();
                onward.dedup();
                self.fact(What::Leave, &group, Some(of), hold);
                self.fact(What::Arrive, &onward, Some(of), hold);
            }
        }
        if policy == CarryPolicy::All {
            for (from, to) in next {
                let free = self.available(from);
                if free > 0 {
                    self.fact(What::Limit, &[from], None, -free);
                    self.fact(What::Carried, &[to], None, free);
                }
            }
        }
        Ok(())
    }

    pub(super) fn lapse(&mut self, now: Timestamp, lines: &[Code], release: bool) -> Result<(), Refused> {
        let mut names = Vec::new();
        for line in lines {
            let name = LINES[find(line)?].0;
            if !name.starts_with("2026") || now.china_date() <= day(CUT_OFF) {
                return Err("period_open");
            }
            if names.contains(&name) {
                return Err("budget_line_twice");
            }
            names.push(name);
        }
        if names.is_empty() {
            return Err("no_line");
        }
        if release {
            for of in self.documents() {
                for (group, hold, _) in self.held(of) {
                    if hold > 0 && group.iter().any(|name| names.contains(name)) {
                        self.fact(What::Free, &group, Some(of), hold);
                    }
                }
            }
        }
        for name in names {
            let free = self.available(name);
            if free > 0 {
                self.fact(What::Limit, &[name], None, -free);
            }
        }
        Ok(())
    }
}
