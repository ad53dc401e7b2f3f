//! Payment of an approved request: what it holds is spent, and what advances cover of it is settled.

use std::collections::BTreeSet;

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::approval::Duty;
use budget::ledger::{Action, Draw};
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
        // What a finance system has booked is spent already.
        let open: BTreeSet<LineId> = self
            .ledger
            .reservations(id.document())
            .filter(|(_, held)| held.outstanding > Money::ZERO)
            .map(|(line, _)| line)
            .collect();
        let booked = |line| {
            let held = self.ledger.reservations(id.document()).filter(|(of, _)| *of == line);
            Money::checked_sum(held.filter(|(_, held)| held.basis.is_inclusive()).map(|(_, held)| held.consumed))
        };
        let draws: Vec<Draw> = request
            .charges
            .iter()
            .filter(|charge| open.contains(&charge.line))
            .filter_map(|charge| {
                Some(Draw { amount: charge.amount.checked_sub(booked(charge.line)?)?, ..charge.draw() })
            })
            .filter(|draw| draw.amount > Money::ZERO)
            .collect();
        if draws.is_empty() {
            return Ok(());
        }
        let consume = Action::Consume { document: id.document(), draws, close: true };
        let command = Command::new(CommandId(number::derived_id("consume", &[&payment])), consume);
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
