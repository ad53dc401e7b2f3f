//! A reading as it stands in JSON, its fields beside the rest.
//!
//! The phone reads it back before its first page stands. What serde derives for a flattened part keeps every value
//! twice and is 33 KB of program; here each field has its own place.

use budget::{Date, Money};
use serde::Deserialize;

use super::{Check, Field, Fields, Identity, InvoiceKind, Item, Reading, Source, Travel, Verdict};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Written {
    kind: InvoiceKind,
    identity: Option<Identity>,
    number: Option<Field<String>>,
    code: Option<Field<String>>,
    issued_on: Option<Field<Date>>,
    seller_name: Option<Field<String>>,
    seller_tax_id: Option<Field<String>>,
    buyer_name: Option<Field<String>>,
    buyer_tax_id: Option<Field<String>>,
    net: Option<Field<Money>>,
    tax: Option<Field<Money>>,
    total: Option<Field<Money>>,
    total_in_words: Option<Field<String>>,
    check_code: Option<Field<String>>,
    items: Vec<Item>,
    items_source: Option<Source>,
    travel: Option<Travel>,
    checks: Vec<Check>,
    verdict: Verdict,
    #[serde(default)]
    parts: Vec<Reading>,
}

impl From<Written> for Reading {
    fn from(written: Written) -> Self {
        let fields = Fields {
            number: written.number,
            code: written.code,
            issued_on: written.issued_on,
            seller_name: written.seller_name,
            seller_tax_id: written.seller_tax_id,
            buyer_name: written.buyer_name,
            buyer_tax_id: written.buyer_tax_id,
            net: written.net,
            tax: written.tax,
            total: written.total,
            total_in_words: written.total_in_words,
            check_code: written.check_code,
        };
        Self {
            kind: written.kind,
            identity: written.identity,
            fields,
            items: written.items,
            items_source: written.items_source,
            travel: written.travel,
            checks: written.checks,
            verdict: written.verdict,
            parts: written.parts,
        }
    }
}
