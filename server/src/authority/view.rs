//! Views: what each person may know, read from committed rows.
//!
//! | who | budget lines with holders | balances only |
//! |---|---|---|
//! | finance, executives, auditors, administrators | all | – |
//! | heads | those of their departments and below | – |
//! | project managers | those of their projects | – |
//! | everybody | – | those of the own department and the ones above it, but not company-wide ones |

mod sight;

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::ledger::Balance;
use budget::settlement::Settlement;
use budget::{Code, Money, PersonId, RequestId, Role, Timestamp};
use sync::view::{BudgetView, CompanyView, FingerprintView, HolderView, LineView, RequestView, Sighting};

pub use sight::{Sight, SightOf};

use super::{Books, FINGERPRINT_KEY, Request, access, answering, request};
use crate::store::{StoreError, setting};

/// How a request stands, for somebody who may read it.
pub fn request(
    connection: &Connection,
    books: &Books,
    id: RequestId,
    person: PersonId,
) -> Result<Option<RequestView>, StoreError> {
    if !access::may_read(connection, id, person)? {
        return Ok(None);
    }
    let json: Option<String> = connection
        .prepare_cached("SELECT json FROM request WHERE id = ?1")?
        .query_row([id.bytes()], |row| row.get(0))
        .optional()?;
    json.map(|json| Ok(for_reader(request::parse(&id.to_string(), &json)?.view, books, person))).transpose()
}

/// What paying each of these requests means now: what advances cover of it, what is paid and what comes back.
pub fn foreseen(connection: &Connection, views: &[RequestView]) -> Result<Vec<Settlement>, StoreError> {
    let mut rows = connection.prepare_cached("SELECT json FROM request WHERE claimant = ?1")?;
    let mut theirs: BTreeMap<PersonId, Vec<Request>> = BTreeMap::new();
    let mut settlements = Vec::new();
    for view in views {
        if let Entry::Vacant(entry) = theirs.entry(view.claimant) {
            let found = rows.query_map([view.claimant.bytes()], |row| row.get::<String>(0))?;
            let found = found.map(|json| request::parse(&view.claimant.to_string(), &json?));
            entry.insert(found.collect::<Result<_, _>>()?);
        }
        let all = theirs.get(&view.claimant).into_iter().flatten();
        let request = all.clone().find(|request| request.view.id == view.id);
        settlements.push(request.map(|request| answering::foresee(all, request)).unwrap_or_default());
    }
    Ok(settlements)
}

/// Leaves out what this reader may not know: who holds the money of lines that are not theirs to see.
pub(super) fn for_reader(mut view: RequestView, books: &Books, person: PersonId) -> RequestView {
    let sight = Sight::of(books, person);
    for shortage in &mut view.shortages {
        if sight.on(&shortage.line) != SightOf::Holders {
            shortage.holders.clear();
        }
    }
    view
}

/// The company as this person sees it; `None` when they are no longer in it.
pub fn company(books: &Books, person: PersonId) -> Option<CompanyView> {
    let me = books.organisation.active(person)?;
    let keeps_people = me.roles.contains(&Role::Administrator);
    let mut organisation = (*books.organisation).clone();
    for other in organisation.people.values_mut() {
        if other.id != person && !keeps_people {
            other.login.clear();
        }
    }
    Some(CompanyView { me: person, organisation, scheme: (*books.scheme).clone(), rules: (*books.rules).clone() })
}

/// The balances that this person may see, as they are now.
pub fn budget(
    connection: &Connection,
    books: &Books,
    now: Timestamp,
    person: PersonId,
) -> Result<BudgetView, StoreError> {
    let sight = Sight::of(books, person);
    let mut lines = BTreeMap::new();
    for line in books.scheme.lines() {
        let holders = match sight.on(&line.code) {
            SightOf::Nothing => continue,
            SightOf::Balance => None,
            SightOf::Holders => Some(holders(connection, &line.code)?),
        };
        lines.insert(line.code.clone(), LineView { balance: balance(connection, &line.code)?, holders });
    }
    Ok(BudgetView { as_of: now, lines })
}

/// The figures of one line.
pub fn balance(connection: &Connection, line: &Code) -> Result<Balance, StoreError> {
    let found = connection
        .prepare_cached("SELECT limit_fen, consumed, reserved, escrowed, carried FROM balance WHERE line = ?1")?
        .query_row([line.as_str()], |row| {
            Ok(Balance {
                limit: Money::from_fen(row.get(0)?),
                consumed: Money::from_fen(row.get(1)?),
                reserved: Money::from_fen(row.get(2)?),
                escrowed: Money::from_fen(row.get(3)?),
                carried: Money::from_fen(row.get(4)?),
            })
        })
        .optional()?;
    Ok(found.unwrap_or_default())
}

/// Who holds and has spent a line's money, the largest first.
pub fn holders(connection: &Connection, line: &Code) -> Result<Vec<HolderView>, StoreError> {
    let mut rows = connection.prepare_cached(
        "SELECT request.id, request.json, sums.outstanding, sums.consumed
         FROM (SELECT document, CAST(sum(outstanding) AS BIGINT) AS outstanding, CAST(sum(consumed) AS BIGINT) AS consumed
               FROM holding WHERE lines IN (SELECT lines FROM control_set WHERE line = ?1) GROUP BY document) AS sums
         JOIN request ON request.id = sums.document
         ORDER BY sums.outstanding DESC, sums.consumed DESC, request.id",
    )?;
    let rows = rows.query_map([line.as_str()], |row| {
        Ok((RequestId(row.get(0)?), row.get::<String>(1)?, row.get::<i64>(2)?, row.get::<i64>(3)?))
    })?;
    rows.map(|row| {
        let (id, json, outstanding, consumed) = row?;
        let view = request::parse(&id.to_string(), &json)?.view;
        Ok(HolderView {
            request: id,
            title: view.title,
            claimant: view.claimant,
            state: view.state,
            outstanding: Money::from_fen(outstanding),
            consumed: Money::from_fen(consumed),
        })
    })
    .collect()
}

/// Fingerprints of every invoice of a live request, for the warning at capture. Everybody gets all
/// of them and only their own requests by name.
pub fn fingerprints(connection: &Connection, person: PersonId) -> Result<FingerprintView, StoreError> {
    let key = setting::get(connection, FINGERPRINT_KEY)?.unwrap_or_default();
    let mut rows = connection
        .prepare_cached("SELECT fingerprint, request, claimant = ?1, day FROM claimed_invoice ORDER BY day DESC")?;
    let rows = rows.query_map(params![person.bytes()], |row| {
        let own: bool = row.get(2)?;
        let request = own.then_some(RequestId(row.get(1)?));
        Ok((hex::encode(row.get::<[u8; 16]>(0)?), Sighting { request, on: row.get(3)? }))
    })?;
    // The oldest comes last and stays: that is who claimed it first.
    Ok(FingerprintView { key: hex::encode(key), seen: rows.collect::<Result<_, _>>()? })
}
