//! Many statements become one reading: the most trusted source gives each value, and who agrees is noted.

use budget::{Date, Money, tax_id};

use crate::checks;
use crate::qr::QrPayload;
use crate::reading::{Field, Fields, Identity, InvoiceKind, Item, Reading, Reason, Verdict};
use crate::statement::Statement;
use crate::verdict;

/// What two engines read as the total of a kind that prints no second figure.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Opinion {
    pub(crate) first: Money,
    pub(crate) second: Option<Money>,
}

/// Everything that was found in one file.
#[derive(Default)]
pub(crate) struct Evidence {
    pub(crate) statements: Vec<Statement>,
    pub(crate) payload: Option<QrPayload>,
    /// What the file itself gives a person to know, such as a PDF without text.
    pub(crate) remarks: Vec<Reason>,
    pub(crate) opinion: Option<Opinion>,
    /// Each invoice of a file that shows several.
    pub(crate) parts: Vec<Evidence>,
}

/// Puts the reading together.
pub(crate) fn reading(mut evidence: Evidence, today: Date) -> Reading {
    if !evidence.parts.is_empty() {
        // What belongs to which invoice is known inside each part alone.
        let parts = evidence.parts.into_iter().map(|part| reading(part, today)).collect();
        return several(parts);
    }
    // A payload that fails its checksum is shown in the checks and used for nothing.
    if let Some(payload) = evidence.payload.as_ref().filter(|payload| payload.checksum_holds != Some(false)) {
        evidence.statements.push(payload.statement());
    }
    evidence.statements.sort_by_key(|statement| statement.source);
    let statements = &evidence.statements;

    let mut fields = Fields {
        number: pick(statements, "number", |s| s.number.clone()),
        code: pick(statements, "code", |s| s.code.clone()),
        issued_on: pick(statements, "issuedOn", |s| s.issued_on),
        seller_name: pick(statements, "sellerName", |s| s.seller_name.clone()),
        seller_tax_id: pick(statements, "sellerTaxId", |s| s.seller_tax_id.as_deref().map(tax_id::masked)),
        buyer_name: pick(statements, "buyerName", |s| s.buyer_name.clone()),
        buyer_tax_id: pick(statements, "buyerTaxId", |s| s.buyer_tax_id.as_deref().map(tax_id::masked)),
        net: pick(statements, "net", |s| s.net),
        tax: pick(statements, "tax", |s| s.tax),
        total: pick(statements, "total", |s| s.total),
        total_in_words: pick(statements, "totalInWords", |s| s.total_in_words.clone()),
        check_code: pick(statements, "checkCode", |s| s.check_code.clone()),
    };
    let kind = statements.iter().map(|s| s.kind).find(|kind| *kind != InvoiceKind::Unknown).unwrap_or_default();
    let identity = fields
        .number
        .as_ref()
        .and_then(|number| Identity::new(fields.code.as_ref().map(|code| code.value.as_str()), &number.value));
    let itemised = statements.iter().find(|s| !s.items.is_empty());
    let (items, items_source) = itemised.map(|s| (s.items.clone(), s.source)).unzip();
    let items: Vec<Item> = items.unwrap_or_default();
    let travel = statements.iter().find_map(|s| s.travel.clone());
    let checks = checks::all(&checks::Case {
        kind,
        fields: &fields,
        items: &items,
        items_source,
        travel: travel.as_ref(),
        evidence: &evidence,
        today,
    });
    verdict::judge_fields(&mut fields, &checks, &evidence);
    let verdict = verdict::decide(&fields, &checks, &evidence);
    Reading { kind, identity, fields, items, items_source, travel, checks, verdict, parts: Vec::new() }
}

/// A file with several invoices says nothing itself.
fn several(parts: Vec<Reading>) -> Reading {
    Reading {
        kind: InvoiceKind::Unknown,
        identity: None,
        fields: Fields::default(),
        items: Vec::new(),
        items_source: None,
        travel: None,
        checks: Vec::new(),
        verdict: Verdict::Unreadable(vec![Reason::SeveralInvoices]),
        parts,
    }
}

/// The value of the most trusted statement that has one, and the other sources that say the same.
fn pick<T: PartialEq>(
    statements: &[Statement],
    name: &str,
    field: impl Fn(&Statement) -> Option<T>,
) -> Option<Field<T>> {
    let mut said = statements.iter().filter_map(|s| field(s).map(|value| (value, s)));
    let (value, first) = said.next()?;
    let mut picked = Field::new(value, first.source);
    picked.place = first.places.get(name).copied();
    picked.confidence = first.confidences.get(name).copied();
    for (other, statement) in said {
        if other == picked.value {
            picked.place = picked.place.or(statement.places.get(name).copied());
            if statement.source != picked.source && !picked.agreeing.contains(&statement.source) {
                picked.agreeing.push(statement.source);
            }
        }
    }
    Some(picked)
}
