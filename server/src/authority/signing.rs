//! The server's own key: it signs views and checkpoints, so that a copy of either can be checked anywhere.

use crate::store::sql::Connection;
use ed25519_dalek::SigningKey;

use crate::store::{StoreError, setting};

/// Name of the setting that holds the seed.
const SEED: &str = "key.signature_seed";

/// The server's Ed25519 key (RFC 8032), made at random at the first start.
pub fn key(connection: &Connection) -> Result<SigningKey, StoreError> {
    Ok(SigningKey::from_bytes(&setting::secret(connection, SEED)?))
}

/// The server's key on a connection that only reads; an error before the first start.
pub fn existing_key(connection: &Connection) -> Result<SigningKey, StoreError> {
    let seed = setting::get(connection, SEED)?.ok_or_else(|| StoreError::corrupt("the server has no signing key"))?;
    let seed: [u8; 32] = seed.try_into().map_err(|_| StoreError::corrupt("the signing key has not 32 bytes"))?;
    Ok(SigningKey::from_bytes(&seed))
}
