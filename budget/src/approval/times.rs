//! How long steps take (审批时效), from what really happened.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::{Phase, Route};
use crate::{Code, PersonId, RequestKind};

/// One step that was decided.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct StepTime {
    /// What kind of request.
    pub kind: RequestKind,
    /// Which department it was charged to.
    pub department: Code,
    /// What the step is called.
    pub step: String,
    /// 审核, 审批 or 核准.
    pub phase: Phase,
    /// Who decided it.
    pub person: PersonId,
    /// From opening to the decision, in milliseconds.
    pub waited: i64,
}

impl StepTime {
    /// Each agreement in a route.
    pub fn of<'a>(kind: RequestKind, department: &'a Code, route: &'a Route) -> impl Iterator<Item = Self> + 'a {
        route.steps.iter().filter_map(|step| Some((step, step.opened_at?))).flat_map(move |(step, opened)| {
            // A seat that was carried over from a step before is not counted twice.
            let signed = step.seats.iter().filter_map(|seat| seat.signed).filter(move |signed| signed.at >= opened);
            signed.map(move |signed| Self {
                kind,
                department: department.clone(),
                step: step.name.clone(),
                phase: step.phase,
                person: signed.by,
                waited: signed.at.0 - opened.0,
            })
        })
    }
}

/// How long some steps took.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Summary {
    /// How many.
    pub count: usize,
    /// Half of them took at most this, in milliseconds.
    pub median: i64,
    /// Nine of ten took at most this, in milliseconds.
    pub p90: i64,
}

impl Summary {
    /// Of these times, by the nearest-rank method.
    pub fn of(mut times: Vec<i64>) -> Self {
        times.sort_unstable();
        let rank = |percent: usize| {
            let rank = (times.len() * percent).div_ceil(100).max(1);
            times.get(rank - 1).copied().unwrap_or(0)
        };
        Self { count: times.len(), median: rank(50), p90: rank(90) }
    }
}

/// The summary of each group.
pub fn summarise<K: Ord>(
    times: impl IntoIterator<Item = StepTime>,
    group: impl Fn(&StepTime) -> K,
) -> BTreeMap<K, Summary> {
    let mut groups: BTreeMap<K, Vec<i64>> = BTreeMap::new();
    for time in times {
        groups.entry(group(&time)).or_default().push(time.waited);
    }
    groups.into_iter().map(|(key, times)| (key, Summary::of(times))).collect()
}
