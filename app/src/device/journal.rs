//! Notes that survive a tab that is killed between two keystrokes.
//!
//! IndexedDB answers later; a page that is being closed has no later. `localStorage` is written before the call
//! returns, so it holds what was typed until the database has it.

fn storage() -> Option<web_sys::Storage> {
    web_sys::window()?.local_storage().ok().flatten()
}

/// The notes under a name.
pub(crate) fn read(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
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
