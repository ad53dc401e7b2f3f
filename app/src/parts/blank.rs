//! Pages with nothing on them yet, pages that failed, and the moment before.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use crate::text::text;

/// What a blank page is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum BlankKind {
    /// Nothing here yet: what to do next.
    #[default]
    Empty,
    /// It did not work: why, and what to do.
    Failed,
}

/// An empty or failed page: a drawing, a title, a sentence, the next action.
#[component]
pub(crate) fn Blank(
    #[prop(optional)] kind: BlankKind,
    #[prop(into)] title: TextProp,
    #[prop(into)] words: TextProp,
    /// The error's code, for whoever is asked for help.
    #[prop(into, optional)]
    code: String,
    #[prop(into, optional)] action: ViewFnOnce,
) -> impl IntoView {
    let failed = kind == BlankKind::Failed;
    view! {
        <div class="blank" class:blank-failed=failed role=failed.then_some("alert")>
            <BlankPicture/>
            <p class="blank-title">{move || title.get()}</p>
            <p class="blank-words">{move || words.get()}</p>
            {(!code.is_empty()).then(|| view! { <p class="blank-code">{(text().blank.code)(&code)}</p> })}
            {action.run()}
        </div>
    }
    .into_any()
}

/// A cleared abacus, one bead moved.
#[component]
fn BlankPicture() -> impl IntoView {
    let rods = [24, 48, 72, 96];
    let rod = |x: i32| view! { <line class="rod" x1=x y1="6" x2=x y2="82"></line> };
    let bead = |x: i32, y: i32, warm: bool| {
        view! {
            <rect class=if warm { "bead-warm" } else { "bead" } x=x - 9 y=y width="18" height="9" rx="4.5"></rect>
        }
    };
    let beads = move |x: i32| {
        let moved = x == 72;
        view! {
            {bead(x, 11, false)}
            {bead(x, if moved { 34 } else { 45 }, moved)}
            {bead(x, 57, false)}
            {bead(x, 69, false)}
        }
    };
    view! {
        <svg class="blank-picture" viewBox="0 0 120 88" aria-hidden="true">
            {rods.map(rod)}
            <rect class="frame" x="4" y="4" width="112" height="80" rx="8"></rect>
            <line class="frame" x1="4" y1="28" x2="116" y2="28"></line>
            {rods.map(beads)}
        </svg>
    }
}

/// Grey rows while something is read; they appear after 300 ms, because reads are local and mostly faster.
#[component]
pub(crate) fn Skeleton(#[prop(default = 3)] rows: usize) -> impl IntoView {
    let row = |_| {
        view! {
            <div class="cell">
                <span class="face face-thing"></span>
                <span class="cell-body">
                    <span class="skeleton-line"></span>
                    <span class="skeleton-line"></span>
                </span>
            </div>
        }
    };
    view! {
        <div class="skeleton group-body" role="status">
            <span class="unseen">{text().blank.loading}</span>
            {(0..rows).map(row).collect_view()}
        </div>
    }
    .into_any()
}
