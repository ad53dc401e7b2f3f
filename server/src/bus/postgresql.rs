//! Words by `LISTEN` and `NOTIFY`, on a connection that does nothing else.

use std::time::Duration;

use tokio::sync::mpsc::Receiver;
use tokio_postgres::Client;

use super::{BusError, Carrier, Line};
use crate::store::sql::Address;

/// How long a connection may be silent before it is looked whether the other side is still there.
const SILENCE: Duration = Duration::from_secs(15);

/// The PostgreSQL server that holds the books.
pub(crate) struct Postgresql {
    address: Address,
    channel: String,
}

impl Postgresql {
    /// Words of one log: another installation in the same database has another channel.
    pub(crate) fn new(address: Address, log: &[u8]) -> Self {
        Self { address, channel: format!("suanpan_{}", hex::encode(log)) }
    }
}

impl Carrier for Postgresql {
    type Line = Listening;

    async fn connect(&self) -> Result<Listening, BusError> {
        let (client, heard) = self.address.listen(SILENCE).await.map_err(BusError::of)?;
        // The channel's name is hexadecimal digits.
        client.batch_execute(&format!("LISTEN {}", self.channel)).await.map_err(BusError::of)?;
        Ok(Listening { client, heard, channel: self.channel.clone() })
    }
}

/// A connection that listens.
pub(crate) struct Listening {
    client: Client,
    heard: Receiver<String>,
    channel: String,
}

impl Line for Listening {
    async fn say(&mut self, word: String) -> Result<(), BusError> {
        let said = self.client.execute("SELECT pg_notify ($1, $2)", &[&self.channel, &word]).await;
        said.map(drop).map_err(BusError::of)
    }

    async fn hear(&mut self) -> Result<String, BusError> {
        self.heard.recv().await.ok_or_else(|| BusError::of("the connection to PostgreSQL is gone"))
    }
}
