//! The places of the app: tabs at a phone's foot, a rail at a desktop's side. The same links.

use leptos::prelude::*;

use super::icon::{Glyph, Icon, Mark};
use super::tag::Count;
use crate::text::text;

/// What waits for the person behind a place.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Badge {
    /// How many things need this person.
    pub(crate) count: Signal<u32>,
    /// Something failed there; paints the count red.
    pub(crate) error: Signal<bool>,
}

/// The badges of the places that have any.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Badges {
    /// 报销
    pub(crate) claims: Badge,
    /// 审批
    pub(crate) approvals: Badge,
    /// 我的
    pub(crate) me: Badge,
}

/// The navigation. `path` is where the app is now.
#[component]
pub(crate) fn Tabs(#[prop(into)] path: Signal<String>, badges: Badges) -> impl IntoView {
    let place = &text().place;
    view! {
        <nav class="tabs" aria-label=place.navigation>
            <div class="tabs-brand"><Mark/>{text().product}</div>
            <Tab path href="/" under="/claims" icon=Icon::Receipt label=place.claims badge=badges.claims/>
            <Tab path href="/approvals" under="/approvals" icon=Icon::Stamp label=place.approvals badge=badges.approvals/>
            <Tab path href="/capture" under="/capture" icon=Icon::Camera label=place.capture raised=true/>
            <Tab path href="/budget" under="/budget" icon=Icon::Abacus label=place.budget/>
            <Tab path href="/me" under="/me" icon=Icon::Person label=place.me badge=badges.me/>
        </nav>
    }
    .into_any()
}

#[component]
fn Tab(
    path: Signal<String>,
    href: &'static str,
    /// The tab is lit on every path below this one.
    under: &'static str,
    icon: Icon,
    label: &'static str,
    #[prop(optional)] badge: Badge,
    /// The raised one in the middle.
    #[prop(optional)]
    raised: bool,
) -> impl IntoView {
    let current = move || {
        let here = path.with(|path| {
            path == href || path.strip_prefix(under).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'))
        });
        here.then_some("page")
    };
    let needs = move || {
        let count = badge.count.get();
        (count > 0).then(|| view! { <span class="unseen">{(text().place.needing_you)(count)}</span> })
    };
    view! {
        <a class="tab" class:tab-capture=raised href=href aria-current=current data-test=href>
            <span class="tab-icon">
                <Glyph icon/>
                <Count count=badge.count error=badge.error/>
            </span>
            <span>{label}</span>
            {needs}
        </a>
    }
}
