//! One thing that matters, in the flow of a page: a warning, a conflict, a piece of good news.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Tone;
use super::icon::{Glyph, Icon, IconSize};

/// A title, words under it, and perhaps a button.
#[component]
pub(crate) fn Notice(
    #[prop(optional)] tone: Tone,
    #[prop(into)] title: TextProp,
    #[prop(into, optional)] words: TextProp,
    #[prop(into, optional)] action: ViewFnOnce,
) -> impl IntoView {
    let (class, icon) = match tone {
        Tone::Neutral | Tone::Active => ("notice", Icon::Info),
        Tone::Good => ("notice notice-good", Icon::Tick),
        Tone::Warn => ("notice notice-warn", Icon::Alert),
        Tone::Bad => ("notice notice-bad", Icon::Alert),
    };
    view! {
        <div class=class>
            <Glyph icon size=IconSize::Medium/>
            <div class="notice-body">
                <p class="notice-title">{move || title.get()}</p>
                <p>{move || words.get()}</p>
            </div>
            {action.run()}
        </div>
    }
    .into_any()
}
