//! The device as pages see it: the time, files that were chosen, the home screen, what the browser keeps.

use budget::{Date, RequestId, Timestamp};
use leptos::prelude::*;

use super::desk::Desk;
use crate::device::capture::chosen;
use crate::device::{clock, page, persist, random, settings, task};
use crate::text::format;

pub(crate) use crate::device::persist::Installing;
pub(crate) use crate::device::settings::Appearance;

/// A time as short as it can be said now.
pub(crate) fn moment(at: Timestamp) -> String {
    format::moment(at, clock::now(), clock::zone())
}

/// The time of day.
pub(crate) fn time(at: Timestamp) -> String {
    format::time(at, clock::zone())
}

/// A day as short as it can be said today.
pub(crate) fn day(at: Timestamp) -> String {
    format::day(clock::zone().date(at), clock::today())
}

/// Today on this device's wall.
pub(crate) fn today() -> Date {
    clock::today()
}

/// An id for a request that is begun now.
pub(crate) fn new_request() -> RequestId {
    RequestId(random::id().into_bytes())
}

/// Brings an element into view and gives it the focus.
pub(crate) fn go_to(id: &str) {
    page::scroll_to(id);
}

/// The appearance that was chosen.
pub(crate) fn appearance() -> Appearance {
    settings::appearance()
}

/// Chooses an appearance.
pub(crate) fn choose_appearance(appearance: Appearance) {
    settings::set_appearance(appearance);
}

/// How the app can be put on the home screen; changes when the browser offers it.
pub(crate) fn installing() -> Signal<Installing> {
    let state = RwSignal::new(persist::installing());
    persist::watch(move || {
        state.try_set(persist::installing());
    });
    state.into()
}

/// Puts the app on the home screen, if the browser offered it.
pub(crate) fn install() {
    task::spawn(async {
        persist::install().await;
    });
}

/// Whether the browser promises to keep what is stored, and how many bytes are used; `None` until it answered.
pub(crate) fn storage() -> Signal<Option<(bool, u64)>> {
    let state = RwSignal::new(None);
    task::spawn(async move {
        let kept = persist::keep().await;
        let used = persist::space().await.map_or(0, |(used, _)| used);
        state.try_set(Some((kept, used)));
    });
    state.into()
}

/// Runs something that answers later.
pub(crate) fn later(work: impl Future<Output = ()> + 'static) {
    task::spawn(work);
}

impl Desk {
    /// Takes the files that a person just chose into a claim. False when none was chosen.
    pub(crate) fn capture_chosen(self, request: RequestId, event: &leptos::ev::Event) -> bool {
        let files = chosen(event);
        let some = !files.is_empty();
        self.capture(request, files);
        some
    }
}
