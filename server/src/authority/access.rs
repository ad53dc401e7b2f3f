//! Who may read a request: granted when it becomes so, with the position from which the reader gets all of it.
//!
//! | who | reason |
//! |---|---|
//! | its owner | `owner` |
//! | whoever was asked to decide, also as a delegate; for ever | `decider` |
//! | finance, cashiers, executives, auditors | `role` |
//! | the heads of the charged department and of those above it | `department` |
//! | the managers of the charged projects | `project` |
//!
//! Reading as a role, a head or a manager ends with the office; having been asked does not.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::{Organisation, PersonId, RequestId, Role};
use sync::DocumentKey;

use super::{Authority, Request, number};
use crate::store::StoreError;

/// Roles that read every request that was handed in.
const READ_ALL: [Role; 4] = [Role::Finance, Role::Cashier, Role::Executive, Role::Auditor];
/// Roles whose reading is for checking only: they do not comment.
const ONLY_READ: Role = Role::Auditor;

/// Why a person may read a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Reason {
    Project,
    Department,
    Role,
    Decider,
    Owner,
}

impl Reason {
    const fn word(self) -> &'static str {
        match self {
            Self::Owner => "owner",
            Self::Decider => "decider",
            Self::Role => "role",
            Self::Department => "department",
            Self::Project => "project",
        }
    }

    /// Whether it outlives the office that it came from.
    fn is_kept(word: &str) -> bool {
        word == Self::Owner.word() || word == Self::Decider.word()
    }
}

/// Whether the person may read the request and its documents now.
pub fn may_read(connection: &Connection, request: RequestId, person: PersonId) -> Result<bool, StoreError> {
    Ok(reason(connection, request, person)?.is_some())
}

fn reason(connection: &Connection, request: RequestId, person: PersonId) -> Result<Option<String>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT reason FROM access WHERE person = ?1 AND request = ?2 AND ended IS NULL")?
        .query_row(params![person.bytes(), request.bytes()], |row| row.get(0))
        .optional()?)
}

/// Whether the person takes part in the request and may comment: all readers but those who only check.
pub(super) fn takes_part(
    connection: &Connection,
    organisation: &Organisation,
    request: RequestId,
    person: PersonId,
) -> Result<bool, StoreError> {
    let Some(reason) = reason(connection, request, person)? else {
        return Ok(false);
    };
    let Some(known) = organisation.active(person) else {
        return Ok(false);
    };
    let only_checks = known.roles.contains(&ONLY_READ)
        && !READ_ALL.iter().any(|role| *role != ONLY_READ && known.roles.contains(role));
    Ok(reason != Reason::Role.word() || !only_checks)
}

/// Whether the person may read a file: they sent it, or it belongs to a request that they may read.
pub fn may_read_blob(connection: &Connection, sha256: &[u8; 32], person: PersonId) -> Result<bool, StoreError> {
    Ok(connection
        .prepare_cached(
            "SELECT EXISTS (SELECT 1 FROM blob_uploader WHERE sha256 = ?1 AND person = ?2)
                 OR EXISTS (SELECT 1 FROM attachment JOIN access USING (request)
                            WHERE blob = ?1 AND person = ?2 AND ended IS NULL)",
        )?
        .query_row(params![sha256, person.bytes()], |row| row.get(0))?)
}

/// Everybody who may read a document now: whom news of it concerns.
pub fn readers(connection: &Connection, document: &DocumentKey) -> Result<Vec<PersonId>, StoreError> {
    match document {
        DocumentKey::Preferences(person) => Ok(vec![*person]),
        DocumentKey::Claim(request) | DocumentKey::Thread(request) => request_readers(connection, *request),
    }
}

/// Everybody who may read a request now.
pub fn request_readers(connection: &Connection, request: RequestId) -> Result<Vec<PersonId>, StoreError> {
    let mut rows = connection.prepare_cached("SELECT person FROM access WHERE request = ?1 AND ended IS NULL")?;
    let people = rows.query_map([request.bytes()], |row| row.get(0).map(PersonId))?;
    Ok(people.collect::<Result<_, _>>()?)
}

/// Gives the owner of a claim that was just begun the right to read it.
pub(super) fn grant_owner(
    connection: &Connection,
    request: RequestId,
    owner: PersonId,
    position: u64,
) -> Result<(), StoreError> {
    write(connection, request, owner, Reason::Owner, position)
}

fn write(
    connection: &Connection,
    request: RequestId,
    person: PersonId,
    reason: Reason,
    position: u64,
) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO access (request, person, reason, position) VALUES (?1, ?2, ?3, ?4)
             ON CONFLICT (person, request) DO UPDATE SET reason = excluded.reason, ended = NULL,
               position = CASE WHEN access.ended IS NULL THEN access.position ELSE excluded.position END",
        )?
        .execute(params![request.bytes(), person.bytes(), reason.word(), number::stored(position)])?;
    Ok(())
}

/// After a submission everybody but the owner gets the whole claim again, because they were
/// not told of its draft.
pub(super) fn show_again(connection: &Connection, request: &Request) -> Result<(), StoreError> {
    connection
        .prepare_cached("UPDATE access SET position = ?2 WHERE request = ?1 AND person <> ?3 AND ended IS NULL")?
        .execute(params![request.view.id.bytes(), number::stored(request.position), request.view.claimant.bytes()])?;
    Ok(())
}

impl Authority {
    /// Who may read this request by its present state and the present organisation.
    fn grants(&self, request: &Request) -> BTreeMap<PersonId, Reason> {
        let organisation = &self.books.organisation;
        let mut grants = BTreeMap::new();
        let mut add = |person: PersonId, reason: Reason| {
            let best = grants.entry(person).or_insert(reason);
            *best = reason.max(*best);
        };
        for project in &request.facts.projects {
            if let Some(manager) = organisation.project_managers.get(project) {
                add(*manager, Reason::Project);
            }
        }
        for head in organisation.heads_upward(&request.view.department) {
            add(head, Reason::Department);
        }
        for role in READ_ALL {
            for person in organisation.with_role(role) {
                add(person.id, Reason::Role);
            }
        }
        if let Some(step) = request.open_step() {
            for approver in step.people() {
                add(approver, Reason::Decider);
            }
        }
        for decider in &request.view.deciders {
            add(decider.person, Reason::Decider);
        }
        for decided in &request.decided {
            add(decided.person, Reason::Decider);
        }
        add(request.view.claimant, Reason::Owner);
        grants
    }

    /// Who may read the request and has no row yet, and who has one and may not any more.
    fn differences(
        &self,
        connection: &Connection,
        request: &Request,
    ) -> Result<(BTreeMap<PersonId, Reason>, BTreeSet<PersonId>), StoreError> {
        let mut rows =
            connection.prepare_cached("SELECT person, reason FROM access WHERE request = ?1 AND ended IS NULL")?;
        let rows = rows.query_map([request.view.id.bytes()], |row| Ok((PersonId(row.get(0)?), row.get(1)?)))?;
        let present: BTreeMap<PersonId, String> = rows.collect::<Result<_, _>>()?;
        let mut grants = self.grants(request);
        let former = present
            .iter()
            .filter(|(person, reason)| !grants.contains_key(*person) && !Reason::is_kept(reason))
            .map(|(person, _)| *person)
            .collect();
        grants.retain(|person, reason| {
            !present.get(person).is_some_and(|word| word == reason.word() || Reason::is_kept(word))
        });
        Ok((grants, former))
    }

    /// Whether the rows of who may read the request are not what the organisation says.
    pub(super) fn readers_differ(&self, connection: &Connection, request: &Request) -> Result<bool, StoreError> {
        let (new, former) = self.differences(connection, request)?;
        Ok(!new.is_empty() || !former.is_empty())
    }

    /// Writes what has changed in who may read the request: new readers get all of it, former
    /// readers are told to forget it.
    pub(super) fn grant(&self, connection: &Connection, request: &Request) -> Result<(), StoreError> {
        let id = request.view.id;
        let (new, former) = self.differences(connection, request)?;
        for (person, reason) in new {
            write(connection, id, person, reason, request.position)?;
        }
        for person in former {
            connection
                .prepare_cached("UPDATE access SET ended = ?3 WHERE person = ?1 AND request = ?2")?
                .execute(params![person.bytes(), id.bytes(), number::stored(request.position)])?;
        }
        Ok(())
    }
}
