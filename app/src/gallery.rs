//! Every part in every state, and whole screens made of them, so that looks can be judged. Debug builds only.

use crate::state::use_navigator;
use leptos::prelude::*;

use crate::device::settings::{self, Appearance};
use crate::parts::segments::{Segment, Segments};
use crate::parts::tabs::{Badge, Badges, Tabs};

mod device;
mod pieces;
mod screens;
mod sheets;

/// The rooms: `/gallery` for the parts, `/gallery/claims` and others for screens.
#[component]
pub(crate) fn Gallery() -> impl IntoView {
    let path = use_navigator().path();
    let room = path.with_untracked(|path| path.trim_start_matches("/gallery").trim_matches('/').to_owned());
    let (lit, shown) = match room.as_str() {
        "claims" => ("/", screens::claims()),
        "claim" => ("/claims/1", screens::claim()),
        "approvals" => ("/approvals", screens::approvals()),
        "approval" => ("/approvals/1", screens::approval()),
        "budget" => ("/budget", screens::budget()),
        "sign-in" => return sheets::sign_in(),
        "empty" => ("/approvals", sheets::empty()),
        "sheet" => ("/claims/1", sheets::sheet()),
        "device" => ("/me", device::room()),
        "reject" => ("/approvals/1", sheets::reject()),
        _ => ("/me", view! { <Theme/>{pieces::all()} }.into_any()),
    };
    let count = |count: u32| Signal::stored(count);
    let badges = Badges {
        claims: Badge { count: count(1), error: Signal::stored(true) },
        approvals: Badge { count: count(3), ..Badge::default() },
        ..Badges::default()
    };
    view! {
        <div class="shell">
            {shown}
            <Tabs path=Signal::stored(lit.to_owned()) badges/>
        </div>
    }
    .into_any()
}

#[component]
fn Theme() -> impl IntoView {
    let chosen = RwSignal::new("automatic");
    let none = Signal::stored(0);
    let segment = |id, label: &str| Segment { id, label: label.to_owned(), count: none };
    let choose = move |id| {
        chosen.set(id);
        settings::set_appearance(match id {
            "light" => Appearance::Light,
            "dark" => Appearance::Dark,
            _ => Appearance::Automatic,
        });
    };
    view! {
        <Segments
            label="外观" chosen=chosen on_choose=choose
            segments=vec![segment("automatic", "跟随系统"), segment("light", "浅色"), segment("dark", "深色")]
        />
    }
}
