//! The round of each minute: queue what was claimed, ask what may be asked, note what was answered.
//!
//! The provider blocks on files or a network, so it works outside the writer; between its question and the note nothing is
//! held. A server that stops in between asks again, which the ration counts at the provider's side only.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::queue::{self, Entry};
use super::{FileProvider, Provider, ProviderFault, Question, Reply};
use crate::http::AppState;
use crate::store::{Stop, WriteError};

/// How often the queue is looked at.
const ROUND: Duration = Duration::from_mins(1);
/// Questions that a provider is shown at once.
const MOST_WAITING: u32 = 5_000;

/// A provider that one round after the other uses.
type Shared = Arc<Mutex<Box<dyn Provider>>>;

/// Starts the rounds. Without a provider invoices are queued, and stay what our own checks made of them.
pub fn start(app: &AppState) -> JoinHandle<()> {
    let provider = app.config.verification.as_deref().and_then(|folder| match FileProvider::new(folder) {
        Ok(provider) => Some(Arc::new(Mutex::new(Box::new(provider) as Box<dyn Provider>))),
        Err(error) => {
            tracing::error!(%error, "nobody can be asked about invoices");
            None
        }
    });
    let app = AppState::clone(app);
    tokio::spawn(async move {
        let mut minute = interval(ROUND);
        minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            minute.tick().await;
            if let Err(error) = round(&app, provider.as_ref()).await {
                tracing::error!(%error, "a round of verification was not done; the next one makes up for it");
            }
        }
    })
}

type Failed = WriteError<std::convert::Infallible>;

async fn round(app: &AppState, provider: Option<&Shared>) -> Result<(), Failed> {
    let (waiting, due) = app
        .store
        .writer
        .run(|turn| {
            turn.state.queue_invoices(turn.connection, turn.now)?;
            let waiting = queue::list(turn.connection, MOST_WAITING)?;
            Ok::<_, Stop<std::convert::Infallible>>((waiting, queue::due(turn.connection, turn.now)?))
        })
        .await?;
    let Some(provider) = provider.cloned() else { return Ok(()) };
    let asked = tokio::task::spawn_blocking(move || ask(&provider, &waiting, &due)).await;
    // A provider that panicked answered nothing; its lock is taken over in the next round.
    let Ok(answers) = asked else { return Ok(()) };
    let fan_out = app.relay.fan_out().clone();
    app.store
        .writer
        .run(move |turn| {
            let mut effects = Vec::new();
            for (identity, reply) in &answers {
                if let Some(finding) = queue::note(turn.connection, turn.now, identity, reply)? {
                    effects.extend(turn.state.tell_finding(turn.connection, turn.now, identity, &finding)?);
                }
            }
            turn.after_commit(move || fan_out.tell(&effects));
            Ok::<_, Stop<std::convert::Infallible>>(())
        })
        .await
}

/// Asks about each invoice that may be asked about.
fn ask(provider: &Shared, waiting: &[Entry], due: &[Entry]) -> Vec<(String, Result<Reply, ProviderFault>)> {
    let mut provider = provider.lock().unwrap_or_else(PoisonError::into_inner);
    let open = |entry: &&Entry| due.iter().any(|due| due.question.identity == entry.question.identity);
    let questions: Vec<Question> = waiting.iter().filter(open).map(|entry| entry.question.clone()).collect();
    if let Err(error) = provider.waiting(&questions) {
        tracing::warn!(provider = provider.name(), %error, "the provider cannot be asked");
        return Vec::new();
    }
    due.iter()
        .map(|entry| {
            let reply = provider.ask(&entry.question, entry.since);
            if let Err(error) = &reply {
                tracing::warn!(provider = provider.name(), identity = entry.question.identity, %error, "not asked");
            }
            (entry.question.identity.clone(), reply)
        })
        .collect()
}
