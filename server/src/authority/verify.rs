//! Invoices of requests, put into the queue of the tax authority's verification; and what is told when it says no.

use budget::{RequestId, Role, Timestamp};
use ocr::Verdict;
use sync::DocumentKey;
use sync::document::{Claim, ClaimInvoice};

use super::notice::{Recipient, Words, queue as queue_notice};
use super::{Authority, Effect, outbox, warning};
use crate::store::StoreError;
use crate::store::sql::{Connection, OptionalExtension};
use crate::verification::{Finding, Question, queue};

impl Authority {
    /// Queues the invoices that live requests claim and that are not in the queue yet. Without any it writes nothing.
    pub fn queue_invoices(&mut self, connection: &Connection, now: Timestamp) -> Result<(), StoreError> {
        for id in queue::unqueued(connection)? {
            let claim = Claim::read(self.documents.get(connection, DocumentKey::Claim(id))?);
            let invoices = claim.map(|claim| claim.invoices).unwrap_or_default();
            let claimed = self.requests.get(&id).map(|request| request.invoices.clone()).unwrap_or_default();
            for identity in claimed {
                let (question, holds) = question(&identity, &invoices);
                queue::add(connection, now, &question, holds)?;
            }
        }
        Ok(())
    }

    /// Tells the claimant and finance that the authority's answer is not what was claimed.
    pub fn tell_finding(
        &self,
        connection: &Connection,
        now: Timestamp,
        identity: &str,
        finding: &Finding,
    ) -> Result<Vec<Effect>, StoreError> {
        let claimed: Option<RequestId> = connection
            .prepare_cached("SELECT request FROM claimed_invoice WHERE identity = ?1 ORDER BY day, request LIMIT 1")?
            .query_row([identity], |row| Ok(RequestId(row.get(0)?)))
            .optional()?;
        let Some(request) = claimed.and_then(|id| self.requests.get(&id)) else {
            return Ok(Vec::new());
        };
        let (view, outcome) = (&request.view, finding.outcome.text());
        let title = format!("发票查验不一致：{outcome}");
        let body = format!(
            "《{}》的发票 {identity}：{outcome}（{}，{}）{}\n\
             Invoice {identity} of \"{}\" is not what the tax authority has: {:?}, asked on {} by {}.",
            view.title, finding.on, finding.by, finding.detail, view.title, finding.outcome, finding.on, finding.by
        );
        let name = format!("verification/{identity}/{}", finding.on);
        let path = format!("/claims/{}", view.id);
        let words = Words { name: &name, title: &title, body: &body, path: &path };
        let finance = self.books.organisation.with_role(Role::Finance).map(|person| person.id);
        let people: std::collections::BTreeSet<_> = finance.chain([view.claimant]).collect();
        for person in people {
            for surface in outbox::surfaces(connection, person)? {
                queue_notice(connection, now, &surface, &Recipient::Person(person), &words)?;
            }
        }
        Ok(vec![Effect::Outbox])
    }
}

/// What is asked about an invoice, and whether our own checks hold. What a person typed is asked as they typed it.
fn question(identity: &str, invoices: &[ClaimInvoice]) -> (Question, bool) {
    let readings = invoices.iter().filter_map(|invoice| Some((invoice, warning::reading(invoice)?)));
    let mut read = readings.filter_map(|(invoice, reading)| {
        let question = Question::of(&reading)?;
        let same = invoice.total.is_none() || invoice.total == question.total;
        Some((question, reading.verdict == Verdict::Accepted && same))
    });
    let own = read.find(|(question, _)| question.identity == identity);
    own.unwrap_or_else(|| {
        let typed = invoices.iter().find(|invoice| invoice.identity.trim() == identity);
        let (code, number) = identity.split_once('-').map_or((None, identity), |(code, number)| (Some(code), number));
        let question = Question {
            identity: identity.to_owned(),
            kind: ocr::InvoiceKind::Unknown,
            code: code.map(str::to_owned),
            number: number.to_owned(),
            issued_on: typed.and_then(|invoice| invoice.issued_on),
            net: None,
            total: typed.and_then(|invoice| invoice.total),
            check_code: None,
        };
        (question, false)
    })
}
