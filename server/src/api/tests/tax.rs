//! Budget lines that count with tax and without (含税、不含税), from the invoice to the payment.

use budget::scheme::TaxBasis;
use budget::{BudgetLine, InvoiceId, LineId, Money, RequestId, RequestState};
use ocr::reading::{FieldVerdict, Fields};
use ocr::{Field as Read, InvoiceKind, Reading, Source, Verdict};
use serde_json::{Value, json};
use sync::{Field, Place, Scalar};

use super::desk::{block, fen, line};
use super::requests::{Work, of};
use crate::testing::{Form, WANG, new_request};

/// What was read from an invoice of this total with this tax.
fn reading(total: &str, tax: &str, verdict: FieldVerdict) -> Reading {
    let read = |yuan: &str| Some(Read { verdict, ..Read::new(Money::parse(yuan).unwrap(), Source::Xml) });
    Reading {
        parts: Vec::new(),
        kind: InvoiceKind::default(),
        identity: None,
        fields: Fields { total: read(total), tax: read(tax), ..Fields::default() },
        items: Vec::new(),
        items_source: None,
        travel: None,
        checks: Vec::new(),
        verdict: Verdict::Accepted,
    }
}

impl Work {
    /// Zhang hands in a request whose only line is proved by an invoice over the whole of it.
    async fn with_invoice(&mut self, form: Form<'_>, tax: &str, verdict: FieldVerdict) -> RequestId {
        let id = new_request();
        self.zhang.write(id, &form);
        let total = form.lines[0].1;
        let text = |text: &str| Scalar::Text(text.into());
        let read = serde_json::to_string(&reading(total, tax, verdict)).unwrap();
        let invoice = InvoiceId(new_request().bytes());
        let values = vec![(Field::Reading, text(&read)), (Field::Total, Scalar::Integer(fen(total)))];
        self.zhang.put(id, Place::Invoice(invoice), values);
        self.zhang.put(id, Place::Line(LineId([1; 16])), vec![(Field::LineInvoice, text(&invoice.to_string()))]);
        self.zhang.submit(id);
        self.zhang.push().await;
        assert_eq!(self.zhang.replica.refused().count(), 0, "{:?}", self.zhang.replica.refused().next());
        id
    }
}

/// The department counts without tax, the company with it.
fn lines() -> Vec<BudgetLine> {
    vec![BudgetLine { tax_basis: TaxBasis::Exclusive, ..line("2026-MKT") }, line("2026-ALL")]
}

#[tokio::test]
async fn a_line_without_tax_counts_claims_without_their_invoices_tax() {
    let folder = tempfile::tempdir().unwrap();
    let limits = [("2026-MKT", "1500"), ("2026-ALL", "9000")];
    let mut work = Box::pin(Work::open(folder.path(), &limits)).await;
    work.desk.publish(lines(), &[]).await;
    let claim = work.with_invoice(of("", &[("TRAVEL", "1130")]), "130", FieldVerdict::Accepted).await;
    work.desk.check("2026-MKT", "0", "1000", "500").await;
    work.desk.check("2026-ALL", "0", "1130", "7870").await;
    work.agree(claim).await;
    work.pay(claim, "1130", "0").await;
    work.desk.check("2026-MKT", "1000", "0", "500").await;
    work.desk.check("2026-ALL", "1130", "0", "7870").await;

    // What nobody has proved counts in full: ¥65 too much. With its tax proved it fits to the fen.
    let over = work.with_invoice(of("", &[("TRAVEL", "565")]), "65", FieldVerdict::Confirm).await;
    let view = work.view(over).await;
    assert_eq!((view.state, view.shortages[0].lacking.fen()), (RequestState::OverBudget, fen("65")));
    work.desk.check("2026-MKT", "1000", "0", "500").await;
    let fits = work.with_invoice(of("", &[("TRAVEL", "565")]), "65", FieldVerdict::Accepted).await;
    assert_eq!(work.view(fits).await.state, RequestState::InApproval);
    work.desk.check("2026-MKT", "1000", "500", "0").await;
    work.desk.check("2026-ALL", "1130", "565", "7305").await;
    work.desk.all_holds().await;
}

#[tokio::test]
async fn what_a_line_without_tax_holds_is_answered_booked_and_paid_without_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut work = Box::pin(Work::open(folder.path(), &[("2026-MKT", "5000")])).await;
    let only = vec![BudgetLine { tax_basis: TaxBasis::Exclusive, ..line("2026-MKT") }];
    work.desk.publish(only, &[]).await;
    // Before there is an invoice nobody knows the tax.
    let approved = work.agreed(of("preApproval", &[("TRAVEL", "900")])).await;
    work.desk.check("2026-MKT", "0", "900", "4100").await;
    let answering = Form { answers: Some(approved), last: true, ..of("", &[("TRAVEL", "904")]) };
    let claim = work.with_invoice(answering, "104", FieldVerdict::Accepted).await;
    work.desk.check("2026-MKT", "0", "800", "4200").await;
    work.desk.all_holds().await;
    work.agree(claim).await;
    // A finance system has booked a part; the cashier pays the rest.
    let voucher = json!({ "block": block("TRAVEL"), "amount": fen("113"), "tax": fen("13") });
    let posted = json!([{ "voucher": "V1", "request": claim, "lines": [voucher] }]);
    let answer = work.desk.ok(WANG, "POST", "/api/actuals", posted).await;
    assert_eq!(answer[0]["status"], json!("posted"), "{answer}");
    work.desk.check("2026-MKT", "100", "700", "4200").await;
    work.pay(claim, "904", "0").await;
    work.desk.check("2026-MKT", "800", "0", "4200").await;
    let line = work.desk.ok(WANG, "GET", "/api/budget/lines/2026-MKT", Value::Null).await;
    assert_eq!(line["balance"]["consumed"], json!(fen("800")), "{line}");
    work.desk.all_holds().await;
}
