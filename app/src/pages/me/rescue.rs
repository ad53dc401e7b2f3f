//! 救援文件: a way out of a device whose server is out of reach, and back in.

use leptos::prelude::*;

use crate::parts::cell::{Cell, Group};
use crate::parts::file_pick::{FilePick, FileSource};
use crate::parts::toast::use_toaster;
use crate::state::{Desk, surroundings};
use crate::text::{error, text};

/// Two rows: save, and take back.
#[component]
pub(super) fn Rescue(desk: Desk) -> impl IntoView {
    let words = &text().pages.rescue;
    let toaster = use_toaster();
    let save = move || {
        surroundings::later(async move {
            match desk.save_rescue().await {
                Ok(0) => toaster.say(words.nothing),
                Ok(count) => toaster.say((words.saved)(count)),
                Err(code) => toaster.fail(error(code)),
            }
        });
    };
    let take = move |event: leptos::ev::Event| {
        surroundings::later(async move {
            match desk.take_back(event).await {
                None => {}
                Some(Ok(done)) if done.lost > 0 => toaster.fail((words.taken_with_loss)(done.drafts, done.lost)),
                Some(Ok(done)) if done.drafts == 0 => toaster.say(words.here_already),
                Some(Ok(done)) => toaster.say((words.taken)(done.drafts)),
                Some(Err(code)) => toaster.fail(error(code)),
            }
        });
    };
    view! {
        <h2 class="section-title">{words.title}</h2>
        <Group>
            <Cell title=words.save note=move || view! { <span>{words.save_words}</span> } on_press=save test="rescue-save"/>
            <FilePick source=FileSource::Rescue class="cell" on_pick=take test="rescue-take">
                <span class="cell-body">
                    <span class="cell-title">{words.take}</span>
                    <span class="cell-note">{words.take_words}</span>
                </span>
            </FilePick>
        </Group>
        <p class="group-foot">{words.foot}</p>
    }
    .into_any()
}
