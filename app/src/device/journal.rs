//! Notes that survive a tab that is killed between two keystrokes.
//!
//! IndexedDB answers later; a page that is being closed has no later. `localStorage` has left the page before the call
//! returns, so it holds what was typed until the database has it. It is the browser that writes it to the disk, some
//! seconds later: a browser that dies as a whole loses what was typed in the moment before its database was told.
//!
//! Each tab has notes of its own under `…/{tab}`; those of a tab that no longer lives are [`orphans`] and taken up by
//! the next one.

use std::cell::OnceCell;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::{leader, random};

thread_local! {
    static TAB: OnceCell<String> = const { OnceCell::new() };
}

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// The name of this tab, new at every start. The tab is known to live for as long as it holds a lock of this name.
pub(crate) fn tab() -> String {
    TAB.with(|tab| {
        tab.get_or_init(|| {
            let name = hex::encode(random::bytes::<8>());
            leader::stand(&lock(&name), || {});
            name
        })
        .clone()
    })
}

fn lock(tab: &str) -> String {
    format!("suanpan-tab/{tab}")
}

/// Replaces the notes under a name; nothing to note removes them.
pub(crate) fn write(name: &str, notes: Option<&str>) {
    if let Some(storage) = storage() {
        // Where nothing can be kept the database still gets it a moment later.
        let _ = match notes {
            Some(notes) => storage.set_item(name, notes),
            None => storage.remove_item(name),
        };
    }
}

/// Removes every note whose name begins so, whichever tab's it is.
pub(crate) fn forget(prefix: &str) {
    for name in names(prefix) {
        write(&name, None);
    }
}

/// The notes, under names that begin so, of tabs that no longer live. Calls `take` for each, in a task of its own because
/// the browser answers later. What it took is taken away: it has noted it anew. What it did not take stays.
pub(crate) fn orphans(prefix: &str, take: impl Fn(String) -> bool + Clone + 'static) {
    let own = tab();
    for name in names(prefix) {
        let of = name.strip_prefix(prefix).unwrap_or_default().to_owned();
        if of == own {
            continue;
        }
        let take = take.clone();
        leader::when_free(&lock(&of), move || {
            let notes = storage().and_then(|storage| storage.get_item(&name).ok().flatten());
            if notes.is_some_and(take) {
                write(&name, None);
            }
        });
    }
}

fn names(prefix: &str) -> Vec<String> {
    let Some(storage) = storage() else {
        return Vec::new();
    };
    let count = storage.length().unwrap_or_default();
    let all = (0..count).filter_map(|index| storage.key(index).ok().flatten());
    all.filter(|name| name.starts_with(prefix)).collect()
}

/// Bytes as text that can be noted.
pub(crate) fn text(bytes: &[u8]) -> String {
    STANDARD.encode(bytes)
}

/// The bytes of a noted text; none when it is damaged.
pub(crate) fn bytes(text: &str) -> Vec<u8> {
    STANDARD.decode(text).unwrap_or_default()
}
