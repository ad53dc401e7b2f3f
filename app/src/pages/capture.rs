//! 拍票: from a tap to a draft that is already on the device, in three taps or fewer.

use leptos::prelude::*;

use super::frame::{Badge, named};
use crate::parts::cell::{Cell, Face, Group};
use crate::parts::file_pick::{FilePick, FileSource};
use crate::parts::icon::{Glyph, Icon, IconSize};
use crate::parts::money::Amount;
use crate::parts::page::Page;
use crate::state::route::Route;
use crate::state::row::Section;
use crate::state::{surroundings, use_desk, use_navigator};
use crate::text::text;

/// Three ways to take a document, and the drafts that it may go to.
#[component]
pub(crate) fn Capture() -> impl IntoView {
    let desk = use_desk();
    let words = &text().pages.capture;
    let navigator = use_navigator();
    // None is a new claim; a draft is chosen first, if the document belongs to it.
    let into = RwSignal::new(None::<budget::RequestId>);
    let take = move |event: leptos::ev::Event| {
        let request = into.get_untracked().unwrap_or_else(surroundings::new_request);
        if desk.capture_chosen(request, &event) {
            navigator.go(&Route::Claim(request));
        }
    };
    let way = move |source, icon, label: &'static str, note: &'static str, test| {
        view! {
            <FilePick source class="capture-way" on_pick=take test>
                <Glyph icon size=IconSize::Large/>
                <span class="capture-word">{label}</span>
                <span class="quiet">{note}</span>
            </FilePick>
        }
    };
    let drafts = move || {
        let rows = desk.rows.get();
        let drafts: Vec<_> = rows
            .iter()
            .filter(|row| row.standing.is_editable() && row.section != Section::Done)
            .take(6)
            .cloned()
            .collect();
        (!drafts.is_empty()).then(|| {
            let choice = move |id: Option<budget::RequestId>| {
                move || if into.get() == id { Some(view! { <Glyph icon=Icon::Tick/> }) } else { None }
            };
            let row = move |row: crate::state::row::Row| {
                let id = row.id;
                let ticked = choice(Some(id));
                view! {
                    <Cell
                        title=named(row.title) test="capture-into" on_press=move || into.set(Some(id))
                        lead=|| view! { <Face icon=Icon::Receipt/> }
                        note=move || view! { <span class="figures">{surroundings::day(row.at)}</span> }
                        end=move || view! { <Amount amount=row.amount/>{ticked} }
                    />
                }
            };
            let ticked = choice(None);
            view! {
                <Group title=words.into foot=words.into_words>
                    <Cell
                        title=text().place.new_claim on_press=move || into.set(None) test="capture-into-new"
                        lead=|| view! { <Face icon=Icon::Plus/> } end=ticked
                    />
                    {drafts.into_iter().map(row).collect_view()}
                </Group>
            }
        })
    };
    view! {
        <Page title=text().place.capture end=|| view! { <Badge/> }>
            <div class="capture-ways">
                {way(FileSource::Camera, Icon::Camera, text().action.take_photo, words.camera, "capture-camera")}
                {way(FileSource::Gallery, Icon::Picture, text().action.from_gallery, words.gallery, "capture-gallery")}
                {way(FileSource::Files, Icon::File, text().action.from_file, words.files, "capture-file")}
            </div>
            {drafts}
        </Page>
    }
    .into_any()
}
