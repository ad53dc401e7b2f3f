//! Who somebody is on a chat platform.
//!
//! Promise: an account belongs to one person and a person has one account in a company of a platform.
//! It is bound by an administrator in the configuration, or by the person, who shows that they hold
//! both: signed in here, they type a code that was sent there. Never by name, phone or e-mail.

use crate::store::sql::{Connection, OptionalExtension, params};
use bot::{ChatIdentity, Platform};
use budget::{PersonId, Timestamp};

use crate::authority::Authority;
use crate::random::{self, sha256};
use crate::relay::FanOut;
use crate::store::{StoreError, Turn};

/// A code holds for ten minutes and for five attempts.
const CODE_LIFE: i64 = 10 * 60_000;
const ATTEMPTS: u32 = 5;
/// Between two codes, so that many codes with five attempts each are no way to guess.
const CODE_PAUSE: i64 = 60_000;

/// What a typed code is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Typed {
    /// The right one; the account is bound now.
    Bound(ChatIdentity),
    /// Another one; so many attempts are left.
    Wrong {
        /// Attempts that are left.
        left: u32,
    },
    /// There is none: never asked for, too old, or tried too often.
    None,
}

/// The person behind an account.
pub(super) fn person(connection: &Connection, identity: &ChatIdentity) -> Result<Option<PersonId>, StoreError> {
    Ok(connection
        .prepare_cached("SELECT person FROM chat_identity WHERE platform = ?1 AND corporation = ?2 AND user_id = ?3")?
        .query_row(params![word(identity.platform), identity.corporation, identity.user], |row| row.get(0))
        .optional()?
        .map(PersonId))
}

/// The account of a person.
pub(super) fn account(
    connection: &Connection,
    platform: Platform,
    corporation: &str,
    person: PersonId,
) -> Result<Option<ChatIdentity>, StoreError> {
    let user = connection
        .prepare_cached("SELECT user_id FROM chat_identity WHERE platform = ?1 AND corporation = ?2 AND person = ?3")?
        .query_row(params![word(platform), corporation, person.bytes()], |row| row.get(0))
        .optional()?;
    Ok(user.map(|user| ChatIdentity { platform, corporation: corporation.to_owned(), user }))
}

/// Binds an account; whoever had it, and whatever the person had, is unbound.
pub(super) fn bind(
    connection: &Connection,
    identity: &ChatIdentity,
    person: PersonId,
    now: Timestamp,
) -> Result<(), StoreError> {
    if self::person(connection, identity)? == Some(person) {
        return Ok(());
    }
    connection
        .prepare_cached(
            "DELETE FROM chat_identity WHERE platform = ?1 AND corporation = ?2 AND (user_id = ?3 OR person = ?4)",
        )?
        .execute(params![word(identity.platform), identity.corporation, identity.user, person.bytes()])?;
    connection
        .prepare_cached(
            "INSERT INTO chat_identity (platform, corporation, user_id, person, bound_at) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![word(identity.platform), identity.corporation, identity.user, person.bytes(), now.0])?;
    Ok(())
}

/// Binds an account and greets its person.
pub(super) fn welcome(
    turn: &mut Turn<'_, Authority>,
    fan_out: FanOut,
    identity: &ChatIdentity,
    person: PersonId,
) -> Result<(), StoreError> {
    bind(turn.connection, identity, person, turn.now)?;
    greet(turn, fan_out, person)
}

/// Puts before somebody who has a new account what waits for them, once that is committed.
pub(super) fn greet(turn: &mut Turn<'_, Authority>, fan_out: FanOut, person: PersonId) -> Result<(), StoreError> {
    let effects = turn.state.greet(turn.connection, turn.now, person)?;
    turn.after_commit(move || fan_out.tell(&effects));
    Ok(())
}

/// The seconds to wait before another code may be sent to this person's account; `None` for none.
pub(super) fn wait_for_code(
    connection: &Connection,
    person: PersonId,
    now: Timestamp,
) -> Result<Option<u64>, StoreError> {
    let expires_at: Option<i64> = connection
        .prepare_cached("SELECT expires_at FROM chat_code WHERE person = ?1")?
        .query_row([person.bytes()], |row| row.get(0))
        .optional()?;
    let ready = expires_at.map(|at| at - CODE_LIFE + CODE_PAUSE - now.0).filter(|left| *left > 0);
    Ok(ready.map(|left| u64::try_from(left).unwrap_or_default().div_ceil(1_000)))
}

/// A fresh code of six digits for binding this account to this person; replaces the one before.
pub(super) fn make_code(
    connection: &Connection,
    identity: &ChatIdentity,
    person: PersonId,
    now: Timestamp,
) -> Result<String, StoreError> {
    let number = u64::from_be_bytes(random::bytes()?) % 1_000_000;
    let code = format!("{number:06}");
    connection
        .prepare_cached(
            "INSERT INTO chat_code (person, platform, corporation, user_id, code_hash, attempts, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, 0, ?6)
             ON CONFLICT (person) DO UPDATE SET platform = excluded.platform, corporation = excluded.corporation,
               user_id = excluded.user_id, code_hash = excluded.code_hash, attempts = 0,
               expires_at = excluded.expires_at",
        )?
        .execute(params![
            person.bytes(),
            word(identity.platform),
            identity.corporation,
            identity.user,
            code_hash(person, &code),
            now.plus(CODE_LIFE).0
        ])?;
    Ok(code)
}

/// Binds the account for which this code was sent.
pub(super) fn type_code(
    connection: &Connection,
    person: PersonId,
    code: &str,
    now: Timestamp,
) -> Result<Typed, StoreError> {
    let row = connection
        .prepare_cached(
            "SELECT platform, corporation, user_id, code_hash, attempts, expires_at FROM chat_code WHERE person = ?1",
        )?
        .query_row([person.bytes()], |row| {
            let identity = (row.get::<String>(0)?, row.get(1)?, row.get(2)?);
            Ok((identity, row.get::<[u8; 32]>(3)?, row.get::<u32>(4)?, row.get::<i64>(5)?))
        })
        .optional()?;
    let Some(((platform, corporation, user), hash, attempts, expires_at)) = row else {
        return Ok(Typed::None);
    };
    if expires_at <= now.0 || attempts >= ATTEMPTS {
        return Ok(Typed::None);
    }
    if hash != code_hash(person, code) {
        connection
            .prepare_cached("UPDATE chat_code SET attempts = attempts + 1 WHERE person = ?1")?
            .execute([person.bytes()])?;
        return Ok(Typed::Wrong { left: ATTEMPTS - attempts - 1 });
    }
    let identity = ChatIdentity { platform: platform_of(&platform)?, corporation, user };
    bind(connection, &identity, person, now)?;
    connection.prepare_cached("DELETE FROM chat_code WHERE person = ?1")?.execute([person.bytes()])?;
    Ok(Typed::Bound(identity))
}

/// Letters and digits that nobody mistakes for each other.
const LETTERS: &[u8; 32] = b"ABCDEFGHJKLMNPQRSTUVWXYZ23456789";

/// A fresh code that this person sends from a chat account to bind it; replaces the one before. Eight letters out of 32
/// are 40 bits: with ten minutes and the platforms' own rates, nobody guesses one.
pub(super) fn make_link(connection: &Connection, person: PersonId, now: Timestamp) -> Result<String, StoreError> {
    let letter = |byte: u8| char::from(LETTERS.get(usize::from(byte % 32)).copied().unwrap_or(b'A'));
    let code: String = random::bytes::<8>()?.into_iter().map(letter).collect();
    connection
        .prepare_cached(
            "INSERT INTO chat_link (code_hash, person, expires_at) VALUES (?1, ?2, ?3)
             ON CONFLICT (person) DO UPDATE SET code_hash = excluded.code_hash, expires_at = excluded.expires_at",
        )?
        .execute(params![link_hash(&code), person.bytes(), now.plus(CODE_LIFE).0])?;
    Ok(code)
}

/// The person who was shown this code; it is good once.
pub(super) fn take_link(connection: &Connection, code: &str, now: Timestamp) -> Result<Option<PersonId>, StoreError> {
    let person = connection
        .prepare_cached("SELECT person FROM chat_link WHERE code_hash = ?1 AND expires_at > ?2")?
        .query_row(params![link_hash(code), now.0], |row| row.get(0))
        .optional()?
        .map(PersonId);
    if person.is_some() {
        connection.prepare_cached("DELETE FROM chat_link WHERE code_hash = ?1")?.execute(params![link_hash(code)])?;
    }
    Ok(person)
}

fn link_hash(code: &str) -> [u8; 32] {
    let plain: String = code.chars().filter(char::is_ascii_alphanumeric).map(|c| c.to_ascii_uppercase()).collect();
    sha256(&[b"suanpan chat link\0", plain.as_bytes()])
}

fn code_hash(person: PersonId, code: &str) -> [u8; 32] {
    sha256(&[b"suanpan chat code\0", &person.bytes(), code.trim().as_bytes()])
}

/// The platform's stable word, as in JSON.
pub(super) const fn word(platform: Platform) -> &'static str {
    platform.word()
}

fn platform_of(text: &str) -> Result<Platform, StoreError> {
    Platform::of_word(text).ok_or_else(|| StoreError::corrupt(format!("chat platform {text:?}")))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::tables;

    const ZHANG: PersonId = PersonId([1; 16]);
    const LI: PersonId = PersonId([2; 16]);
    const NOW: Timestamp = Timestamp(1_790_000_000_000);

    fn user(name: &str) -> ChatIdentity {
        ChatIdentity { platform: Platform::DingTalk, corporation: "ding1".into(), user: name.into() }
    }

    #[test]
    fn a_person_binds_the_account_that_got_the_code() {
        let tables = tables();
        let code = make_code(&tables, &user("z"), ZHANG, NOW).unwrap();
        assert_eq!(code.len(), 6);
        let other = if code == "000000" { "000001" } else { "000000" };
        assert_eq!(type_code(&tables, ZHANG, other, NOW).unwrap(), Typed::Wrong { left: 4 });
        assert_eq!(type_code(&tables, LI, &code, NOW).unwrap(), Typed::None, "it was made for somebody else");
        assert_eq!(type_code(&tables, ZHANG, &format!(" {code} "), NOW).unwrap(), Typed::Bound(user("z")));
        assert_eq!(type_code(&tables, ZHANG, &code, NOW).unwrap(), Typed::None, "it is good once");
        assert_eq!(person(&tables, &user("z")).unwrap(), Some(ZHANG));
        assert_eq!(account(&tables, Platform::DingTalk, "ding1", ZHANG).unwrap(), Some(user("z")));
        assert_eq!(account(&tables, Platform::DingTalk, "ding2", ZHANG).unwrap(), None);
    }

    #[test]
    fn a_code_is_not_guessed() {
        let tables = tables();
        let code = make_code(&tables, &user("z"), ZHANG, NOW).unwrap();
        for left in (0..ATTEMPTS).rev() {
            assert_eq!(type_code(&tables, ZHANG, "x", NOW).unwrap(), Typed::Wrong { left });
        }
        assert_eq!(type_code(&tables, ZHANG, &code, NOW).unwrap(), Typed::None);
        let code = make_code(&tables, &user("z"), ZHANG, NOW).unwrap();
        assert_eq!(type_code(&tables, ZHANG, &code, NOW.plus(CODE_LIFE)).unwrap(), Typed::None, "too old");
    }

    #[test]
    fn an_account_belongs_to_one_person() {
        let tables = tables();
        bind(&tables, &user("z"), ZHANG, NOW).unwrap();
        bind(&tables, &user("z"), LI, NOW).unwrap();
        assert_eq!(person(&tables, &user("z")).unwrap(), Some(LI));
        assert_eq!(account(&tables, Platform::DingTalk, "ding1", ZHANG).unwrap(), None);
        bind(&tables, &user("l"), LI, NOW).unwrap();
        assert_eq!(person(&tables, &user("z")).unwrap(), None);
    }
}
