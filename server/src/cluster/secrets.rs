//! What servers of one company know each other by.
//!
//! Promise: made at random by the first server that works beside others, kept in the database that they share, and never
//! shown. Whoever can read the database could read the books anyway.

use rcgen::{CertificateParams, ExtendedKeyUsagePurpose, KeyPair};
use subtle::ConstantTimeEq;

use crate::keys::Key;
use crate::store::sql::Connection;
use crate::store::{StoreError, setting};

/// The name in the certificate. No name server knows it: connections are made to addresses.
pub(super) const NAME: &str = "relay.suanpan.internal";

const KEY: &str = "key.cluster";
const CERTIFICATE: &str = "cluster.certificate";
const CERTIFICATE_KEY: &str = "cluster.certificate_key";

/// A key and a certificate that all servers of one database have, and nobody else.
#[derive(Clone)]
pub struct Secrets {
    key: Key,
    certificate: Vec<u8>,
    certificate_key: Vec<u8>,
}

impl Secrets {
    /// Loads them, making what is missing. Needs a connection that writes.
    pub fn load_or_make(connection: &Connection) -> Result<Self, StoreError> {
        setting::secret(connection, KEY)?;
        if let Some(made) = Self::made(connection)? {
            return Ok(made);
        }
        let (certificate, key) =
            certificate().map_err(|error| StoreError::corrupt(format!("the certificate cannot be made: {error}")))?;
        setting::set(connection, CERTIFICATE, &certificate)?;
        setting::set(connection, CERTIFICATE_KEY, &key)?;
        Self::made(connection)?.ok_or_else(|| StoreError::corrupt("the certificate of the servers is not kept"))
    }

    /// Those that a server has made; `None` before.
    pub fn made(connection: &Connection) -> Result<Option<Self>, StoreError> {
        let key = setting::known_secret(connection, KEY)?.map(Key::new);
        let (certificate, certificate_key) =
            (setting::get(connection, CERTIFICATE)?, setting::get(connection, CERTIFICATE_KEY)?);
        Ok(key.zip(certificate).zip(certificate_key).map(|((key, certificate), certificate_key)| Self {
            key,
            certificate,
            certificate_key,
        }))
    }

    /// The key as it travels, inside the connection that the certificate protects.
    pub(super) fn word(&self) -> String {
        hex::encode(self.key.reveal())
    }

    /// Whether this is the key, found out in a time that does not depend on how much of it is right.
    pub(super) fn is_word(&self, offered: &[u8]) -> bool {
        self.word().as_bytes().ct_eq(offered).into()
    }

    /// The certificate and its private key, in DER.
    pub(super) fn certificate(&self) -> (&[u8], &[u8]) {
        (&self.certificate, &self.certificate_key)
    }
}

/// A certificate without an end: it is believed because it lies in the database, and for no other reason.
fn certificate() -> Result<(Vec<u8>, Vec<u8>), rcgen::Error> {
    let pair = KeyPair::generate()?;
    let mut parameters = CertificateParams::new(vec![NAME.to_owned()])?;
    parameters.extended_key_usages = vec![ExtendedKeyUsagePurpose::ServerAuth];
    let made = parameters.self_signed(&pair)?;
    Ok((made.der().to_vec(), pair.serialize_der()))
}
