//! Whom the page believes: balances, people and rules are shown when the server has signed them, and not otherwise.
//!
//! Promise: what stands between the server and this page (a relay, a proxy, the device's own storage) can withhold a
//! view, but not change one. A browser that cannot check the signature believes the connection alone.

use sync::wire::{ViewFrame, view_message};

use super::desk::Desk;
use super::session::Session;
use crate::device::key::{self, Algorithm, KeyError};
use crate::device::task;
use leptos::prelude::{GetUntracked, Set};

/// What a person is told of a view that nobody vouches for.
const FORGED: &str = "view_forged";

impl Desk {
    /// Takes a view that the keeper tells, once its signature is checked.
    pub(super) fn hear_view(self, view: ViewFrame) {
        let known = self.with(|core| core.views.get(&view.name).is_some_and(|known| *known == view));
        if !known {
            task::spawn(async move { self.show_if_signed(view).await });
        }
    }

    /// Shows the views that this device kept.
    pub(super) async fn show_kept_views(self, views: Vec<ViewFrame>) {
        for view in views {
            self.show_if_signed(view).await;
        }
    }

    async fn show_if_signed(self, view: ViewFrame) {
        if !self.is_signed(&view).await {
            task::log(&format!("the view {} is not signed by the server", view.name));
            self.with(|core| core.forged.insert(view.name));
            self.trouble.set(Some(FORGED));
            return;
        }
        let whole = self.with(|core| core.forged.remove(&view.name) && core.forged.is_empty());
        if whole && self.trouble.get_untracked() == Some(FORGED) {
            self.trouble.set(None);
        }
        // Checking takes a moment, in which a later one may have been shown.
        let late = self.with(|core| core.views.get(&view.name).is_some_and(|shown| shown.as_of > view.as_of));
        if !late {
            self.show_view(view);
        }
    }

    async fn is_signed(self, view: &ViewFrame) -> bool {
        let keys: Vec<_> = self.with(|core| core.session.iter().flat_map(Session::server_keys).collect());
        // A session of an earlier version of this app knows no key until it is renewed.
        let mut believed = keys.is_empty();
        let message = view_message(&view.name, view.as_of, &view.json);
        for key in keys {
            match key::verify(Algorithm::Ed25519, &key, &message, &view.signature).await {
                Ok(good) => believed |= good,
                Err(KeyError::Unsupported) => believed = true,
                Err(error) => task::log(&format!("a signature could not be checked: {error}")),
            }
            if believed {
                break;
            }
        }
        believed
    }
}
