//! The document around the app: language, theme, title, focus, and marks for measuring.

use wasm_bindgen::JsCast;
use web_sys::{Document, HtmlElement};

fn document() -> Option<Document> {
    web_sys::window()?.document()
}

/// The language of the document, for fonts and screen readers.
pub(super) fn set_language(tag: &str) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = root.set_attribute("lang", tag);
    }
}

/// `light`, `dark`, or as the system says.
pub(super) fn set_theme(theme: Option<&str>) {
    if let Some(root) = document().and_then(|document| document.document_element()) {
        let _ = match theme {
            Some(theme) => root.set_attribute("data-theme", theme),
            None => root.remove_attribute("data-theme"),
        };
    }
}

/// The title of the tab.
pub(crate) fn set_title(title: &str) {
    if let Some(document) = document() {
        document.set_title(title);
    }
}

/// Moves the focus to the page's heading, so that a screen reader begins there.
pub(crate) fn focus_heading() {
    let heading = document().and_then(|document| {
        // Beside a list the detail is the new place.
        let find = |selector| document.query_selector(selector).ok().flatten();
        find("main .split-chosen > .split-detail h1").or_else(|| find("main h1"))
    });
    if let Some(heading) = heading.and_then(|heading| heading.dyn_into::<HtmlElement>().ok()) {
        let options = web_sys::FocusOptions::new();
        options.set_prevent_scroll(true);
        let _ = heading.focus_with_options(&options);
    }
}

/// Notes a moment in the browser's timeline, for measuring.
pub(crate) fn mark(name: &str) {
    if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
        let _ = performance.mark(name);
    }
}

/// Notes how long something took since the moment `since` was noted, under `name`.
pub(crate) fn measure(name: &str, since: &str) {
    if let Some(performance) = web_sys::window().and_then(|window| window.performance()) {
        let _ = performance.measure_with_start_mark(name, since);
        performance.clear_marks_with_mark_name(since);
    }
}

/// Leaves for another path of the app and starts it anew, so that nothing of before stays in memory.
pub(crate) fn start_at(path: &str) {
    if let Some(window) = web_sys::window() {
        let _ = window.location().replace(path);
    }
}

/// Brings the element with this id into view and gives it the focus.
pub(crate) fn scroll_to(id: &str) {
    let found = document().and_then(|document| document.get_element_by_id(id));
    if let Some(found) = found {
        found.scroll_into_view();
        if let Ok(found) = found.dyn_into::<HtmlElement>() {
            let _ = found.focus();
        }
    }
}

/// What this device and browser call themselves, in a few words: `Chrome · Android`.
pub(crate) fn device_name() -> String {
    let agent = web_sys::window().and_then(|window| window.navigator().user_agent().ok()).unwrap_or_default();
    let first = |names: &[&'static str]| names.iter().find(|name| agent.contains(**name)).copied().unwrap_or("");
    let browser = first(&["MicroMessenger", "Edg", "Firefox", "Chrome", "Safari"]);
    let system = first(&["iPhone", "iPad", "Android", "Windows", "Mac OS", "Linux"]);
    let parts: Vec<&str> = [browser, system].into_iter().filter(|part| !part.is_empty()).collect();
    parts.join(" · ")
}

/// Loads the page again.
pub(crate) fn reload() {
    if let Some(window) = web_sys::window() {
        let _ = window.location().reload();
    }
}

/// Opens a `blob:` address, such as a PDF, beside the app.
pub(crate) fn open(url: &str) {
    if let Some(window) = web_sys::window() {
        let _ = window.open_with_url_and_target(url, "_blank");
    }
}
