//! The pieces that pages are made of: looks and manners, no knowledge of the app.
//!
//! Promise: a part takes values and calls back; it never reads state or storage. Every part works with a keyboard, a
//! screen reader, 200 % text and both themes, and uses the classes of `style/parts.css` in the order of that file.
//! In a debug build `/gallery` shows all of them in all their states.

use leptos::prelude::*;

pub(crate) mod blank;
pub(crate) mod budget_bar;
pub(crate) mod button;
pub(crate) mod cell;
pub(crate) mod conflict;
pub(crate) mod field;
pub(crate) mod file_pick;
pub(crate) mod header;
pub(crate) mod icon;
pub(crate) mod money;
pub(crate) mod notice;
pub(crate) mod page;
pub(crate) mod photo;
pub(crate) mod picker;
pub(crate) mod reasons;
pub(crate) mod search;
pub(crate) mod segments;
pub(crate) mod sheet;
pub(crate) mod source;
pub(crate) mod sync_badge;
pub(crate) mod tabs;
pub(crate) mod tag;
pub(crate) mod timeline;
pub(crate) mod toast;

/// Something that a press does. Closures convert: `on_press=move || …`.
pub(crate) type Press = UnsyncCallback<()>;

/// Something that is done with a value. Closures convert: `on_choose=move |id: String| …`.
pub(crate) type Handler<Value> = UnsyncCallback<Value>;

/// How a thing is meant, wherever colour says it beside words.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Neither good nor bad.
    #[default]
    Neutral,
    /// Going on, or worth a look.
    Active,
    /// Done, agreed.
    Good,
    /// Not yet certain.
    Warn,
    /// Refused, failed, over.
    Bad,
}

/// An id that no other element has, for labels and descriptions.
fn unique(kind: &str) -> String {
    thread_local! {
        static NEXT: std::cell::Cell<u32> = const { std::cell::Cell::new(0) };
    }
    let number = NEXT.get();
    NEXT.set(number.wrapping_add(1));
    format!("{kind}-{number}")
}
