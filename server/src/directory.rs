//! What the edge has to know of the organisation.

use crate::store::sql::Connection;
use budget::{Person, PersonId};

use crate::store::StoreError;

/// Answers from committed rows; the authority implements it.
pub trait Directory: Send + Sync {
    /// The person, while they are active.
    fn person(&self, connection: &Connection, person: PersonId) -> Result<Option<Person>, StoreError>;

    /// Whether the person may read an original that they did not send themselves: they take part
    /// in a request that refers to it.
    fn may_read_blob(&self, connection: &Connection, person: PersonId, sha256: &[u8; 32]) -> Result<bool, StoreError>;
}
