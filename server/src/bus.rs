//! What moved, told from the server that writes to the others.
//!
//! Promise: a word that is lost costs time and nothing else. Words carry names, never content, and decide nothing: who
//! hears one looks into the database for itself. They are numbered by the batches that they speak of, so that a loss is
//! noticed by the next word, or by the count of batches that every server reads from the lease. The writer's thread never
//! waits for any of it.
//!
//! Inside one process [`FanOut`](crate::relay::FanOut) is all there is. Between processes a [`Carrier`] brings the words:
//! `NOTIFY` of the PostgreSQL that everybody has anyway, on a connection of its own and never inside a writing transaction
//! (there it takes a lock of the whole database at each commit: a tenth of the transactions a second); or NATS, for many
//! relays.

mod nats;
mod outgoing;
mod postgresql;
#[cfg(test)]
mod tests;
mod word;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::mpsc::Sender;
use tokio::time::{Instant, sleep, sleep_until};

pub(crate) use nats::Nats;
pub(crate) use outgoing::Outgoing;
pub(crate) use postgresql::Postgresql;
pub(crate) use word::{Moved, Word};

/// Words are told at most this often; what happens meanwhile goes into one.
const MERGE: Duration = Duration::from_millis(10);
/// How long a carrier may take to say a word.
const PATIENCE: Duration = Duration::from_secs(5);
/// Between two attempts to connect: at first, and at most.
const SOON: Duration = Duration::from_millis(100);
const LATE: Duration = Duration::from_secs(5);

/// Brings words from server to server.
pub(crate) trait Carrier: Send + 'static {
    /// A connection.
    type Line: Line;

    /// Connects.
    fn connect(&self) -> impl Future<Output = Result<Self::Line, BusError>> + Send;
}

/// A connection of a [`Carrier`].
pub(crate) trait Line: Send {
    /// Says a word to everybody, perhaps to itself as well.
    fn say(&mut self, word: String) -> impl Future<Output = Result<(), BusError>> + Send;

    /// The next word that is heard. Dropping the future loses none.
    fn hear(&mut self) -> impl Future<Output = Result<String, BusError>> + Send;
}

/// A carrier does not carry.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub(crate) struct BusError(String);

impl BusError {
    fn of(error: impl std::fmt::Display) -> Self {
        Self(error.to_string())
    }
}

/// Says what is outgoing and hands on what is heard, through as many connections as that takes. What is heard faster than
/// it is taken is dropped.
pub(crate) async fn run<C: Carrier>(carrier: C, outgoing: Arc<Outgoing>, heard: Sender<Word>) {
    let mut wait = SOON;
    loop {
        match carrier.connect().await {
            Ok(line) => {
                wait = SOON;
                tracing::info!("the bus is connected");
                let error = talk(line, &outgoing, &heard).await;
                tracing::warn!(%error, "the bus is lost; servers hear of each other's work a second later");
            }
            Err(error) => tracing::warn!(%error, "the bus cannot be connected"),
        }
        sleep(wait).await;
        wait = (wait * 2).min(LATE);
    }
}

async fn talk<L: Line>(mut line: L, outgoing: &Outgoing, heard: &Sender<Word>) -> BusError {
    let mut next = Instant::now();
    loop {
        let due = async {
            outgoing.some().await;
            sleep_until(next).await;
        };
        tokio::select! {
            said = line.hear() => match said {
                Ok(text) => match text.parse() {
                    // Whoever does not keep up notices by the numbers.
                    Ok(word) => drop(heard.try_send(word)),
                    Err(error) => tracing::warn!(%error, "what was heard is no word of ours"),
                },
                Err(error) => return error,
            },
            () = due => {
                next = Instant::now() + MERGE;
                let Some(word) = outgoing.take() else { continue };
                match tokio::time::timeout(PATIENCE, line.say(word.to_string())).await {
                    Ok(Ok(())) => {}
                    Ok(Err(error)) => return error,
                    Err(late) => return BusError::of(late),
                }
            }
        }
    }
}
