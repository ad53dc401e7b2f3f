//! Consents to reminders (订阅消息): in WeChat each one is good for one message.
//!
//! Promise: nobody is reminded who has no consent left, so no call is made that WeChat would refuse. The count is what the
//! phone reported, less what was sent; where WeChat says that there is none left, that is believed. A reminder is a
//! courtesy: the mini-program shows what waits all the same.

use crate::store::StoreError;
use crate::store::sql::{Connection, OptionalExtension, params};
use bot::ChatIdentity;

/// As many are kept; somebody who agrees at each decision would otherwise be reminded for years.
const MOST: u32 = 100;

/// How many reminders somebody may still be sent.
pub(super) fn remaining(connection: &Connection, identity: &ChatIdentity) -> Result<u32, StoreError> {
    let count = connection
        .prepare_cached("SELECT remaining FROM chat_consent WHERE app = ?1 AND user_id = ?2")?
        .query_row(params![identity.corporation, identity.user], |row| row.get::<u32>(0))
        .optional()?;
    Ok(count.unwrap_or_default())
}

/// Counts consents that the phone reported; how many there are now.
pub(super) fn grant(connection: &Connection, identity: &ChatIdentity, more: u32) -> Result<u32, StoreError> {
    let count = remaining(connection, identity)?.saturating_add(more).min(MOST);
    set(connection, identity, count)?;
    Ok(count)
}

/// One reminder was sent, or WeChat said that there was no consent left for it.
pub(super) fn spend(connection: &Connection, identity: &ChatIdentity, was_sent: bool) -> Result<(), StoreError> {
    let left = if was_sent { remaining(connection, identity)?.saturating_sub(1) } else { 0 };
    set(connection, identity, left)
}

fn set(connection: &Connection, identity: &ChatIdentity, count: u32) -> Result<(), StoreError> {
    connection
        .prepare_cached(
            "INSERT INTO chat_consent (app, user_id, remaining) VALUES (?1, ?2, ?3)
             ON CONFLICT (app, user_id) DO UPDATE SET remaining = excluded.remaining",
        )?
        .execute(params![identity.corporation, identity.user, count])?;
    Ok(())
}
