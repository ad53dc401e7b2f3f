//! The tax in a claim's lines (进项税额), for budget lines that count amounts without tax.
//!
//! Promise: tax is set apart only where the claim's own signed content proves it: what was read from the line's invoice
//! names a tax that two sources agree on, or that a person has confirmed with the invoice, and the total that is claimed.
//! Whatever is not proved counts in full, so that no budget is ever charged too little. Lines that share an invoice share
//! its tax to the fen.

use std::collections::BTreeMap;

use budget::{InvoiceId, LineId, Money};
use serde::Deserialize;

use super::{Claim, ClaimInvoice};

/// What concerns tax in the JSON of `ocr::Reading`.
#[derive(Deserialize)]
struct Read {
    tax: Option<Figure>,
    total: Option<Figure>,
}

#[derive(Deserialize)]
struct Figure {
    value: Money,
    #[serde(default)]
    verdict: String,
}

impl ClaimInvoice {
    /// The tax in its total, when that is proved.
    pub fn tax(&self) -> Option<Money> {
        let read: Read = serde_json::from_str(&self.reading).ok()?;
        let tax = read.tax.filter(|tax| self.confirmed || tax.verdict == "accepted")?.value;
        let total = read.total?.value;
        (Some(total) == self.total && tax.is_positive() && tax < total).then_some(tax)
    }
}

impl Claim {
    /// The tax in each line that has an invoice.
    pub(super) fn taxes(&self) -> BTreeMap<LineId, Money> {
        let mut invoices: BTreeMap<InvoiceId, Shared> = BTreeMap::new();
        let mut taxes = BTreeMap::new();
        for line in &self.lines {
            let Some((id, amount)) = line.invoice.zip(line.amount) else { continue };
            let shared = invoices.entry(id).or_insert_with(|| Shared::of(self.invoice(id)));
            if let Some(tax) = shared.take(amount).filter(|tax| tax.is_positive()) {
                taxes.insert(line.id, tax);
            }
        }
        taxes
    }
}

/// An invoice whose lines are gone through one after the other. All in fen.
struct Shared {
    total: i128,
    tax: i128,
    claimed: i128,
    taken: i128,
}

impl Shared {
    fn of(invoice: Option<&ClaimInvoice>) -> Self {
        let proved = invoice.and_then(|invoice| invoice.total.zip(invoice.tax()));
        let (total, tax) = proved.unwrap_or_default();
        Self { total: total.fen().into(), tax: tax.fen().into(), claimed: 0, taken: 0 }
    }

    /// The tax of the next line: what the lines so far have of the tax, as they have of the total, half a fen rounded up.
    fn take(&mut self, amount: Money) -> Option<Money> {
        if self.total <= 0 || !amount.is_positive() {
            return None;
        }
        self.claimed = self.claimed.checked_add(amount.fen().into())?.min(self.total);
        let due = (2 * self.tax * self.claimed + self.total) / (2 * self.total);
        // A line of one fen is not all tax.
        let share = (due - self.taken).min(i128::from(amount.fen()) - 1).max(0);
        self.taken += share;
        i64::try_from(share).ok().map(Money::from_fen)
    }
}

#[cfg(test)]
mod tests {
    use budget::{CodingBlock, RequestKind, Timestamp};

    use super::*;
    use crate::document::ClaimLine;

    fn reading(tax: i64, total: i64, verdict: &str) -> String {
        format!(
            r#"{{"kind":"digitalOrdinary","tax":{{"value":{tax},"source":"xml","agreeing":[],"verdict":"{verdict}"}},
               "total":{{"value":{total},"source":"xml","agreeing":["qr"],"verdict":"accepted"}},"items":[]}}"#
        )
    }

    fn claim(reading: String, total: i64, confirmed: bool, lines: &[i64]) -> Claim {
        let invoice = ClaimInvoice {
            id: InvoiceId([1; 16]),
            reading,
            total: Some(Money::from_fen(total)),
            confirmed,
            ..ClaimInvoice::default()
        };
        let line = |(number, fen): (u8, &i64)| ClaimLine {
            id: LineId([number; 16]),
            amount: Some(Money::from_fen(*fen)),
            block: CodingBlock::default(),
            invoice: Some(InvoiceId([1; 16])),
            ..ClaimLine::default()
        };
        Claim {
            owner: budget::PersonId([1; 16]),
            kind: RequestKind::ExpenseClaim,
            pre_approval: None,
            advances: budget::settlement::Choice::default(),
            last: false,
            payee: String::new(),
            created_at: Timestamp(0),
            title: String::new(),
            purpose: String::new(),
            department: None,
            lines: (1..).zip(lines).map(line).collect(),
            invoices: vec![invoice],
            conflicts: Vec::new(),
            understood: true,
        }
    }

    #[track_caller]
    fn check(claim: &Claim, expected: &[i64]) {
        let found: Vec<i64> = claim.charges().iter().map(|charge| charge.tax.fen()).collect();
        assert_eq!(found, expected);
    }

    #[test]
    fn the_tax_of_an_invoice_is_shared_by_its_lines_to_the_fen() {
        let read = || reading(130, 1_130, "accepted");
        check(&claim(read(), 1_130, false, &[1_130]), &[130]);
        check(&claim(read(), 1_130, false, &[565]), &[65]);
        check(&claim(read(), 1_130, false, &[377, 377, 376]), &[43, 44, 43]);
        check(&claim(read(), 1_130, false, &[1, 1, 1, 1_127]), &[0, 0, 0, 130]);
        check(&claim(reading(1, 2, "accepted"), 2, false, &[1, 1]), &[0, 0]);
    }

    #[test]
    fn what_is_not_proved_counts_in_full() {
        check(&claim(reading(130, 1_130, "confirm"), 1_130, false, &[1_130]), &[0]);
        check(&claim(reading(130, 1_130, "confirm"), 1_130, true, &[1_130]), &[130]);
        check(&claim(reading(130, 1_130, "accepted"), 1_131, true, &[1_130]), &[0]);
        check(&claim(reading(1_130, 1_130, "accepted"), 1_130, false, &[1_130]), &[0]);
        check(&claim(reading(-130, 1_130, "accepted"), 1_130, false, &[1_130]), &[0]);
        check(&claim(String::new(), 1_130, true, &[1_130]), &[0]);
        check(&claim(r#"{"tax":null,"total":{"value":1130}}"#.into(), 1_130, true, &[1_130]), &[0]);
    }
}
