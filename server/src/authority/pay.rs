//! Payment of an approved request: what it holds is spent, and what advances cover of it is settled.

use std::collections::BTreeMap;

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::approval::Duty;
use budget::ledger::{Action, Draw, Reservation};
use budget::{Command, CommandId, LineId, Money, PersonId, RequestId, RequestState, Role, Timestamp};
use sync::view::{What, codes};

use super::journal::Leaf;
use super::record::ID_REUSED;
use super::{Answer, Authority, Effect, Paid, Refused, Reply, Request, number};
use crate::store::StoreError;

impl Authority {
    /// Pays a request. `payment` is minted by whoever pays; the same one again gives the same answer.
    pub fn pay(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        payment: [u8; 16],
        id: RequestId,
    ) -> Reply<Paid> {
        if let Some((request, payer, total)) = known(connection, &payment)? {
            return Ok(if request == id && payer == person {
                Answer::again(self.receipt(request, total))
            } else {
                Answer::refused(Refused::new(ID_REUSED, "this payment's id was used before"))
            });
        }
        let request = match self.check_payment(person, id) {
            Ok(request) => request,
            Err(refused) => return Ok(Answer::refused(refused)),
        };
        let total = request.view.total;
        if request.view.kind.holds_budget() {
            self.consume(connection, now, payment, &request)?;
        }
        connection
            .prepare_cached("INSERT INTO payment (id, request, person, total, at) VALUES (?1, ?2, ?3, ?4, ?5)")?
            .execute(params![payment, id.bytes(), person.bytes(), total.fen(), now.0])?;
        let leaf = Leaf::Payment { id: payment, request: id, person, total, at: now };
        self.journal.append(connection, now, &leaf)?;
        let mut effects = vec![Effect::Budget];
        effects.extend(self.register_paid(connection, now, person, request, "", &payment)?);
        Ok(Answer::done(self.receipt(id, total), effects))
    }

    /// A request is paid: it is set against its claimant's advances, and closes what it was the last to answer. Every
    /// way to that state comes through here.
    pub(super) fn register_paid(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        person: PersonId,
        mut request: Request,
        reason: &str,
        cause: &[u8; 16],
    ) -> Result<Vec<Effect>, StoreError> {
        let id = request.view.id;
        let mut effects = self.settle(connection, now, &mut request)?;
        let closes = request.view.answers.filter(|_| request.last);
        request.view.state = RequestState::Paid;
        request.note(now, person, What::Paid, reason);
        self.put_request(connection, now, request)?;
        effects.push(Effect::Request(id));
        if let Some(answered) = closes {
            effects.extend(self.close(connection, now, person, answered, cause)?);
        }
        Ok(effects)
    }

    /// What is said of a payment, also when it is asked for again.
    fn receipt(&self, request: RequestId, total: Money) -> Paid {
        let difference = self.requests.get(&request).and_then(|request| request.view.difference).unwrap_or(total);
        let back = difference.checked_neg().unwrap_or_default();
        Paid { request, total, pay: difference.max(Money::ZERO), refund: back.max(Money::ZERO) }
    }

    /// The ladder; the request as it is before it is paid.
    fn check_payment(&self, person: PersonId, id: RequestId) -> Result<Request, Refused> {
        let organisation = &self.books.organisation;
        let pays = [Role::Cashier, Role::Finance].iter().any(|role| organisation.has_role(person, *role));
        if !pays {
            return Err(Refused::new(codes::NOT_ALLOWED, "cashiers and finance pay"));
        }
        let Some(request) = self.requests.get(&id) else {
            return Err(Refused::new(codes::UNKNOWN_REQUEST, "there is no such request"));
        };
        if request.view.claimant == person {
            return Err(Refused::new(codes::OWN_REQUEST, "nobody pays their own request"));
        }
        if request.view.state != RequestState::Approved || !request.view.kind.is_paid() {
            return Err(Refused::new(codes::WRONG_STATE, "only an approved claim, advance or payment is paid"));
        }
        request.separates(person, Duty::Pay)?;
        Ok(request.clone())
    }

    /// Spends all that the request holds, which is its total.
    fn consume(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        payment: [u8; 16],
        request: &Request,
    ) -> Result<(), StoreError> {
        let id = request.view.id;
        let charged = Money::checked_sum(request.charges.iter().map(|charge| charge.amount));
        if charged != Some(request.view.total) {
            return Err(StoreError::corrupt(format!("request {id} is not charged with its total")));
        }
        let document = id.document();
        if self.ledger.reservations(document).all(|(_, held)| held.outstanding.is_zero()) {
            return Ok(());
        }
        let draws = draws(self.ledger.reservations(document));
        let action = if draws.is_empty() {
            Action::Release { document }
        } else {
            Action::Consume { document, draws, close: true }
        };
        let command = Command::new(CommandId(number::derived_id("consume", &[&payment])), action);
        match self.charge(connection, now, &command)?.decision {
            Ok(_) => Ok(()),
            Err(rejection) => Err(StoreError::corrupt(format!("payment of {id}: {rejection}"))),
        }
    }
}

fn known(connection: &Connection, payment: &[u8; 16]) -> Result<Option<(RequestId, PersonId, Money)>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT request, person, total FROM payment WHERE id = ?1")?
        .query_row([payment], |row| Ok((RequestId(row.get(0)?), PersonId(row.get(1)?), Money::from_fen(row.get(2)?))))
        .optional()?)
}

/// What spends all that is still held of each line; what a finance system has booked is spent already. Budget lines that
/// count without tax hold less, and the difference is the tax that is left. A line of which they hold nothing any more,
/// because it was booked with less tax than was claimed, is not spent but given back.
fn draws(held: impl Iterator<Item = (LineId, Reservation)>) -> Vec<Draw> {
    let mut lines: BTreeMap<LineId, [Option<Money>; 2]> = BTreeMap::new();
    for (line, held) in held {
        let [with_tax, without] = lines.entry(line).or_default();
        let sum = if held.basis.is_inclusive() { with_tax } else { without };
        *sum = sum.unwrap_or_default().checked_add(held.outstanding);
    }
    let draw = |(line, [with_tax, without]): (LineId, [Option<Money>; 2])| {
        let amount = with_tax.or(without).filter(|amount| amount.is_positive())?;
        let tax = amount.checked_sub(without.unwrap_or(amount))?.max(Money::ZERO);
        (tax < amount).then_some(Draw { line, amount, tax })
    };
    lines.into_iter().filter_map(draw).collect()
}
