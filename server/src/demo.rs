//! The demo company 「算盘示例科技有限公司」: people in every role, a year's budget, open and past claims.
//!
//! Promise: nothing in it is written past the rules. Every claim was signed by a device, admitted by
//! the gate, decided by the ladder and paid by the cashier, so `fsck` and `audit` find it in order.
//! It is made relative to today: the quarter of today has the figures to try things with, such as
//! 推广费 of the marketing department: 200,000 released, 150,000 spent.

mod budget_plan;
mod claim;
mod company;
mod invoice;
pub mod stage;
mod story;

use std::path::Path;

use crate::store::sql::Connection;
use budget::{Command, CommandId, Timestamp};

pub use claim::{Draft, DraftInvoice, DraftLine};
pub use company::person;

use crate::authority::{Answer, Authority};
use crate::blobs::BlobFolder;
use crate::clock::Clock;
use crate::identity;
use crate::random;
use crate::store::{Database, Stop, Store, StoreError, WriteError, WriterLimits};
use stage::{Hand, StageError};

/// The one password of all demo people. It is shown, and it is worth nothing elsewhere.
pub const PASSWORD: &str = "suanpan-demo";

/// The demo company, ready to sign in to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Demo {
    /// Who can sign in, in the order in which to show them.
    pub people: Vec<SignIn>,
    /// With which password.
    pub password: &'static str,
    /// False when it was there already.
    pub made_now: bool,
}

/// Somebody who can sign in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SignIn {
    /// What they type.
    pub login: &'static str,
    /// Their name.
    pub name: &'static str,
    /// What they are, in Chinese.
    pub title: &'static str,
}

/// Why the demo company cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum DemoError {
    /// The data folder cannot be used.
    #[error(transparent)]
    Store(#[from] StoreError),
    /// The folder holds a company already that is not the demo's.
    #[error("数据目录已有其他公司的数据，请换一个目录 · the data folder holds another company: choose another folder")]
    OtherCompany,
    /// Somebody could not act: a mistake of this program.
    #[error("演示数据无法生成 · the demo company could not be made: {0}")]
    Stage(String),
}

/// Makes the demo company in a data folder and its database, or finds the one that was made before.
pub fn create(folder: &Path, database: &Database, clock: &Clock) -> Result<Demo, DemoError> {
    let now = clock.now();
    let blobs = BlobFolder::open(folder)?;
    let store: Store<Authority> = Store::open(folder, database, clock.clone(), &WriterLimits::default())?;
    let made = store.writer.run_blocking(move |turn| {
        let name = &turn.state.books().organisation.name;
        if name == company::NAME {
            return Ok(false);
        }
        if !name.is_empty() {
            return Err(Stop::Refused(Failure::OtherCompany));
        }
        match build(turn.state, turn.connection, &blobs, now) {
            Ok(()) => Ok(true),
            Err(StageError::Store(error)) => Err(Stop::Store(error)),
            Err(error) => Err(Stop::Refused(Failure::Stage(error.to_string()))),
        }
    });
    store.writer.close();
    let made_now = made.map_err(|error| match error {
        WriteError::Refused(Failure::OtherCompany) => DemoError::OtherCompany,
        WriteError::Refused(Failure::Stage(message)) => DemoError::Stage(message),
        WriteError::Busy | WriteError::Unavailable => DemoError::Store(StoreError::Interrupted),
    })?;
    let people = company::PEOPLE
        .iter()
        .map(|someone| SignIn { login: someone.login, name: someone.name, title: someone.title })
        .collect();
    Ok(Demo { people, password: PASSWORD, made_now })
}

/// Why the writer's job stopped.
#[derive(Debug)]
enum Failure {
    OtherCompany,
    Stage(String),
}

/// Publishes the company and plays its year. `now` is the present; what happened before is dated so.
pub(crate) fn build(
    authority: &mut Authority,
    connection: &Connection,
    blobs: &BlobFolder,
    now: Timestamp,
) -> Result<(), StageError> {
    let today = now.china_date();
    let founded = story::start_of(today);
    publish(authority, connection, now, founded)?;
    let mut hands = Vec::new();
    for someone in &company::PEOPLE {
        let person = company::person(someone.login);
        let hash = identity::password_hash(PASSWORD).map_err(|error| StageError::Content(format!("{error:?}")))?;
        identity::create_credential(connection, person, someone.login, &hash)?;
        hands.push(Hand::enrol(connection, founded, person, "演示设备")?);
    }
    story::play(authority, connection, blobs, &hands, now)?;
    done(authority.tick(connection, now)?)?;
    Ok(())
}

/// Organisation, scheme, rules and the year's budget.
pub(crate) fn publish(
    authority: &mut Authority,
    connection: &Connection,
    now: Timestamp,
    founded: Timestamp,
) -> Result<(), StageError> {
    let plan = budget_plan::plan(now.china_date())?;
    let finance = company::person("zhengtao");
    done(authority.publish_organisation(connection, founded, None, company::organisation(now)?)?)?;
    done(authority.publish_scheme(connection, founded, Some(finance), plan.scheme)?)?;
    done(authority.publish_rules(connection, founded, Some(finance), company::rules()?)?)?;
    for action in plan.releases {
        let command = Command::new(CommandId(random::bytes()?), action);
        done(authority.command(connection, founded, finance, &command)?)?;
    }
    Ok(())
}

fn done<T>(answer: Answer<T>) -> Result<T, StageError> {
    answer.outcome.map_err(StageError::Refused)
}

#[cfg(test)]
mod tests;
