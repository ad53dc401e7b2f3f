//! Opening the desk: from what this device has to the first page, without the network.

use std::collections::HashMap;
use std::sync::Arc;

use leptos::prelude::*;

use super::{Core, Desk, Phase};
use crate::device::key::DeviceKey;
use crate::device::leader::Channel;
use crate::device::store::StoreError;
use crate::device::{connection, page, task};
use crate::keeper::rows::{self, First};
use crate::state::session::{self, Session};

impl Desk {
    /// Reads what this device has and shows it; then looks for the server.
    pub(crate) fn open(self) {
        task::spawn(async move {
            match Session::load().await {
                Ok(Some(session)) => self.enter(session).await,
                Ok(None) => self.phase.set(Phase::SignedOut(session::ended_by_revocation())),
                Err(error) => self.phase.set(Phase::Failed(error.code())),
            }
        });
    }

    /// Opens what this device has of a person who is signed in.
    pub(crate) async fn enter(self, session: Session) {
        let whole = match self.load(&session).await {
            Ok(Some(mut first)) => {
                self.show_kept_views(std::mem::take(&mut first.views)).await;
                self.show_first(first)
            }
            // Without its key the device cannot sign; signing in makes another.
            Ok(None) => return self.phase.set(Phase::SignedOut(Some("key_missing".to_owned()))),
            Err(error) => return self.phase.set(Phase::Failed(error.code())),
        };
        if whole {
            self.phase.set(Phase::Ready);
            page::mark("ready");
        } else {
            self.phase.set(Phase::Opening);
        }
        self.start_keeper();
        self.restore_notes();
        self.restore_held().await;
        self.restore_uploads().await;
        self.listen();
        self.start_link();
    }

    /// Reads what the page shows before the keeper stands; `None` when the device has lost its key.
    async fn load(self, session: &Session) -> Result<Option<First>, StoreError> {
        let Ok(Some(key)) = DeviceKey::load(&session.login).await else {
            return Ok(None);
        };
        let first = rows::first(session.person.id).await?;
        let again = self.with(|core| {
            let again = core.session.as_ref().is_some_and(|before| before.person.id == session.person.id);
            // Whoever signs in again after their session ended goes on with what they were typing.
            let (keeping, typing) = if again {
                (std::mem::take(&mut core.keeping), std::mem::take(&mut core.typing))
            } else {
                Default::default()
            };
            *core = Core {
                session: Some(session.clone()),
                access: core.access.take(),
                key: Some(key),
                watched: std::mem::take(&mut core.watched),
                keeping,
                typing,
                ..Core::default()
            };
            again
        });
        if !again {
            self.rows.set(Arc::default());
            self.inbox.set(Arc::default());
            self.company.set(None);
            self.budget.set(Arc::default());
        }
        // A newer word of the company says more of the person than the session does.
        self.person.set(Some(session.person.clone().into()));
        Ok(Some(first))
    }

    /// Hears the other tabs, and the last moment before the page is hidden or closed.
    fn listen(self) {
        let channel = Channel::join("suanpan", |word| {
            if word == "signed-out" {
                page::reload();
            }
        });
        let leaving = connection::leaving(move || {
            self.flush_typing();
            self.release_held();
        });
        self.with(|core| {
            core.channel = Some(channel);
            core.hints = vec![leaving];
        });
    }
}

impl Core {
    /// The trigger of one request, made at its first use.
    pub(super) fn watch(&mut self, request: budget::RequestId) -> ArcTrigger {
        let watched: &mut HashMap<_, _> = &mut self.watched;
        watched.entry(request).or_default().clone()
    }
}
