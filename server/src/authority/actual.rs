//! Actuals (实际发生数): what a finance system has booked, posted by voucher number.
//!
//! Promise: one voucher is one command to the ledger, so posting it again changes nothing and
//! posting another content under its number is refused. What the request that it answers holds is
//! consumed; the rest is checked like any other spending.
//!
//! | rung | refusal |
//! |---|---|
//! | finance posts | `not_allowed` |
//! | they did not hand in, agree to or pay what it answers | `duties_not_separated` |
//! | the request that it answers exists, is approved or paid from outside | `unknown_request`, `wrong_state` |
//! | the ledger's own | its codes |

use budget::approval::Duty;
use budget::ledger::{Action, Charge};
use budget::{
    CodingBlock, Command, CommandId, Currency, Date, Dimension, DocumentId, LineId, Money, PersonId, RequestId,
    RequestKind, RequestState, Timestamp,
};
use serde::{Deserialize, Serialize};
use sync::view::codes;

use super::command::Ruling;
use super::journal::Leaf;
use super::{Answer, Authority, Effect, Refused, Reply, Request, number};
use crate::store::sql::Connection;

/// One voucher (凭证) of a finance system.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Actual {
    /// Its number, unique in that system and year, such as `2026-11-记-0042`.
    pub voucher: String,
    /// 1, and more when a voucher that was refused is posted again.
    #[serde(default = "first")]
    pub attempt: u32,
    /// The request that it answers, if any.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub request: Option<RequestId>,
    /// Another system's document that it answers, if any: what was reserved under that id.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub document: Option<DocumentId>,
    /// Its lines.
    pub lines: Vec<ActualLine>,
    /// Whether nothing more comes, so that the rest of the request's hold is given back.
    #[serde(default)]
    pub close: bool,
}

/// One line of a voucher.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct ActualLine {
    /// The line of the request, when it is known; otherwise the first of its lines with this block.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub line: Option<LineId>,
    /// What was spent on, with the period that it charges.
    pub block: CodingBlock,
    /// How much, with tax.
    pub amount: Money,
    /// What of it is tax.
    #[serde(default)]
    pub tax: Money,
    /// The day on which it was spent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub on: Option<Date>,
    /// Its currency.
    #[serde(default)]
    pub currency: Currency,
}

const fn first() -> u32 {
    1
}

impl Authority {
    /// Posts one voucher.
    pub fn post_actual(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        actual: &Actual,
    ) -> Reply<Ruling> {
        let request = match self.check_actual(person, actual) {
            Ok(request) => request,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        let command = actual_command(actual, request.as_ref());
        let mut answer = self.carry_out(connection, now, &command)?;
        let fresh = matches!(&answer.outcome, Ok(Ruling::Done(outcome)) if !outcome.entries.is_empty());
        if let Some(mut request) = request.filter(|_| fresh) {
            let id = request.view.id;
            let first = request.booked.insert(person);
            let closes = actual.close && request.view.state == RequestState::Approved;
            let leaf = Leaf::Actual { command: command.id, request: id, closes, person, at: now };
            self.journal.append(connection, now, &leaf)?;
            if !closes {
                if first {
                    self.put_request(connection, now, request)?;
                    answer.effects.push(Effect::Request(id));
                }
                return Ok(answer);
            }
            let cause = command.id.bytes();
            answer.effects.extend(self.register_paid(connection, now, person, request, &actual.voucher, &cause)?);
        }
        Ok(answer)
    }

    /// The ladder; the request that the voucher answers.
    fn check_actual(&self, person: PersonId, actual: &Actual) -> Result<Option<Request>, Refused> {
        if !self.keeps_books(person) {
            return Err(Refused::new(codes::NOT_ALLOWED, "only finance posts actuals"));
        }
        let Some(id) = actual.request else { return Ok(None) };
        let request = self.requests.get(&id);
        let request = request.ok_or_else(|| Refused::new(codes::UNKNOWN_REQUEST, "there is no such request"))?;
        request.separates(person, Duty::Book)?;
        if !matches!(request.view.kind, RequestKind::ExpenseClaim | RequestKind::Payment) {
            return Err(Refused::new(codes::WRONG_STATE, "a voucher answers a claim or a payment"));
        }
        if matches!(request.view.state, RequestState::Approved | RequestState::Paid | RequestState::Archived) {
            Ok(Some(request.clone()))
        } else {
            Err(Refused::new(codes::WRONG_STATE, "only an approved request is answered by a voucher"))
        }
    }
}

/// The command that posts it, the same for the same attempt.
fn actual_command(actual: &Actual, request: Option<&Request>) -> Command {
    let attempt = actual.attempt.to_be_bytes();
    let id = CommandId(number::derived_id("actual", &[actual.voucher.as_bytes(), &attempt]));
    let own = DocumentId(number::derived_id("voucher", &[actual.voucher.as_bytes()]));
    let document = request.map(|request| request.view.id.document()).or(actual.document).unwrap_or(own);
    let charges = (0_u32..).zip(&actual.lines).map(|(place, line)| {
        let same = |charge: &&Charge| charge.block.includes(&line.block, Dimension::ALL);
        let answered = || request.and_then(|request| request.charges.iter().find(same)).map(|charge| charge.line);
        let minted = || LineId(number::derived_id("voucher line", &[actual.voucher.as_bytes(), &place.to_be_bytes()]));
        Charge {
            line: line.line.or_else(answered).unwrap_or_else(minted),
            block: line.block.clone(),
            amount: line.amount,
            tax: line.tax,
            on: line.on,
            currency: line.currency,
        }
    });
    Command::new(id, Action::Post { document, charges: charges.collect(), close: actual.close })
}
