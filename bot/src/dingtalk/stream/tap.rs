//! One tap: from the frame to the server's decision to the answer, inside the deadline.

use super::Shared;
use super::connection::{Answer, answer};
use crate::dingtalk::render;
use crate::dingtalk::wire::{CallbackResponse, CardCallback, Frame};
use crate::secret::Secret;
use crate::tap::{Tap, TapOutcome};
use serde_json::json;
use std::sync::Arc;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, sleep_until, timeout};

/// Decides on a tap and answers it on the socket that brought it.
pub(super) async fn serve(shared: &Shared, frame: &Frame, answers: mpsc::Sender<Answer>) {
    let timings = shared.client.timings();
    let callback_over = Instant::now() + timings.callback_limit;
    let Some(tap) = read(frame) else {
        tracing::warn!("a DingTalk card callback cannot be read");
        write(&answers, answer(frame, 400, "unreadable callback", "{}")).await;
        return;
    };
    let handler = Arc::clone(&shared.handler);
    let asked = tap.clone();
    // A task of its own: a panic in it is contained, and it goes on if the deadline passes.
    let mut deciding = tokio::spawn(async move { handler.tap(asked).await });
    let decided = timeout(timings.tap_deadline, &mut deciding).await;
    let outcome: Option<TapOutcome> = if let Ok(finished) = decided {
        let outcome = finished.ok();
        let response = outcome.as_ref().and_then(render::answer);
        if write(&answers, spell(frame, response.as_ref())).await {
            return;
        }
        outcome
    } else {
        // Whether or not this still reaches the card, the final view follows.
        write(&answers, spell(frame, Some(&render::processing()))).await;
        // The decision may take long; it must not keep a connection that has retired from closing.
        drop(answers);
        deciding.await.ok()
    };
    // An update that overtook the answer would be undone by it.
    sleep_until(callback_over).await;
    shared.handler.missed(tap, outcome).await;
}

fn read(frame: &Frame) -> Option<Tap> {
    let content = frame.content().ok()?;
    let evidence = Secret::new(content.to_string());
    let callback: CardCallback = serde_json::from_value(content).ok()?;
    Some(callback.into_tap(frame.header("messageId"), evidence))
}

/// The answer's text. Without a response it is a server error: the card stays as it is and can be tapped again.
fn spell(frame: &Frame, response: Option<&CallbackResponse>) -> String {
    match response {
        Some(response) => answer(frame, 200, "OK", &json!({"response": response}).to_string()),
        None => answer(frame, 500, "unavailable", "{}"),
    }
}

/// Writes an answer and waits until the socket has it; false if the socket is gone.
async fn write(answers: &mpsc::Sender<Answer>, text: String) -> bool {
    let (written, done) = oneshot::channel();
    answers.send(Answer { text, written }).await.is_ok() && done.await.is_ok()
}
