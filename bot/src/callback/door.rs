//! One platform's callbacks, from the web server's request to its reply.

use super::{CallbackReply, CallbackRequest, HttpCallback, LONGEST_BODY, Received, Rejected, ReplayGuard, Seen};
use crate::tap::{Tap, TapHandler, TapOutcome};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::time::{Instant, sleep_until, timeout};

/// Serves the callbacks of one platform. Cheap to clone.
#[derive(Clone)]
pub struct Door {
    callback: Arc<dyn HttpCallback>,
    handler: Arc<dyn TapHandler>,
    guard: Arc<Mutex<ReplayGuard>>,
}

impl Door {
    /// A door for a platform, with the server behind it.
    pub fn new(callback: Arc<dyn HttpCallback>, handler: Arc<dyn TapHandler>) -> Self {
        Self { callback, handler, guard: Arc::default() }
    }

    /// Serves one callback. Always answers, and before the platform stops waiting.
    pub async fn serve(&self, request: CallbackRequest) -> CallbackReply {
        match self.admit(&request) {
            Ok(Admitted::Known(reply)) => reply,
            Ok(Admitted::Fresh(received)) => {
                let reply = self.dispatch(received, request.now).await;
                // What could not be decided is decided by the platform's next try.
                if reply.status == 200 {
                    self.guard().answered(&self.callback.signed_by(&request), &reply);
                }
                reply
            }
            Err(rejected) => {
                let platform = self.callback.platform().word();
                tracing::warn!(platform, code = rejected.code(), "a callback was refused");
                CallbackReply::refusal(rejected.status())
            }
        }
    }

    fn admit(&self, request: &CallbackRequest) -> Result<Admitted, Rejected> {
        if request.body.len() > LONGEST_BODY {
            return Err(Rejected::TooLong);
        }
        let received = self.callback.receive(request)?;
        if let Received::Challenge(reply) = received {
            return Ok(Admitted::Known(reply));
        }
        match self.guard().meet(request.now, &self.callback.signed_by(request), &request.body) {
            Seen::OtherBody => Err(Rejected::SwappedBody),
            Seen::Again(Some(reply)) => {
                tracing::info!(
                    platform = self.callback.platform().word(),
                    code = "callback.repeated",
                    "answered again"
                );
                Ok(Admitted::Known(reply))
            }
            // A repeat while the first is being decided is decided with it: the outcome is the same.
            Seen::Fresh | Seen::Again(None) => Ok(Admitted::Fresh(received)),
        }
    }

    async fn dispatch(&self, received: Received, now: u64) -> CallbackReply {
        match received {
            Received::Challenge(reply) => reply,
            Received::Nothing => self.callback.received(now),
            Received::Message(message) => {
                let handler = Arc::clone(&self.handler);
                tokio::spawn(async move { handler.message(message).await });
                self.callback.received(now)
            }
            Received::Tap(tap) => self.tap(*tap, now).await,
        }
    }

    async fn tap(&self, tap: Tap, now: u64) -> CallbackReply {
        let callback_over = Instant::now() + self.callback.tap_limit();
        let (handler, asked) = (Arc::clone(&self.handler), tap.clone());
        // A task of its own: a panic in it is contained, and it goes on if the deadline passes.
        let mut deciding = tokio::spawn(async move { handler.tap(asked).await });
        match timeout(self.callback.tap_deadline(), &mut deciding).await {
            Ok(Ok(outcome)) => self.callback.answer(&tap, &outcome, now),
            Ok(Err(_panicked)) => self.callback.answer(&tap, &TapOutcome::Unavailable, now),
            Err(_late) => {
                let reply = self.callback.processing(&tap, now);
                let handler = Arc::clone(&self.handler);
                tokio::spawn(async move {
                    let outcome = deciding.await.ok();
                    // An update that overtook the answer would be undone by it.
                    sleep_until(callback_over).await;
                    handler.missed(tap, outcome).await;
                });
                reply
            }
        }
    }

    fn guard(&self) -> std::sync::MutexGuard<'_, ReplayGuard> {
        self.guard.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Admitted {
    Known(CallbackReply),
    Fresh(Received),
}
