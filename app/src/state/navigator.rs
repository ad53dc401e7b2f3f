//! Where the person is, and going elsewhere.

use leptos::prelude::*;

use super::route::Route;
use crate::device::place;

/// The handle of the app's place. Found with [`use_navigator`].
#[derive(Clone, Copy)]
pub(crate) struct Navigator {
    path: RwSignal<String>,
    /// The place.
    pub(crate) route: Memo<Route>,
}

impl Navigator {
    /// Makes the handle and follows the browser from now on. Call once, in the shell.
    pub(crate) fn provide() -> Self {
        let path = RwSignal::new(place::path());
        let navigator = Self { path, route: Memo::new(move |_| path.with(|path| Route::of(path))) };
        place::watch(move || path.set(place::path()), move |to| navigator.go_to(to));
        provide_context(navigator);
        navigator
    }

    /// The path, for what is lit by it.
    pub(crate) const fn path(self) -> RwSignal<String> {
        self.path
    }

    /// Goes to a place.
    pub(crate) fn go(self, route: &Route) {
        self.go_to(&route.to_string());
    }

    /// Gives the present place another address, as when a new claim gets its own.
    pub(crate) fn rename(self, route: &Route) {
        let path = route.to_string();
        place::go(&path, true);
        self.path.set(path);
    }

    fn go_to(self, path: &str) {
        if self.path.with_untracked(|here| here != path) {
            place::go(path, false);
            self.path.set(path.to_owned());
        }
    }
}

/// The app's place.
#[expect(clippy::expect_used, reason = "the shell provides it before anything else is drawn")]
pub(crate) fn use_navigator() -> Navigator {
    use_context().expect("the shell provides the navigator")
}
