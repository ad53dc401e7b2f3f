//! The state of a thing in a word, and counts.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Tone;
use super::icon::{Glyph, Icon, IconSize};
use crate::text::text;

/// A word on a quiet ground. Colour repeats what the word says, never more.
#[component]
pub(crate) fn Tag(
    #[prop(into)] label: TextProp,
    #[prop(into, optional)] tone: Signal<Tone>,
    #[prop(optional)] icon: Option<Icon>,
) -> impl IntoView {
    let is = move |wanted| move || tone.get() == wanted;
    view! {
        <span
            class="tag"
            class:tag-active=is(Tone::Active)
            class:tag-good=is(Tone::Good)
            class:tag-warn=is(Tone::Warn)
            class:tag-bad=is(Tone::Bad)
        >
            {icon.map(|icon| view! { <Glyph icon size=IconSize::Small/> })}
            {move || label.get()}
        </span>
    }
    .into_any()
}

/// 待同步: waits for the server. A dashed border and a clock, at full contrast.
#[component]
pub(crate) fn PendingTag() -> impl IntoView {
    view! {
        <span class="tag tag-dashed">
            <Glyph icon=Icon::Clock size=IconSize::Small/>
            {text().sync.pending}
        </span>
    }
}

/// How many; nothing when none. `error` paints it red.
#[component]
pub(crate) fn Count(#[prop(into)] count: Signal<u32>, #[prop(into, optional)] error: Signal<bool>) -> impl IntoView {
    move || {
        let count = count.get();
        (count > 0).then(|| {
            let shown = if count > 99 { String::from("99+") } else { count.to_string() };
            view! { <span class="count" class:count-error=error aria-hidden="true">{shown}</span> }
        })
    }
}
