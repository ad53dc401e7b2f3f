//! The server's own secrets, made at random at first start and kept in the database.
//!
//! Promise: no two installations share one, none has a default, and none is ever shown.

use std::fmt;

use crate::store::sql::Connection;

use crate::store::{StoreError, setting};

/// Thirty-two secret bytes; `Debug` does not show them.
#[derive(Clone)]
pub struct Key([u8; 32]);

impl Key {
    /// A key of these bytes.
    pub(crate) const fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// The bytes, for the one place that uses them. Search for this name to audit every use.
    pub fn reveal(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("[redacted]")
    }
}

/// One key for each purpose, so that what leaks for one is worthless for the others.
#[derive(Debug, Clone)]
pub struct Keys {
    /// Signs access tokens (HMAC-SHA-256).
    pub access_token: Key,
    /// Derives the next refresh token from the one before.
    pub refresh_token: Key,
    /// The seed of the server's Ed25519 key: snapshots, allowances and checkpoints.
    pub signature_seed: Key,
    /// Keys the fingerprints of invoices that devices hold to warn of duplicates.
    pub fingerprint: Key,
    /// Signs the permission behind a button of a chat card.
    pub card_token: Key,
}

impl Keys {
    /// Loads them, making those that are missing. Needs a connection that writes.
    pub fn load_or_make(connection: &Connection) -> Result<Self, StoreError> {
        let key = |name| setting::secret(connection, name).map(Key);
        Ok(Self {
            access_token: key("key.access_token")?,
            refresh_token: key("key.refresh_token")?,
            signature_seed: key("key.signature_seed")?,
            fingerprint: key("key.fingerprint")?,
            card_token: key("key.card_token")?,
        })
    }

    /// Those that a server has made, on a connection that only reads; `None` before it has made all.
    pub fn made(connection: &Connection) -> Result<Option<Self>, StoreError> {
        let names = ["access_token", "refresh_token", "signature_seed", "fingerprint", "card_token"];
        let mut found = Vec::with_capacity(names.len());
        for name in names {
            found.extend(setting::known_secret(connection, &format!("key.{name}"))?.map(Key));
        }
        let Ok([access_token, refresh_token, signature_seed, fingerprint, card_token]) = <[Key; 5]>::try_from(found)
        else {
            return Ok(None);
        };
        Ok(Some(Self { access_token, refresh_token, signature_seed, fingerprint, card_token }))
    }

    /// The server's signing key.
    pub fn signing_key(&self) -> ed25519_dalek::SigningKey {
        ed25519_dalek::SigningKey::from_bytes(self.signature_seed.reveal())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::clock::Clock;
    use crate::store::{Stop, Store, WriterLimits};

    struct Nothing;

    impl crate::store::State for Nothing {
        fn load(_: &Connection) -> Result<Self, StoreError> {
            Ok(Self)
        }
    }

    #[test]
    fn keys_are_made_once_and_differ() {
        let folder = tempfile::tempdir().unwrap();
        let store: Store<Nothing> = crate::testing::store(folder.path(), Clock::of_machine(), &WriterLimits::default());
        let load =
            || store.writer.run_blocking(|turn| Ok::<_, Stop<()>>(Keys::load_or_make(turn.connection)?)).unwrap();
        let (first, again) = (load(), load());
        assert_eq!(first.access_token.reveal(), again.access_token.reveal());
        assert_ne!(first.access_token.reveal(), first.refresh_token.reveal());
        assert_eq!(format!("{:?}", first.card_token), "[redacted]");
    }
}
