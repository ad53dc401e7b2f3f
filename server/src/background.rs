//! What works beside requests: bells of connected devices, the minute's tick, verification of invoices, the day's
//! snapshots and collection, chat.
//!
//! Promise: everything that is started is stopped again, in an order that leaves nobody with a
//! half-finished answer. Of several servers on one database only the one that writes does this work; bells ring on all.

use std::time::Duration;

use tokio::sync::oneshot;
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, sleep, timeout};

use crate::authority::Answer;
use crate::blobs;
use crate::chat::{self, ChatError};
use crate::http::AppState;
use crate::relay::{self, Audience, News};
use crate::snapshots;
use crate::store::{Standing, Stop, WriteError};
use crate::verification;

/// How often the authority looks what time alone has changed, such as delegations that begin and end.
const TICK: Duration = Duration::from_mins(1);

/// How often the house is tidied, and how long after the start for the first time.
const TIDY: Duration = Duration::from_hours(24);
const FIRST_TIDY: Duration = Duration::from_mins(10);

/// How long a server that begins to write waits before it tries again to begin its work.
const AGAIN: Duration = Duration::from_secs(1);

/// How long devices may take to hear that the server stops.
const FAREWELL: Duration = Duration::from_secs(2);

/// The tasks of a running server.
pub struct Background {
    app: AppState,
    relay: Vec<JoinHandle<()>>,
    /// Begins and ends the [`Work`] as this server begins and ceases to write.
    keeper: JoinHandle<()>,
    stop: oneshot::Sender<()>,
}

/// What only the server that writes does.
struct Work {
    tick: JoinHandle<()>,
    verification: JoinHandle<()>,
    housekeeping: JoinHandle<()>,
    chat: Option<chat::Running>,
}

/// Starts them. Call it once for each server, inside its runtime.
pub async fn start(app: &AppState) -> Result<Background, ChatError> {
    let relay = relay::start(app);
    // A configuration that cannot be used is told at once, also where another server writes.
    let work =
        if app.store.writer.is_ready() { Some(Work::begin(app).await?) } else { chat::check(app).map(|()| None)? };
    let (stop, stopping) = oneshot::channel();
    let keeper = tokio::spawn(keep(AppState::clone(app), work, stopping));
    Ok(Background { app: AppState::clone(app), relay, keeper, stop })
}

async fn keep(app: AppState, mut work: Option<Work>, mut stopping: oneshot::Receiver<()>) {
    let mut standing = app.store.writer.standing();
    loop {
        let wanted = match &*standing.borrow_and_update() {
            Standing::Leads => true,
            Standing::Follows(_) => false,
            Standing::Recovers => work.is_some(),
        };
        if wanted && work.is_none() {
            let begun = Work::begin(&app).await;
            work = begun.inspect_err(|error| tracing::error!(%error, "the work of the writer has not begun")).ok();
        } else if !wanted && let Some(work) = work.take() {
            work.end().await;
        }
        let failed = wanted && work.is_none();
        tokio::select! {
            _ = &mut stopping => break,
            changed = standing.changed() => if changed.is_err() { break },
            () = sleep(AGAIN), if failed => {}
        }
    }
    if let Some(work) = work {
        work.end().await;
    }
}

impl Work {
    async fn begin(app: &AppState) -> Result<Self, ChatError> {
        let chat = chat::start(app).await?;
        let tick = tokio::spawn(tick(AppState::clone(app)));
        let verification = verification::start(app);
        let housekeeping = tokio::spawn(keep_house(AppState::clone(app)));
        Ok(Self { tick, verification, housekeeping, chat })
    }

    /// Finishes what chat has begun.
    async fn end(self) {
        self.tick.abort();
        self.verification.abort();
        self.housekeeping.abort();
        if let Some(chat) = self.chat {
            chat.stop().await;
        }
    }
}

impl Background {
    /// Tells devices that they have to come back, finishes what chat has begun, and ends.
    pub async fn stop(self) {
        self.app.relay.hub().tell(&Audience::Everybody, &News::restarting());
        // An error means that the keeper has ended already.
        _ = self.stop.send(());
        if self.keeper.await.is_err() {
            tracing::error!("the work of the writer ended by a panic");
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

/// Snapshots of long documents, and the collection of originals that nothing names.
async fn keep_house(app: AppState) {
    sleep(FIRST_TIDY).await;
    loop {
        match snapshots::take(&app.store).await {
            Ok(0) => {}
            Ok(number) => tracing::info!(number, "long documents were put into one piece each"),
            Err(error) => tracing::error!(%error, "snapshots were not taken; the next time makes up for it"),
        }
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
        sleep(TIDY).await;
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
