//! Choosing one thing of a tree: a department, a project's task, an account.
//!
//! Promise: with a word typed, everything that matches is found at any depth and shown with where it belongs.

use leptos::prelude::*;
use leptos::text_prop::TextProp;

use super::Handler;
use super::icon::{Glyph, Icon};
use super::search::Search;
use super::sheet::Sheet;
use crate::text::text;

/// One row of the tree. Rows come in the order in which they are shown, parents before children.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PickerOption {
    /// What is handed back.
    pub(crate) id: String,
    /// What a person reads.
    pub(crate) label: String,
    /// Behind the label, such as a code or what is left of a budget.
    pub(crate) note: String,
    /// Other words it is found by, such as pinyin or a code.
    pub(crate) keywords: String,
    /// 0 at the root.
    pub(crate) level: u8,
    /// False for a branch that only holds others.
    pub(crate) selectable: bool,
}

/// A sheet to choose from; it closes when something is chosen.
#[component]
pub(crate) fn Picker(
    open: RwSignal<bool>,
    #[prop(into)] title: TextProp,
    #[prop(into)] options: Signal<Vec<PickerOption>>,
    /// The id that is chosen now.
    #[prop(into)]
    chosen: Signal<Option<String>>,
    #[prop(into)] on_choose: Handler<String>,
    #[prop(optional)] test: &'static str,
) -> impl IntoView {
    let word = RwSignal::new(String::new());
    Effect::new(move |_| {
        if !open.get() {
            word.set(String::new());
        }
    });
    let rows = move || {
        let word = word.get().trim().to_lowercase();
        options.with(|options| found(options, &word))
    };
    let choose = move |id: String| {
        open.set(false);
        on_choose.run(id);
    };
    let row = move |(option, path): (PickerOption, String)| {
        let id = option.id.clone();
        let is_chosen = {
            let id = id.clone();
            move || chosen.with(|chosen| chosen.as_ref() == Some(&id))
        };
        let tick = {
            let is_chosen = is_chosen.clone();
            move || is_chosen().then(|| view! { <Glyph icon=Icon::Tick/> })
        };
        let class = match (option.selectable, option.level) {
            (false, _) => "cell picker-branch",
            (true, 0) => "cell",
            (true, 1) => "cell picker-level-1",
            (true, 2) => "cell picker-level-2",
            (true, _) => "cell picker-level-3",
        };
        let inside = view! {
            <span class="cell-body">
                <span class="cell-title">{option.label}</span>
                <span class="picker-path">{path}</span>
            </span>
            <span class="cell-end quiet figures">{option.note}</span>
        };
        if option.selectable {
            view! {
                <button
                    type="button" class=class class:picker-chosen=is_chosen.clone()
                    aria-pressed=move || if is_chosen() { "true" } else { "false" }
                    data-option=id.clone()
                    on:click=move |_| choose(id.clone())
                >
                    {inside}{tick}
                </button>
            }
            .into_any()
        } else {
            view! { <div class=class>{inside}</div> }.into_any()
        }
    };
    view! {
        <Sheet open title tight=true test>
            <Search word placeholder=text().action.search/>
            <div class="picker-list">
                {move || {
                    let rows = rows();
                    if rows.is_empty() {
                        view! { <p class="blank quiet" role="status">{text().field.nothing_matches}</p> }.into_any()
                    } else {
                        rows.into_iter().map(row).collect_view().into_any()
                    }
                }}
            </div>
        </Sheet>
    }
    .into_any()
}

/// What matches `word` (already in lower case), each with the path of its parents; the whole tree for no word.
fn found(options: &[PickerOption], word: &str) -> Vec<(PickerOption, String)> {
    if word.is_empty() {
        return options.iter().map(|option| (option.clone(), String::new())).collect();
    }
    let mut path: Vec<&str> = Vec::new();
    let mut found = Vec::new();
    for option in options {
        path.truncate(usize::from(option.level));
        let fits =
            [&option.label, &option.note, &option.keywords].iter().any(|text| text.to_lowercase().contains(word));
        if option.selectable && fits {
            found.push((PickerOption { level: 0, ..option.clone() }, path.join(" / ")));
        }
        path.push(&option.label);
    }
    found
}
