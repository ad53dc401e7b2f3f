//! The round of each minute: queue what was claimed, ask what may be asked, note what was answered.
//!
//! What there is to do is looked for on a reader's connection; the writer hears of it only when there is something. The
//! provider blocks on files or a network, so it works outside both; between its question and the note nothing is held. A
//! server that stops in between asks again, which the ration counts at the provider's side only.

use std::convert::Infallible;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval};

use super::queue::{self, Entry};
use super::{FileProvider, Provider, ProviderFault, Question, Reply, State};
use crate::http::AppState;
use crate::store::{RoundError, Stop};

/// How often the queue is looked at.
const ROUND: Duration = Duration::from_mins(1);

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

async fn round(app: &AppState, provider: Option<&Shared>) -> Result<(), RoundError> {
    let (readers, writer) = (&app.store.readers, &app.store.writer);
    if !readers.read(queue::unqueued).await?.is_empty() {
        writer.run(|turn| Ok::<_, Stop<Infallible>>(turn.state.queue_invoices(turn.connection, turn.now)?)).await?;
    }
    let Some(provider) = provider.cloned() else { return Ok(()) };
    let now = app.clock.now();
    let due = readers.read(move |connection| queue::due(connection, now)).await?;
    let asked = tokio::task::spawn_blocking(move || ask(&provider, &due)).await;
    // A provider that panicked answered nothing; its lock is taken over in the next round.
    let answers = asked.unwrap_or_default();
    if answers.is_empty() {
        return Ok(());
    }
    let fan_out = app.relay.fan_out().clone();
    writer
        .run(move |turn| {
            let mut effects = Vec::new();
            for (identity, reply) in &answers {
                if let Some(finding) = queue::note(turn.connection, turn.now, identity, reply)? {
                    effects.extend(turn.state.tell_finding(turn.connection, turn.now, identity, &finding)?);
                }
            }
            turn.after_commit(move || fan_out.tell(&effects));
            Ok::<_, Stop<Infallible>>(())
        })
        .await?;
    Ok(())
}

/// Asks about each of these invoices. What came of it, where that is something to note.
fn ask(provider: &Shared, due: &[Entry]) -> Vec<(String, Result<Reply, ProviderFault>)> {
    let mut provider = provider.lock().unwrap_or_else(PoisonError::into_inner);
    let questions: Vec<Question> = due.iter().map(|entry| entry.question.clone()).collect();
    if let Err(error) = provider.waiting(&questions) {
        tracing::warn!(provider = provider.name(), %error, "the provider cannot be asked");
        return Vec::new();
    }
    let mut answers = Vec::new();
    for entry in due {
        let identity = &entry.question.identity;
        let reply = provider.ask(&entry.question, entry.since);
        if let Err(error) = &reply {
            tracing::warn!(provider = provider.name(), identity, %error, "not asked");
        }
        // That it waits for somebody is news once.
        if !matches!(reply, Ok(Reply::NotYet)) || entry.state == State::Local {
            answers.push((identity.clone(), reply));
        }
    }
    answers
}
