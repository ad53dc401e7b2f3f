//! Decisions: signed at the tap over what was on the screen, held for five seconds, then sent.
//!
//! Promise: an approval can be taken back for five seconds, and is on the disk from the first: a tab that is killed
//! sends it at its next start.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use budget::{RequestId, Timestamp};
use leptos::prelude::*;
use serde::{Deserialize, Serialize};
use sync::record::{Decision, Record, Verb};
use sync::replica::UnsignedRecord;

use super::Desk;
use crate::device::store::{self, Store, Write};
use crate::device::{clock, random, task};
use crate::keeper::intent::Intent;

/// How long a decision can be taken back, in milliseconds.
const HELD_FOR: u32 = 5_000;

/// A decision that is not released yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Held {
    /// The request.
    pub(crate) request: RequestId,
    /// What was said.
    pub(crate) verb: Verb,
    /// When it is released.
    pub(crate) until: Timestamp,
    /// The record, base64.
    body: String,
    /// The device's signature over it, base64.
    signature: String,
}

impl Held {
    /// The record.
    pub(crate) fn record(&self) -> Option<Record> {
        Record::parse(&STANDARD.decode(&self.body).ok()?).ok()
    }

    fn name(&self) -> String {
        self.record().map(|record| hex::encode(record.id())).unwrap_or_default()
    }
}

impl Desk {
    /// Decides the open step of a request as this device knows it. Approvals wait five seconds for [`Desk::undo`];
    /// rejections and returns were thought over in their sheet and go at once.
    pub(crate) fn decide(self, request: RequestId, verb: Verb, reason: &str) {
        let made = self.with(|core| {
            let (view, me) = (core.mirror.status(request)?, core.mirror.person());
            Decision::of(view, verb, reason, me, clock::now(), random::bytes())
        });
        let Some(decision) = made else { return };
        let unsigned = UnsignedRecord::new(Record::Decision(decision));
        task::spawn(async move {
            let Some(signature) = self.sign(&unsigned.message).await else {
                return;
            };
            if verb != Verb::Approve {
                return self.intend(Intent::Record { request, body: unsigned.record.body(), signature }).await;
            }
            let held = Held {
                request,
                verb,
                until: clock::now().plus(i64::from(HELD_FOR)),
                body: STANDARD.encode(unsigned.record.body()),
                signature: STANDARD.encode(signature),
            };
            self.hold(held).await;
        });
    }

    async fn hold(self, held: Held) {
        let key = self.own_key(&format!("held/{}", held.name()));
        let json = serde_json::to_vec(&held).unwrap_or_default();
        let request = held.request;
        self.held.update(|all| Arc::make_mut(all).push(held));
        self.show_requests(&[request].into());
        self.write(vec![Write::put(Store::Meta, key, json)]).await;
        task::sleep(HELD_FOR).await;
        self.release(clock::now());
    }

    /// Takes back what was just approved. True when it was still here.
    pub(crate) fn undo(self, request: RequestId) -> bool {
        let Some(held) = self.held.with_untracked(|all| all.iter().find(|held| held.request == request).cloned())
        else {
            return false;
        };
        self.forget(&held);
        self.show_requests(&[request].into());
        true
    }

    fn forget(self, held: &Held) {
        self.held.update(|all| Arc::make_mut(all).retain(|other| other != held));
        let key = self.own_key(&format!("held/{}", held.name()));
        task::spawn(self.write(vec![Write::Delete(Store::Meta, key)]));
    }

    /// Releases every decision, as when the page is being left.
    pub(super) fn release_held(self) {
        self.release(Timestamp(i64::MAX));
    }

    /// Releases the decisions that were held until now.
    fn release(self, now: Timestamp) {
        let due: Vec<Held> =
            self.held.with_untracked(|all| all.iter().filter(|held| held.until <= now).cloned().collect());
        for held in due {
            let (Ok(body), Ok(signature)) = (STANDARD.decode(&held.body), STANDARD.decode(&held.signature)) else {
                self.forget(&held);
                continue;
            };
            let kept = self.intend(Intent::Record { request: held.request, body, signature });
            self.held.update(|all| Arc::make_mut(all).retain(|other| *other != held));
            task::spawn(async move {
                // The note that it is held goes only when the record is on the disk.
                kept.await;
                self.forget(&held);
            });
        }
    }

    /// Releases what a tab that was killed had held.
    pub(super) async fn restore_held(self) {
        let found = store::scan(Store::Meta, &self.own_key("held/")).await.unwrap_or_default();
        let held: Vec<Held> =
            found.iter().filter_map(|(_, bytes)| serde_json::from_slice(&bytes.to_vec()).ok()).collect();
        self.held.set(Arc::new(held));
        self.release_held();
    }

    /// The device's signature. A browser that fails to sign is asked again.
    pub(crate) async fn sign(self, message: &[u8]) -> Option<Vec<u8>> {
        let key = self.with(|core| core.key.clone())?;
        loop {
            match key.sign(message).await {
                Ok(signature) => return Some(signature.to_vec()),
                Err(error) => {
                    task::log(&format!("the browser did not sign: {error}"));
                    self.trouble.set(Some(error.code()));
                    task::sleep(2_000).await;
                }
            }
        }
    }
}
