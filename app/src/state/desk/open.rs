//! Opening the desk: from what this device has to the first page, without the network.

use std::collections::HashMap;

use leptos::prelude::*;
use sync::Replica;

use super::{Core, Desk, Phase};
use crate::device::key::DeviceKey;
use crate::device::leader::Channel;
use crate::device::store::{self, StoreError};
use crate::device::{connection, page, random, task};
use crate::state::session::Session;
use crate::state::writer::{ROW_PREFIXES, ROW_STORES};

impl Desk {
    /// Reads what this device has and shows it; then looks for the server.
    pub(crate) fn open(self) {
        task::spawn(async move {
            match Session::load().await {
                Ok(Some(session)) => self.enter(session).await,
                Ok(None) => self.phase.set(Phase::SignedOut(None)),
                Err(error) => self.phase.set(Phase::Failed(error.code())),
            }
        });
    }

    /// Opens the replica of a person who is signed in.
    pub(crate) async fn enter(self, session: Session) {
        match self.load(&session).await {
            Ok(()) => {}
            Err(error) => return self.phase.set(Phase::Failed(error.code())),
        }
        self.person.set(Some(session.person.clone().into()));
        self.show_all();
        self.phase.set(Phase::Ready);
        page::mark("ready");
        self.restore_typing();
        self.restore_held().await;
        self.restore_uploads().await;
        self.listen();
        self.start_link();
    }

    async fn load(self, session: &Session) -> Result<(), StoreError> {
        let Ok(Some(key)) = DeviceKey::load(&session.login).await else {
            // Without its key the device cannot sign; signing in makes another.
            self.phase.set(Phase::SignedOut(Some("key_missing".to_owned())));
            return Ok(());
        };
        let prefix = format!("{}/", session.person.id);
        let mut rows = Vec::new();
        for from in ROW_STORES {
            for (name, bytes) in store::scan(from, &prefix).await? {
                let name = name.strip_prefix(&prefix).unwrap_or_default();
                if ROW_PREFIXES.iter().any(|kind| name.starts_with(kind)) {
                    rows.push((name.to_owned(), bytes.to_vec()));
                }
            }
        }
        let (mut replica, damaged) = Replica::open(session.device_id, session.person.id, rows);
        for name in damaged {
            task::log(&format!("a row on this device cannot be read and is left where it is: {name}"));
        }
        replica.number_in(u64::from_be_bytes(random::bytes()));
        self.with(|core| {
            *core = Core {
                session: Some(session.clone()),
                access: core.access.take(),
                key: Some(key),
                replica: Some(replica),
                watched: std::mem::take(&mut core.watched),
                ..Core::default()
            };
        });
        Ok(())
    }

    /// Hears the other tabs, and the last moment before the page is hidden or closed.
    fn listen(self) {
        let channel = Channel::join("suanpan", move |word| {
            if word == "signed-out" {
                return page::reload();
            }
            task::spawn(self.hear_tab(word));
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
