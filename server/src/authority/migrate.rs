//! Open requests move to the rules in force, only when an administrator wants them to, and after looking.

use std::collections::BTreeSet;

use crate::store::sql::Connection;
use budget::approval::{Migration, migrate};
use budget::{PersonId, RequestId, RequestState, Role, Timestamp};
use serde::Serialize;
use sync::view::{What, codes};

use super::journal::Leaf;
use super::{Answer, Authority, Effect, Refused, Reply};
use crate::random::sha256;

/// What a migration does to one request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Moved {
    /// The request.
    pub request: RequestId,
    /// What it is called.
    pub title: String,
    /// What changes; none when the rules find nobody for it, in which case it stays.
    pub migration: Option<Migration>,
}

impl Authority {
    /// Looks at the move of open requests to the rules in force, and with `carry_out` does it: all of those named, or all
    /// there are. A request for which the rules find nobody stays where it is.
    pub fn migrate_requests(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        by: PersonId,
        named: Option<&BTreeSet<RequestId>>,
        carry_out: bool,
    ) -> Reply<Vec<Moved>> {
        if !self.books.organisation.has_role(by, Role::Administrator) {
            return Ok(Answer::refused(Refused::new(codes::NOT_ALLOWED, "administrators migrate requests")));
        }
        let moved = self.migrations(now, named);
        let mut effects = Vec::new();
        if carry_out {
            for one in &moved {
                let (Some(migration), Some(mut request)) = (&one.migration, self.requests.get(&one.request).cloned())
                else {
                    continue;
                };
                request.view.route = migration.route.clone();
                request.view.step = Some(migration.open);
                request.tell(now, What::Migrated);
                let line = format!("{} {} {}", one.request, migration.from, migration.to);
                let leaf = Leaf::Published {
                    what: "migration".into(),
                    version: migration.to,
                    hash: sha256(&[line.as_bytes()]),
                    person: Some(by),
                };
                self.journal.append(connection, now, &leaf)?;
                effects.push(Effect::Request(one.request));
                self.put_request(connection, now, request)?;
                effects.extend(self.queue_cards(connection, now, one.request)?);
            }
        }
        Ok(Answer::done(moved, effects))
    }

    fn migrations(&self, now: Timestamp, named: Option<&BTreeSet<RequestId>>) -> Vec<Moved> {
        let rules = &self.books.rules;
        self.requests
            .values()
            .filter(|request| request.view.state == RequestState::InApproval)
            .filter(|request| request.view.route.rules_version != rules.version)
            .filter(|request| named.is_none_or(|named| named.contains(&request.view.id)))
            .filter_map(|request| {
                let step = request.view.step?;
                let found = migrate(rules, &request.view.route, step, &self.books.organisation, &request.facts, now);
                Some(Moved { request: request.view.id, title: request.view.title.clone(), migration: found.ok() })
            })
            .collect()
    }
}
