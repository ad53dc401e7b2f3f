//! Photographs and files of a request: a row of small pictures, and one large.

use leptos::prelude::*;

use super::Press;
use super::icon::{Glyph, Icon};

/// A row of [`Thumbnail`]s.
#[component]
pub(crate) fn Photos(children: Children) -> impl IntoView {
    view! { <div class="photos">{children()}</div> }.into_any()
}

/// A small picture that opens the large one.
#[component]
pub(crate) fn Thumbnail(
    /// What it is, for screen readers: `票据 2`.
    #[prop(into)]
    label: String,
    /// The address of the picture; none while it is not on this device, or for a file.
    #[prop(into)]
    src: Signal<Option<String>>,
    /// The kind of file shown when there is no picture: `PDF`.
    #[prop(into, optional)]
    kind: String,
    /// A word over its foot: 待同步, 读取中.
    #[prop(into, optional)]
    note: Signal<Option<String>>,
    #[prop(into)] on_press: Press,
) -> impl IntoView {
    let kind = StoredValue::new(kind);
    let picture = move || match src.get() {
        Some(src) => view! { <img src=src alt="" loading="lazy" decoding="async"/> }.into_any(),
        None => view! {
            <span class="photo-file"><Glyph icon=Icon::File/>{kind.get_value()}</span>
        }
        .into_any(),
    };
    view! {
        <button type="button" class="photo" on:click=move |_| on_press.run(())>
            <span class="unseen">{label}</span>
            {picture}
            {move || note.get().map(|note| view! { <span class="photo-note">{note}</span> })}
        </button>
    }
    .into_any()
}
