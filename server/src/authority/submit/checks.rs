//! The rungs of a submission that look at content only.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::{Connection, params};
use budget::{InvoiceId, Money, PersonId, RequestId, Scheme};
use ocr::Identity;
use sync::Document;
use sync::document::{Claim, ClaimInvoice, Problem, digest};
use sync::record::{Head, Submission};
use sync::view::{Duplicate, codes};

use crate::authority::{Refused, Request, access, warning};
use crate::blobs;
use crate::store::StoreError;

/// The invoices of a claim: identity → the first attachment that shows it.
pub(super) type Identities = BTreeMap<String, InvoiceId>;

/// The claim that is handed in, once it is whose and what the submission says.
pub(super) fn content(
    document: &Document,
    submission: &Submission,
    before: Option<&Request>,
) -> Result<Claim, Refused> {
    let Some(claim) = Claim::read(document) else {
        return Err(Refused::new(codes::UNKNOWN_REQUEST, "the claim has not arrived"));
    };
    if claim.owner != submission.person {
        return Err(Refused::new(codes::NOT_ALLOWED, "only its owner hands a claim in"));
    }
    let kind = before.map_or(submission.kind, |request| request.view.kind);
    if claim.kind != submission.kind || kind != submission.kind {
        return Err(Refused::at(codes::MALFORMED, "kind", "the request is of another kind"));
    }
    if let Some(state) = before.map(|request| request.view.state).filter(|state| !state.is_editable()) {
        return Err(Refused::new(codes::WRONG_STATE, format!("the request is {state:?}")));
    }
    let revision = before.map_or(0, |request| request.view.revision).saturating_add(1);
    if submission.revision != revision {
        let mut refused = Refused::new(codes::STALE, "another revision comes next");
        refused.detail.revision = Some((submission.revision, revision));
        return Err(refused);
    }
    is_what_was_signed(document, submission, &claim)?;
    is_complete(&claim)?;
    Ok(claim)
}

fn is_what_was_signed(document: &Document, submission: &Submission, claim: &Claim) -> Result<(), Refused> {
    let mut heads: Vec<Head> = submission.heads.clone();
    heads.sort();
    let stale = |message: &str| {
        let mut refused = Refused::new(codes::STALE, message);
        refused.detail.total = claim.total().map(|total| (submission.total, total));
        refused.accepted = document.heads().into_iter().map(Head).collect();
        refused
    };
    if document.heads().into_iter().map(Head).collect::<Vec<_>>() != heads {
        return Err(stale("the claim has other changes than those that were submitted"));
    }
    let content = digest(document).map_err(|error| Refused::new(codes::INCOMPLETE, error.to_string()))?;
    if content != submission.digest {
        return Err(stale("the content is not what was signed"));
    }
    // The content is the one that was signed, so another total is an error of the device.
    if claim.total() != Some(submission.total) {
        return Err(Refused::new(codes::MALFORMED, "the total is not the sum of the lines"));
    }
    Ok(())
}

fn is_complete(claim: &Claim) -> Result<(), Refused> {
    if let Some(problem) = claim.problems().into_iter().next() {
        return Err(Refused::at(codes::INCOMPLETE, place(&problem), problem.code()));
    }
    // The same invoice in two files is still one invoice, and proves its amount once.
    let mut proved: BTreeMap<String, (Money, Money)> = BTreeMap::new();
    for invoice in &claim.invoices {
        let lines = claim.lines.iter().filter(|line| line.invoice == Some(invoice.id));
        let claimed = Money::checked_sum(lines.filter_map(|line| line.amount));
        for identity in identities_of(invoice) {
            let (sum, total) = proved.entry(identity).or_default();
            *sum = claimed.and_then(|claimed| sum.checked_add(claimed)).unwrap_or(Money::from_fen(i64::MAX));
            *total = (*total).max(invoice.total.unwrap_or(Money::ZERO));
            if invoice.total.is_some() && *sum > *total {
                return Err(Refused::at(
                    codes::INCOMPLETE,
                    format!("invoices.{}", invoice.id),
                    "claim_more_than_invoice",
                ));
            }
        }
    }
    Ok(())
}

/// The path of a problem, such as `lines.0001….amount`.
fn place(problem: &Problem) -> String {
    match problem {
        Problem::NoLine => "lines".into(),
        Problem::NoTitle => "title".into(),
        Problem::NoDepartment => "department".into(),
        Problem::NoPayee => "payee".into(),
        Problem::NoAmount(line) => format!("lines.{line}.amount"),
        Problem::NoDate(line) => format!("lines.{line}.date"),
        Problem::NoAccount(line) => format!("lines.{line}.account"),
        Problem::MoreThanInvoice(line) => format!("lines.{line}.invoice"),
        Problem::Conflict(conflict) => match &conflict.place {
            sync::Place::Header => conflict.field.name().to_owned(),
            sync::Place::Line(line) => format!("lines.{line}.{}", conflict.field.name()),
            sync::Place::Invoice(invoice) => {
                format!("invoices.{invoice}.{}", conflict.field.name())
            }
            sync::Place::Comment(comment) => {
                format!("comments.{comment}.{}", conflict.field.name())
            }
        },
        Problem::TooLarge | Problem::NewerApp => String::new(),
    }
}

/// Every line has to be charged to something that the scheme knows and limits.
pub(super) fn budget_lines(scheme: &Scheme, claim: &Claim) -> Result<(), Refused> {
    for charge in claim.charges() {
        let place = format!("lines.{}", charge.line);
        if let Some((dimension, member)) = scheme.unknown_member(&charge.block) {
            return Err(Refused::at(codes::INCOMPLETE, place, format!("{dimension:?} has no member {member}")));
        }
        if scheme.control_set(&charge.block).is_empty() {
            let rejection = budget::ledger::Rejection::NoBudgetLine { line: charge.line };
            return Err(Refused::at(rejection.code(), place, rejection.to_string()));
        }
    }
    Ok(())
}

/// Every file that the claim names, without what is no hash.
pub(super) fn blobs(claim: &Claim) -> BTreeSet<[u8; 32]> {
    named(claim).filter_map(|name| <[u8; 32]>::try_from(hex::decode(name).ok()?).ok()).collect()
}

fn named(claim: &Claim) -> impl Iterator<Item = &str> {
    let names = claim.invoices.iter().flat_map(|invoice| [invoice.blob.as_str(), invoice.preview.as_str()]);
    names.filter(|name| !name.is_empty())
}

/// The files that have not arrived from whoever hands in, in hex. One that only others sent has not: a
/// claim that named a colleague's file by its hash would open it to its writer.
pub(super) fn missing_blobs(
    connection: &Connection,
    claim: &Claim,
    claimant: PersonId,
) -> Result<BTreeSet<String>, StoreError> {
    let mut missing = BTreeSet::new();
    for name in named(claim) {
        let mut hash = blobs::Hash::default();
        let stored = hex::decode_to_slice(name, &mut hash).is_ok()
            && blobs::find(connection, &hash)?.is_some()
            && access::may_read_blob(connection, &hash, claimant)?;
        if !stored {
            missing.insert(name.to_owned());
        }
    }
    Ok(missing)
}

/// The invoices of the claim by what makes them one invoice in any file.
pub(super) fn identities(claim: &Claim) -> Identities {
    let mut identities = Identities::new();
    for invoice in &claim.invoices {
        for identity in identities_of(invoice) {
            identities.entry(identity).or_insert(invoice.id);
        }
    }
    identities
}

/// What the file says, and what the person says: a number that was retyped does not hide the one that was read.
fn identities_of(invoice: &ClaimInvoice) -> BTreeSet<String> {
    let read = warning::reading(invoice).and_then(|reading| reading.identity);
    let typed = Identity::try_from(invoice.identity.trim().to_owned()).ok();
    read.into_iter().chain(typed).map(String::from).collect()
}

/// Which of these invoices another live request claims, and since when; never whose or what it is.
pub(super) fn duplicates(
    connection: &Connection,
    request: RequestId,
    identities: &Identities,
) -> Result<Vec<Duplicate>, StoreError> {
    let mut find =
        connection.prepare_cached("SELECT min(day) FROM claimed_invoice WHERE identity = ?1 AND request <> ?2")?;
    let mut duplicates = Vec::new();
    for (identity, invoice) in identities {
        let day: Option<String> = find.query_row(params![identity, request.bytes()], |row| row.get(0))?;
        if let Some(on) = day {
            duplicates.push(Duplicate { invoice: *invoice, identity: identity.clone(), on });
        }
    }
    Ok(duplicates)
}

/// Invoices of this claim whose numbers follow one another or that of an invoice of another live request (连号), each with
/// the day of the other one. Whose the other one is stays unsaid.
pub(super) fn consecutive(
    connection: &Connection,
    request: RequestId,
    identities: &Identities,
    today: &str,
) -> Result<Vec<(String, String)>, StoreError> {
    let mut find =
        connection.prepare_cached("SELECT min(day) FROM claimed_invoice WHERE identity = ?1 AND request <> ?2")?;
    let mut found = Vec::new();
    for text in identities.keys() {
        let Ok(identity) = Identity::try_from(text.clone()) else { continue };
        for neighbour in identity.neighbours() {
            if identities.contains_key(neighbour.as_str()) {
                found.push((text.clone(), today.to_owned()));
                break;
            }
            let day: Option<String> = find.query_row(params![neighbour.as_str(), request.bytes()], |row| row.get(0))?;
            if let Some(day) = day {
                found.push((text.clone(), day));
                break;
            }
        }
    }
    Ok(found)
}
