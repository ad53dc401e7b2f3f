//! Brings cards to one platform: the longest waiting first, each with its newest view.
//!
//! Promise: a row is leased on disk before it is sent and settled on disk afterwards, so that a server
//! that dies in between sends it again and never forgets it; what is sent twice is one card, because
//! its name is the same. No app and no member gets more than the platform's rate. A card that the
//! platform does not let us change any more is told by a message instead.

use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use crate::store::sql::Connection;
use bot::limits::Buckets;
use bot::outbox::{self as policy, Plan, Row, Send};
use bot::wechat::NO_CONSENT;
use bot::{ChatAdapter, ChatIdentity, Delivery, Notice, Platform, SendError, SurfaceHandle};
use budget::Timestamp;
use futures_util::future::{join, join_all};
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use super::consent;
use super::desk::Desk;
use super::metrics::Metrics;
use super::notices::{self, To};
use super::queue::{AT_ONCE, Queue, UNBOUND_WAIT, milliseconds, timestamp};
use super::rows::{self, Found};
use crate::authority::{Authority, outbox};
use crate::http::AppState;
use crate::store::{Stop, StoreError, WriteError};

/// The longest nap: a bell that was not heard costs no more.
const NAP: Duration = Duration::from_secs(30);

/// The task's parts.
pub(super) struct Dispatcher {
    app: AppState,
    adapter: Arc<dyn ChatAdapter>,
    desk: Desk,
    metrics: Arc<Metrics>,
    buckets: Arc<Mutex<Buckets>>,
}

/// A send with everything that it needs.
struct Job {
    send: Send,
    /// The rows of the card, to be settled.
    rows: Vec<Found>,
    delivery: Delivery,
    handle: Option<SurfaceHandle>,
}

/// What is to be done with a card whose turn it is.
enum Prepared {
    Send(Box<Job>),
    /// Its reader wants no reminder; the mini-program shows it all the same.
    Silent(Box<(Send, SurfaceHandle)>),
    /// Nobody to send it to.
    Unbound,
    /// Not before this moment: its reader got as much as the platform allows.
    Later(u64),
}

/// What to send now.
#[derive(Default)]
struct Planned {
    jobs: Vec<Job>,
    /// The app's rate is used up until then, so nothing more is worth a look.
    held_until: Option<u64>,
}

impl Dispatcher {
    pub(super) fn new(app: AppState, adapter: Arc<dyn ChatAdapter>, desk: Desk, metrics: Arc<Metrics>) -> Self {
        let buckets = Arc::new(Mutex::new(Buckets::new(adapter.rates())));
        Self { app, adapter, desk, metrics, buckets }
    }

    /// Sends until told to stop.
    pub(super) async fn run(self, mut stopping: watch::Receiver<bool>) {
        let platform = self.desk.platform;
        let mut bell = self.app.relay.fan_out().outbox();
        self.write(move |turn| {
            for queue in Queue::ALL {
                queue.release_leases(turn.connection, platform, turn.now)?;
            }
            Ok(())
        })
        .await;
        while !*stopping.borrow() {
            let Planned { jobs, held_until } = self.plan().await;
            let idle = jobs.is_empty();
            // Messages do not keep cards waiting, whose leases run.
            let (_, told) = join(join_all(jobs.into_iter().map(|job| self.send(job))), self.tell()).await;
            if idle && !told {
                let nap = self.nap(held_until).await;
                tokio::select! {
                    _ = stopping.changed() => {}
                    // An error means only that nobody rang.
                    _ = timeout(nap, bell.changed()) => {}
                }
            }
        }
    }

    /// What to send now, leased. Looking for it is a reader's work: the writer, for which taps wait, sees only the few
    /// cards whose turn it is, however many wait behind them.
    async fn plan(&self) -> Planned {
        let now = self.app.clock.now();
        let held = self.buckets.lock().unwrap_or_else(PoisonError::into_inner).app_ready(milliseconds(now));
        if let Err(until) = held {
            return Planned { jobs: Vec::new(), held_until: Some(until) };
        }
        let word = self.desk.platform.word();
        let due = self.app.store.readers.read(move |connection| outbox::due(connection, word, now, AT_ONCE));
        let cards = due.await.unwrap_or_else(|error| {
            tracing::error!(code = error.code(), %error, "the outbox cannot be read");
            Vec::new()
        });
        if cards.is_empty() {
            return Planned::default();
        }
        let sends_once = self.adapter.sends_once();
        let (desk, buckets) = (self.desk.clone(), Arc::clone(&self.buckets));
        self.write(move |turn| Ok(plan(turn.connection, turn.state, turn.now, &desk, &cards, sends_once, &buckets)?))
            .await
            .unwrap_or_default()
    }

    /// Sends the authority's messages whose time it is. Whether there were any.
    async fn tell(&self) -> bool {
        if self.next(Queue::Messages).await.is_none_or(|due| due > self.app.clock.now()) {
            return false;
        }
        let (desk, buckets) = (self.desk.clone(), Arc::clone(&self.buckets));
        let planned = self.write(move |turn| {
            let at = milliseconds(turn.now);
            let ready = |to: &To| {
                let member = if let To::Person(identity) = to { member(identity) } else { String::new() };
                buckets.lock().unwrap_or_else(PoisonError::into_inner).take(at, &member)
            };
            Ok(notices::plan(turn.connection, &desk, turn.now, ready)?)
        });
        let jobs = planned.await.unwrap_or_default();
        let some = !jobs.is_empty();
        for notices::Job { send, to, notice } in jobs {
            let result = match &to {
                To::Person(identity) => self.adapter.notify(identity, &notice).await,
                To::Group(group) => self.adapter.notify_group(group, &notice).await,
            };
            if let Err(error) = &result {
                tracing::warn!(code = error.code(), %error, "a message was not sent");
            }
            self.write(move |turn| Ok(notices::settle(turn.connection, turn.now, send, &result)?)).await;
        }
        some
    }

    /// When something waits, card or message; a card not before the app may send again.
    async fn soonest(&self, held_until: Option<u64>) -> Option<Timestamp> {
        let card = match held_until {
            Some(until) => Some(timestamp(until)),
            None => self.next(Queue::Cards).await,
        };
        card.into_iter().chain(self.next(Queue::Messages).await).min()
    }

    async fn next(&self, queue: Queue) -> Option<Timestamp> {
        let platform = self.desk.platform;
        let due = self.app.store.readers.read(move |connection| queue.next_due(connection, platform));
        due.await.unwrap_or_else(|error| {
            tracing::error!(code = error.code(), %error, "the outbox cannot be read");
            None
        })
    }

    async fn nap(&self, held_until: Option<u64>) -> Duration {
        let Some(due) = self.soonest(held_until).await else {
            return NAP;
        };
        let left = due.0.saturating_sub(self.app.clock.now().0).max(20);
        Duration::from_millis(u64::try_from(left).unwrap_or_default()).min(NAP)
    }

    async fn send(&self, job: Job) {
        let Job { send, rows: found, delivery, handle } = job;
        let created = handle.is_none();
        let result = match &handle {
            Some(handle) => self.update(handle, &delivery).await,
            None => self.adapter.send(&delivery).await,
        };
        let (handles, result) = match result {
            Ok(handles) => (handles, Ok(())),
            Err(SendError::PartlyFailed { handles, failed }) => {
                (handles.clone(), Err(SendError::PartlyFailed { handles, failed }))
            }
            Err(error) => (Vec::new(), Err(error)),
        };
        if let Err(error) = &result {
            tracing::warn!(card = send.card, code = error.code(), %error, attempt = send.newest.attempts, "a card was not sent");
        }
        self.metrics.sent(&result);
        let (card, corporation) = (send.card.clone(), self.desk.corporation.clone());
        let jitter = bot::backoff::jitter();
        let settled = self.write(move |turn| {
            let now = milliseconds(turn.now);
            for row in policy::after(now, jitter, send, &result) {
                put(turn.connection, &found, &row)?;
            }
            for handle in &handles {
                rows::keep_handle(turn.connection, &card, handle, turn.now)?;
                if let (Platform::WeChatMiniProgram, true, Some(user)) = (handle.platform, created, &handle.user) {
                    let reader = ChatIdentity::new(handle.platform, corporation.as_str(), user);
                    let was_sent = handle.details.as_deref() != Some(NO_CONSENT);
                    consent::spend(turn.connection, &reader, was_sent)?;
                }
            }
            Ok(())
        });
        if settled.await.is_none() {
            // The lease stays on disk and runs out; then it is sent again under the same name.
            sleep(Duration::from_secs(1)).await;
        }
    }

    /// Changes a card, or tells its reader by a message where the platform does not let it be changed any more.
    async fn update(&self, handle: &SurfaceHandle, delivery: &Delivery) -> Result<Vec<SurfaceHandle>, SendError> {
        let stale = match self.adapter.update(handle, delivery).await {
            Ok(changed) => return Ok(changed.into_iter().collect()),
            Err(SendError::Stale(reason)) => reason,
            Err(error) => return Err(error),
        };
        tracing::info!(card = delivery.key, reason = stale, "the card is stale; its reader is told by a message");
        let view = &delivery.view;
        let notice = Notice { title: view.title.clone(), lines: vec![view.state.text()], url: view.detail_url.clone() };
        for recipient in &delivery.recipients {
            self.adapter.notify(&recipient.identity, &notice).await?;
        }
        // Whatever code there was is spent.
        Ok(vec![SurfaceHandle { details: None, ..handle.clone() }])
    }

    /// A job for the writer; `None`, logged, when it could not be done.
    async fn write<T, F>(&self, work: F) -> Option<T>
    where
        T: std::marker::Send + 'static,
        F: FnOnce(&mut crate::store::Turn<'_, Authority>) -> Result<T, Stop<std::convert::Infallible>>
            + std::marker::Send
            + 'static,
    {
        let done: Result<T, WriteError<std::convert::Infallible>> = self.app.store.writer.run(work).await;
        done.inspect_err(|error| tracing::error!(%error, "the outbox could not be written")).ok()
    }
}

/// Plans for these cards, and writes settled rows and leases.
fn plan(
    connection: &Connection,
    state: &Authority,
    now: Timestamp,
    desk: &Desk,
    cards: &[String],
    sends_once: bool,
    buckets: &Mutex<Buckets>,
) -> Result<Planned, StoreError> {
    let found = rows::of_cards(connection, cards, sends_once)?;
    let rows: Vec<Row> = found.iter().map(|found| found.row.clone()).collect();
    let now = milliseconds(now);
    let Plan { sends, settle } = policy::next(now, AT_ONCE, &rows);
    for row in &settle {
        put(connection, &found, row)?;
        tracing::info!(card = row.card, error = row.last_error, "a view of a card is over without being sent");
    }
    let mut planned = Planned::default();
    for send in sends {
        // The rest keeps its place: it is the app that has to wait, not this card.
        if let Err(until) = buckets.lock().unwrap_or_else(PoisonError::into_inner).app_ready(now) {
            planned.held_until = Some(until);
            break;
        }
        let mine = std::iter::once(&send.newest).chain(&send.covers).cloned().collect::<Vec<Row>>();
        match prepare(connection, state, now, desk, &found, send, buckets)? {
            Prepared::Send(job) => {
                for row in &mine {
                    put(connection, &found, row)?;
                }
                planned.jobs.push(*job);
            }
            Prepared::Silent(silent) => {
                let (send, handle) = *silent;
                rows::keep_handle(connection, &send.card, &handle, timestamp(now))?;
                for row in policy::after(now, 0, send, &Ok(())) {
                    put(connection, &found, &row)?;
                }
            }
            Prepared::Unbound => {
                wait(connection, &found, mine, now.saturating_add(UNBOUND_WAIT), Some("chat.unbound"))?;
            }
            Prepared::Later(ready) => wait(connection, &found, mine, ready, None)?,
        }
    }
    Ok(planned)
}

/// Puts rows off without counting an attempt.
fn wait(
    connection: &Connection,
    found: &[Found],
    rows: Vec<Row>,
    next_at: u64,
    error: Option<&str>,
) -> Result<(), StoreError> {
    for row in rows {
        let last_error = error.map(str::to_owned).or_else(|| row.last_error.clone());
        put(connection, found, &Row { next_at, last_error, lease_until: None, ..row })?;
    }
    Ok(())
}

fn put(connection: &Connection, found: &[Found], row: &Row) -> Result<(), StoreError> {
    found.iter().find(|found| found.row.id == row.id).map_or(Ok(()), |found| found.put(connection, row))
}

/// The newest view and who gets it.
fn prepare(
    connection: &Connection,
    state: &Authority,
    now: u64,
    desk: &Desk,
    found: &[Found],
    send: Send,
    buckets: &Mutex<Buckets>,
) -> Result<Prepared, StoreError> {
    let Some(of) = found.iter().find(|found| found.row.id == send.newest.id) else {
        return Ok(Prepared::Unbound);
    };
    let made_at = found
        .iter()
        .find(|found| found.row.card == send.card && found.row.creates)
        .map_or(send.newest.queued_at, |found| found.row.queued_at);
    let Some(view) = desk.view(connection, state, &of.card, now)? else {
        return Ok(Prepared::Unbound);
    };
    let Some(delivery) = desk.delivery(connection, &send.card, &of.card, view, made_at)? else {
        return Ok(Prepared::Unbound);
    };
    if let (Platform::WeChatMiniProgram, true, [reader]) = (desk.platform, send.creates, delivery.recipients.as_slice())
        && consent::remaining(connection, &reader.identity)? == 0
    {
        let (key, user) = (send.card.clone(), Some(reader.identity.user.clone()));
        let handle = SurfaceHandle { platform: desk.platform, key, user, details: None };
        return Ok(Prepared::Silent(Box::new((send, handle))));
    }
    let member = delivery.recipients.first().map(|one| member(&one.identity)).unwrap_or_default();
    if let Err(ready) = buckets.lock().unwrap_or_else(PoisonError::into_inner).take(now, &member) {
        return Ok(Prepared::Later(ready));
    }
    let handle = rows::handle(connection, &send.card)?;
    let rows = found.iter().filter(|found| found.row.card == send.card).cloned().collect();
    Ok(Prepared::Send(Box::new(Job { send, rows, delivery, handle })))
}

fn member(identity: &ChatIdentity) -> String {
    format!("{}/{}", identity.corporation, identity.user)
}
