//! What is in force at the company, parsed once for each publication.
//!
//! Promise: the answer is that of the connection's own transaction. Reading it costs one counted row
//! unless something was published since, because published versions are only ever added.

use std::sync::{Arc, Mutex, PoisonError};

use crate::store::sql::Connection;
use budget::{Person, PersonId};

use crate::authority::{Books, access};
use crate::directory::Directory;
use crate::store::StoreError;

/// Organisation, scheme and rules as readers see them; clones share what was parsed.
#[derive(Debug, Clone, Default)]
pub struct Company(Arc<Mutex<Option<Known>>>);

#[derive(Debug)]
struct Known {
    /// How many versions had been published.
    published: i64,
    books: Books,
}

impl Company {
    /// What is in force in this transaction.
    pub fn books(&self, connection: &Connection) -> Result<Books, StoreError> {
        let published = connection.prepare_cached("SELECT count(*) FROM published")?.query_row([], |row| row.get(0))?;
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(known) = known.as_ref().filter(|known| known.published == published) {
            return Ok(known.books.clone());
        }
        let books = Books::load(connection)?;
        // A slower reader of an older moment must not put the past back.
        if known.as_ref().is_none_or(|known| known.published < published) {
            *known = Some(Known { published, books: books.clone() });
        }
        Ok(books)
    }
}

impl Directory for Company {
    fn person(&self, connection: &Connection, person: PersonId) -> Result<Option<Person>, StoreError> {
        Ok(self.books(connection)?.organisation.active(person).cloned())
    }

    fn may_read_blob(&self, connection: &Connection, person: PersonId, sha256: &[u8; 32]) -> Result<bool, StoreError> {
        access::may_read_blob(connection, sha256, person)
    }
}
