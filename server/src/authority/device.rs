//! Devices that sign: who they belong to, and whether a signature holds.

use crate::store::sql::Connection;
use budget::{DeviceId, PersonId};
use sync::signature::PublicKey;
use sync::view::codes;

use super::Refused;
use crate::identity;
use crate::store::StoreError;

/// A device that may sign now.
pub(super) struct Signer {
    pub(super) person: PersonId,
    key: PublicKey,
}

/// The device, or why its signatures do not count. Revocation is final.
pub(super) fn signer(connection: &Connection, device: DeviceId) -> Result<Result<Signer, Refused>, StoreError> {
    Ok(match identity::find_device(connection, device)? {
        None => Err(Refused::new(codes::UNKNOWN_DEVICE, "the device is not enrolled")),
        Some(device) if device.revoked_at.is_some() => {
            Err(Refused::new(codes::UNKNOWN_DEVICE, "the device was revoked"))
        }
        Some(device) => Ok(Signer { person: device.person, key: device.key }),
    })
}

impl Signer {
    /// Refuses unless the signature is this device's over `message`.
    pub(super) fn check(&self, message: &[u8], signature: &[u8]) -> Result<(), Refused> {
        if self.key.verifies(message, signature) {
            Ok(())
        } else {
            Err(Refused::new(codes::BAD_SIGNATURE, "the signature does not hold"))
        }
    }
}
