//! What is in force: organisation, budget scheme and approval rules, each in versions that stay.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::store::sql::{Connection, OptionalExtension, params};
use budget::approval::RuleSet;
use budget::{Organisation, PersonId, Scheme, Timestamp};
use serde::Serialize;
use serde::de::DeserializeOwned;
use sync::view::codes;

use super::journal::Leaf;
use super::{Answer, Authority, Effect, Refused, Reply, number};
use crate::random;
use crate::store::StoreError;

const ORGANISATION: &str = "organisation";
const SCHEME: &str = "scheme";
const RULES: &str = "rules";
pub(super) const PROPOSAL: &str = "proposal";

/// Organisation, scheme and rules in force. Clones share them.
#[derive(Debug, Clone, Default)]
pub struct Books {
    /// People, departments, projects, delegations.
    pub organisation: Arc<Organisation>,
    /// Dimensions and budget lines.
    pub scheme: Arc<Scheme>,
    /// Who has to agree.
    pub rules: Arc<RuleSet>,
}

impl Books {
    /// What is in force, in the connection's transaction. Empty before the first publication.
    pub fn load(connection: &Connection) -> Result<Self, StoreError> {
        Ok(Self {
            organisation: Arc::new(latest(connection, ORGANISATION)?.unwrap_or_default()),
            scheme: Arc::new(latest(connection, SCHEME)?.unwrap_or_default()),
            rules: Arc::new(latest(connection, RULES)?.unwrap_or_default()),
        })
    }
}

fn latest<T: DeserializeOwned>(connection: &Connection, kind: &str) -> Result<Option<T>, StoreError> {
    let json: Option<String> = connection
        .prepare_cached("SELECT json FROM published WHERE kind = ?1 ORDER BY version DESC LIMIT 1")?
        .query_row([kind], |row| row.get(0))
        .optional()?;
    json.map(|json| {
        serde_json::from_str(&json).map_err(|error| StoreError::corrupt(format!("published {kind}: {error}")))
    })
    .transpose()
}

/// Every version of the rules.
pub(super) fn all_rules(connection: &Connection) -> Result<BTreeMap<u32, RuleSet>, StoreError> {
    let all: Vec<RuleSet> = all_versions(connection, RULES)?;
    Ok(all.into_iter().map(|rules| (rules.version, rules)).collect())
}

/// Every version of what is published under a name, oldest first.
pub(super) fn all_versions<T: DeserializeOwned>(connection: &Connection, kind: &str) -> Result<Vec<T>, StoreError> {
    let mut rows = connection.prepare("SELECT json FROM published WHERE kind = ?1 ORDER BY version")?;
    let rows = rows.query_map([kind], |row| row.get::<String>(0))?;
    rows.map(|json| {
        serde_json::from_str(&json?).map_err(|error| StoreError::corrupt(format!("published {kind}: {error}")))
    })
    .collect()
}

impl Authority {
    /// Publishes the organisation: people, departments, heads, delegations. Open requests get the
    /// deciders and readers that follow from it; refused when one of them would be left without anybody who may decide
    /// it. Returns the version.
    pub fn publish_organisation(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        by: Option<PersonId>,
        organisation: Organisation,
    ) -> Reply<u32> {
        let orphans = self.orphaned_by(&organisation, now);
        if let Some(first) = orphans.first() {
            let message = format!("{} open request(s) would have nobody who may decide them", orphans.len());
            return Ok(Answer::refused(Refused::at(codes::WOULD_ORPHAN, first.to_string(), message)));
        }
        let version = self.write_version(connection, now, by, ORGANISATION, &organisation)?;
        self.books.organisation = Arc::new(organisation);
        let mut effects = self.follow_organisation(connection, now)?;
        effects.push(Effect::Company);
        effects.push(Effect::Budget);
        Ok(Answer::done(version, effects))
    }

    /// Publishes the budget scheme. Lines that are gone keep what was reserved on them. Returns the version.
    pub fn publish_scheme(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        by: Option<PersonId>,
        scheme: Scheme,
    ) -> Reply<u32> {
        // First in memory, where it may be refused; when writing fails the memory is dropped.
        let reached = match self.ledger.publish(scheme.clone()) {
            Ok(reached) => reached,
            Err(refused) => return Ok(Answer::refused(Refused::new(refused.code(), refused.to_string()))),
        };
        let version = self.write_version(connection, now, by, SCHEME, &scheme)?;
        self.books.scheme = Arc::new(scheme);
        self.write_balances(connection, self.ledger.balances().map(|(line, _)| line.clone()))?;
        self.write_alerts(connection, now, &reached)?;
        let mut effects = vec![Effect::Company, Effect::Budget];
        effects.extend(self.prompt_all(connection, now)?);
        Ok(Answer::done(version, effects))
    }

    /// Publishes approval rules; their version becomes the next one. Requests that are open stay
    /// with the rules that routed them. Returns the version.
    pub fn publish_rules(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        by: Option<PersonId>,
        mut rules: RuleSet,
    ) -> Reply<u32> {
        rules.version = self.rules.keys().next_back().map_or(1, |last| last.saturating_add(1));
        let version = self.write_version(connection, now, by, RULES, &rules)?;
        self.rules.insert(rules.version, rules.clone());
        self.books.rules = Arc::new(rules);
        self.overtake_proposals(connection, now)?;
        Ok(Answer::done(version, vec![Effect::Company]))
    }

    pub(super) fn write_version(
        &mut self,
        connection: &Connection,
        now: Timestamp,
        by: Option<PersonId>,
        kind: &'static str,
        content: &impl Serialize,
    ) -> Result<u32, StoreError> {
        let json = serde_json::to_string(content).map_err(|error| StoreError::corrupt(format!("{kind}: {error}")))?;
        let last: i64 = connection
            .prepare_cached("SELECT coalesce(max(version), 0) FROM published WHERE kind = ?1")?
            .query_row([kind], |row| row.get(0))?;
        let version = last + 1;
        let salt = random::bytes::<16>()?;
        connection
            .prepare_cached(
                "INSERT INTO published (kind, version, at, person, json, salt) VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![kind, version, now.0, by.map(PersonId::bytes), json, salt])?;
        let leaf = Leaf::Published {
            what: kind.into(),
            version: number::small(version),
            hash: random::sha256(&[&salt, json.as_bytes()]),
            person: by,
        };
        self.journal.append(connection, now, &leaf)?;
        Ok(number::small(version))
    }
}
