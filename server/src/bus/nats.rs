//! Words by NATS: at most once, which is enough, because the database is the truth.

use std::time::Duration;

use async_nats::{Client, ConnectOptions, Subscriber};
use bot::Secret;
use futures_util::StreamExt;

use super::{BusError, Carrier, Line};

/// How long a connection may take to be made.
const PATIENCE: Duration = Duration::from_secs(5);
/// How often it is looked whether the other side is still there.
const SILENCE: Duration = Duration::from_secs(15);
/// Words that wait to be taken.
const WAITING: usize = 1_024;

/// A NATS server.
pub(crate) struct Nats {
    address: Secret,
    subject: String,
}

impl Nats {
    /// Words of one log: another installation on the same server has another subject.
    pub(crate) fn new(address: Secret, log: &[u8]) -> Self {
        Self { address, subject: format!("suanpan.{}", hex::encode(log)) }
    }
}

impl Carrier for Nats {
    type Line = Subscribed;

    async fn connect(&self) -> Result<Subscribed, BusError> {
        let options = ConnectOptions::new()
            .name("suanpan")
            .connection_timeout(PATIENCE)
            .ping_interval(SILENCE)
            .subscription_capacity(WAITING);
        let client = options.connect(self.address.reveal()).await.map_err(BusError::of)?;
        let heard = client.subscribe(self.subject.clone()).await.map_err(BusError::of)?;
        // What is said from now on is heard: the server knows of the subscription.
        client.flush().await.map_err(BusError::of)?;
        Ok(Subscribed { client, heard, subject: self.subject.clone() })
    }
}

/// A connection that is subscribed. The driver itself connects again when it breaks.
pub(crate) struct Subscribed {
    client: Client,
    heard: Subscriber,
    subject: String,
}

impl Line for Subscribed {
    async fn say(&mut self, word: String) -> Result<(), BusError> {
        self.client.publish(self.subject.clone(), word.into()).await.map_err(BusError::of)
    }

    async fn hear(&mut self) -> Result<String, BusError> {
        let heard = self.heard.next().await.ok_or_else(|| BusError::of("the connection to NATS is gone"))?;
        String::from_utf8(heard.payload.into()).map_err(BusError::of)
    }
}
