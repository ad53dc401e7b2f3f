//! What works beside requests: bells of connected devices, the minute's tick, verification of invoices, the day's
//! collection, chat.
//!
//! Promise: everything that is started is stopped again, in an order that leaves nobody with a
//! half-finished answer.

use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::authority::Answer;
use crate::blobs;
use crate::chat::{self, ChatError};
use crate::http::AppState;
use crate::relay::{self, Audience, News};
use crate::store::{Stop, WriteError};
use crate::verification;

/// How often the authority looks what time alone has changed, such as delegations that begin and end.
const TICK: Duration = Duration::from_mins(1);

/// How often originals that nothing names are collected, and how long after the start for the first time.
const COLLECT: Duration = Duration::from_hours(24);
const FIRST_COLLECTION: Duration = Duration::from_mins(10);

/// How long devices may take to hear that the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// The tasks of a running server.
pub struct Background {
    app: AppState,
    relay: Vec<JoinHandle<()>>,
    tick: JoinHandle<()>,
    verification: JoinHandle<()>,
    collection: JoinHandle<()>,
    chat: Option<chat::Running>,
}

/// Starts them. Call it once for each server, inside its runtime.
pub async fn start(app: &AppState) -> Result<Background, ChatError> {
    let relay = relay::start(app);
    let tick = tokio::spawn(tick(AppState::clone(app)));
    let verification = verification::start(app);
    let collection = tokio::spawn(collect(AppState::clone(app)));
    let chat = chat::start(app).await?;
    Ok(Background { app: AppState::clone(app), relay, tick, verification, collection, chat })
}

impl Background {
    /// Tells devices that they have to come back, finishes what chat has begun, and ends.
    pub async fn stop(self) {
        self.app.relay.hub().tell(&Audience::Everybody, &News::restarting());
        self.tick.abort();
        self.verification.abort();
        self.collection.abort();
        if let Some(chat) = self.chat {
            chat.stop().await;
        }
        let told = async {
            while self.app.relay.hub().connections() > 0 {
                sleep(Duration::from_millis(10)).await;
            }
        };
        if timeout(FAREWELL, told).await.is_err() {
            tracing::info!(left = self.app.relay.hub().connections(), "some devices were not told");
        }
        for task in self.relay {
            task.abort();
        }
    }
}

async fn collect(app: AppState) {
    sleep(FIRST_COLLECTION).await;
    loop {
        match blobs::collect(&app).await {
            Ok(done) if done == blobs::Collected::default() => {}
            Ok(done) => tracing::info!(
                set_aside = done.set_aside.len(),
                put_back = done.put_back.len(),
                deleted = done.deleted.len(),
                "originals that nothing names were collected"
            ),
            Err(error) => tracing::error!(%error, "originals were not collected; the next time makes up for it"),
        }
        sleep(COLLECT).await;
    }
}

async fn tick(app: AppState) {
    let mut minute = interval(TICK);
    minute.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        minute.tick().await;
        let (fan_out, group) = (app.relay.fan_out().clone(), app.config.chat.checkpoint_group.clone());
        let done: Result<(), WriteError<std::convert::Infallible>> = app
            .store
            .writer
            .run(move |turn| {
                let Answer { mut effects, .. } = turn.state.tick(turn.connection, turn.now)?;
                if let Some(group) = &group {
                    effects.extend(turn.state.post_checkpoint(turn.connection, turn.now, group)?);
                }
                turn.after_commit(move || fan_out.tell(&effects));
                Ok::<_, Stop<_>>(())
            })
            .await;
        if let Err(error) = done {
            tracing::error!(%error, "the minute's tick was not done; the next one makes up for it");
        }
    }
}
