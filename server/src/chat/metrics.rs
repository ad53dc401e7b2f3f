//! What the outbox and the taps of one platform have done since the server started: numbers for an administrator.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};

use bot::{SendError, TapOutcome};
use serde::Serialize;

/// Counters; each only grows.
#[derive(Debug, Default)]
pub(super) struct Metrics {
    shown: AtomicU64,
    failed: Mutex<BTreeMap<&'static str, u64>>,
    taps: Mutex<BTreeMap<&'static str, u64>>,
}

/// The counters at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Counted {
    /// Views that were shown.
    pub shown: u64,
    /// Sends that failed, by code.
    pub failed: BTreeMap<&'static str, u64>,
    /// Taps, by what became of them: `applied`, `already`, `unbound`, or the refusal's code.
    pub taps: BTreeMap<&'static str, u64>,
}

impl Metrics {
    /// Counts a send.
    pub(super) fn sent(&self, result: &Result<(), SendError>) {
        match result {
            Ok(()) => drop(self.shown.fetch_add(1, Ordering::Relaxed)),
            Err(error) => count(&self.failed, error.code()),
        }
    }

    /// Counts a tap.
    pub(super) fn tapped(&self, outcome: &TapOutcome) {
        count(&self.taps, outcome_code(outcome));
    }

    /// The counters now.
    pub(super) fn counted(&self) -> Counted {
        let copy =
            |counts: &Mutex<BTreeMap<&'static str, u64>>| counts.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Counted { shown: self.shown.load(Ordering::Relaxed), failed: copy(&self.failed), taps: copy(&self.taps) }
    }
}

/// The stable word of what became of a tap.
pub(super) fn outcome_code(outcome: &TapOutcome) -> &'static str {
    match outcome {
        TapOutcome::Applied(_) => "applied",
        TapOutcome::Already(_) => "already",
        TapOutcome::Refused { why, .. } | TapOutcome::Denied(why) => why.code(),
        TapOutcome::Unbound => "tap.unbound",
        TapOutcome::Unavailable => "tap.unavailable",
    }
}

fn count(counts: &Mutex<BTreeMap<&'static str, u64>>, code: &'static str) {
    *counts.lock().unwrap_or_else(PoisonError::into_inner).entry(code).or_default() += 1;
}
