//! The sync state in words, in one place of every page. Never a spinner, never a toast.

use leptos::prelude::*;

use super::Press;
use crate::text::text;

/// What the badge says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum SyncState {
    /// Everything is at the server; the time of the last news, `10:32`.
    Done(String),
    /// Talking for the first time.
    Connecting,
    /// This many things are on their way.
    Waiting(u32),
    /// No server in reach; this many things wait.
    Offline(u32),
    /// The server refused something, or this device failed.
    Failed,
}

/// The badge; pressing it shows what waits, in human words.
#[component]
pub(crate) fn SyncBadge(#[prop(into)] state: Signal<SyncState>, #[prop(into)] on_press: Press) -> impl IntoView {
    let words = move || {
        let sync = &text().sync;
        state.with(|state| match state {
            SyncState::Done(time) => (sync.done)(time),
            SyncState::Connecting => String::from(sync.connecting),
            SyncState::Waiting(count) => (sync.waiting)(*count),
            SyncState::Offline(count) => (sync.offline)(*count),
            SyncState::Failed => String::from(sync.failed),
        })
    };
    let class = move || {
        state.with(|state| match state {
            SyncState::Done(_) => "sync sync-done",
            SyncState::Connecting => "sync",
            SyncState::Waiting(_) => "sync sync-waiting",
            SyncState::Offline(_) => "sync sync-offline",
            SyncState::Failed => "sync sync-failed",
        })
    };
    view! {
        <button type="button" class=class data-test="sync" on:click=move |_| on_press.run(())>
            <span aria-live="polite">{words}</span>
        </button>
    }
    .into_any()
}
