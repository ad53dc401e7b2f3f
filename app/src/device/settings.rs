//! The few choices that must be known before the first paint, and belong to this browser rather than to a person.

use super::page;
use crate::text::{self, Language};

const LANGUAGE: &str = "language";
const APPEARANCE: &str = "appearance";

/// Light, dark, or as the system says (外观).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) enum Appearance {
    /// As the system says.
    #[default]
    Automatic,
    /// Always light.
    Light,
    /// Always dark.
    Dark,
}

impl Appearance {
    /// The value of `data-theme`; none when the system decides.
    const fn theme(self) -> Option<&'static str> {
        match self {
            Self::Automatic => None,
            Self::Light => Some("light"),
            Self::Dark => Some("dark"),
        }
    }
}

/// Applies what was chosen before. Call before the first paint.
pub(crate) fn restore() {
    text::choose(language());
    page::set_language(language().tag());
    page::set_theme(appearance().theme());
}

/// The language that was chosen, Chinese otherwise.
pub(crate) fn language() -> Language {
    Language::of_tag(&read(LANGUAGE).unwrap_or_default())
}

/// Chooses a language, from now on and at the next start.
pub(crate) fn set_language(language: Language) {
    write(LANGUAGE, language.tag());
    restore();
}

/// The appearance that was chosen.
pub(crate) fn appearance() -> Appearance {
    match read(APPEARANCE).as_deref() {
        Some("light") => Appearance::Light,
        Some("dark") => Appearance::Dark,
        _ => Appearance::Automatic,
    }
}

/// Chooses an appearance, from now on and at the next start.
pub(crate) fn set_appearance(appearance: Appearance) {
    write(APPEARANCE, appearance.theme().unwrap_or("automatic"));
    restore();
}

fn read(name: &str) -> Option<String> {
    web_sys::window()?.local_storage().ok()??.get_item(name).ok()?
}

fn write(name: &str, value: &str) {
    let storage = web_sys::window().and_then(|window| window.local_storage().ok().flatten());
    if let Some(storage) = storage {
        // A browser that keeps nothing forgets the choice with the tab; that is what was asked of it.
        let _ = storage.set_item(name, value);
    }
}
