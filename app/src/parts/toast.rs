//! A line at the foot of the screen that says what was just done, with a way back: "已同意 · 撤销".

use std::sync::Arc;
use std::time::Duration;

use leptos::prelude::*;

use super::icon::{Glyph, Icon, IconSize};
use crate::text::text;

/// How long a line stays, which is how long something can be taken back.
pub(crate) const STAYS: Duration = Duration::from_secs(5);

type Undo = Arc<dyn Fn() + Send + Sync>;

#[derive(Clone)]
struct Toast {
    id: u64,
    words: String,
    bad: bool,
    undo: Option<Undo>,
}

/// The handle that pages use. Found with [`use_toaster`].
#[derive(Clone, Copy)]
pub(crate) struct Toaster {
    toasts: RwSignal<Vec<Toast>>,
    next: StoredValue<u64>,
}

impl Toaster {
    /// Makes the handle and gives it to everything below. Call once, in the shell.
    pub(crate) fn provide() -> Self {
        let toaster = Self { toasts: RwSignal::new(Vec::new()), next: StoredValue::new(0) };
        provide_context(toaster);
        toaster
    }

    /// Says what was done.
    pub(crate) fn say(self, words: impl Into<String>) {
        self.show(words.into(), false, None);
    }

    /// Says what went wrong.
    pub(crate) fn fail(self, words: impl Into<String>) {
        self.show(words.into(), true, None);
    }

    /// Says what was done and offers to take it back for [`STAYS`].
    pub(crate) fn say_undo(self, words: impl Into<String>, undo: impl Fn() + Send + Sync + 'static) {
        self.show(words.into(), false, Some(Arc::new(undo)));
    }

    fn show(self, words: String, bad: bool, undo: Option<Undo>) {
        let id = self.next.get_value();
        self.next.set_value(id + 1);
        self.toasts.update(|toasts| {
            // Two lines are what a person can read; an older one was done anyway.
            if toasts.len() >= 2 {
                toasts.remove(0);
            }
            toasts.push(Toast { id, words, bad, undo });
        });
        set_timeout(move || self.remove(id), STAYS);
    }

    fn remove(self, id: u64) {
        self.toasts.update(|toasts| toasts.retain(|toast| toast.id != id));
    }
}

/// The handle of this app. Where no shell stands (the gallery's parts alone) a silent one.
pub(crate) fn use_toaster() -> Toaster {
    use_context().unwrap_or_else(Toaster::provide)
}

/// Where the lines appear. Once, in the shell.
#[component]
pub(crate) fn Toasts(toaster: Toaster) -> impl IntoView {
    let line = move |toast: Toast| {
        let id = toast.id;
        let undo = toast.undo.map(|undo| {
            let press = move |_| {
                undo();
                toaster.remove(id);
            };
            view! {
                <button type="button" class="toast-undo" data-test="undo" on:click=press>{text().action.undo}</button>
            }
        });
        let icon = if toast.bad { Icon::Alert } else { Icon::Tick };
        view! {
            <div class="toast" class:toast-bad=toast.bad>
                <Glyph icon size=IconSize::Medium/>
                <span class="toast-text">{toast.words}</span>
                {undo}
            </div>
        }
    };
    view! {
        <div class="toasts" role="status" aria-live="polite" data-test="toasts">
            <For each=move || toaster.toasts.get() key=|toast| toast.id children=line/>
        </div>
    }
}
