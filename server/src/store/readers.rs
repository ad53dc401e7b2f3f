//! Connections that answer questions while the writer writes.
//!
//! Promise: a question sees one moment (a read transaction), sees only committed rows, and cannot
//! write. At most as many questions run at once as there are connections; the others wait.

use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::Semaphore;

use super::sql::Connection;
use super::{Database, StoreError};

/// The connections for reading; clones share them.
#[derive(Debug, Clone)]
pub struct Readers(Arc<Pool>);

#[derive(Debug)]
struct Pool {
    database: Database,
    idle: Mutex<Vec<Connection>>,
    /// One permit for each connection.
    free: Semaphore,
}

impl Readers {
    /// Opens `count` connections.
    pub fn open(database: &Database, count: usize) -> Result<Self, StoreError> {
        let idle = (0..count).map(|_| database.open_for_reading()).collect::<Result<Vec<_>, _>>()?;
        let pool = Pool { database: database.clone(), idle: Mutex::new(idle), free: Semaphore::new(count) };
        Ok(Self(Arc::new(pool)))
    }

    /// Asks `question` on a thread that may block, inside one read transaction.
    pub async fn read<T, F>(&self, question: F) -> Result<T, StoreError>
    where
        T: Send + 'static,
        F: FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    {
        let pool = Arc::clone(&self.0);
        let permit = pool.free.acquire().await.map_err(|_| StoreError::Interrupted)?;
        // The permit has to last as long as the work, also when the caller stops waiting.
        permit.forget();
        let worker = Arc::clone(&pool);
        tokio::task::spawn_blocking(move || worker.ask(question)).await.map_err(|_| StoreError::Interrupted)?
    }
}

impl Pool {
    fn ask<T>(&self, question: impl FnOnce(&Connection) -> Result<T, StoreError>) -> Result<T, StoreError> {
        let mut borrowed = Borrowed { pool: self, connection: self.take() };
        if let Some(connection) = &borrowed.connection
            && let Ok(moment) = connection.moment()
        {
            return question(&moment);
        }
        // The database was restarted since.
        let connection = borrowed.connection.insert(self.database.open_for_reading()?);
        let moment = connection.moment()?;
        question(&moment)
    }

    fn take(&self) -> Option<Connection> {
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop()
    }
}

/// Gives connection and permit back, also when the question panics.
struct Borrowed<'a> {
    pool: &'a Pool,
    connection: Option<Connection>,
}

impl Drop for Borrowed<'_> {
    fn drop(&mut self) {
        if let Some(connection) = self.connection.take() {
            self.pool.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        }
        self.pool.free.add_permits(1);
    }
}
