use super::{GIVE_UP_AFTER, LEASE, Plan, Row, RowState, Send, after, millis, next};
use crate::surface::SendError;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::time::Duration;

fn row(id: i64, version: u64) -> Row {
    Row {
        id,
        card: "card".into(),
        version,
        creates: version == 1,
        sends_once: true,
        queued_at: 0,
        next_at: 0,
        attempts: 0,
        lease_until: None,
        state: RowState::Waiting,
        last_error: None,
    }
}

fn sent(id: i64, version: u64) -> Row {
    Row { state: RowState::Sent, ..row(id, version) }
}

fn only(plan: Plan) -> Send {
    let [send] = <[Send; 1]>::try_from(plan.sends).expect("one send");
    send
}

fn retry(after: Option<Duration>) -> Result<(), SendError> {
    Err(SendError::Retry { after, reason: "busy".into() })
}

#[test]
fn a_new_card_is_created_with_the_newest_view_that_waits() {
    let send = only(next(0, 10, &[row(1, 1), row(2, 2), row(3, 3)]));
    assert!(send.creates);
    assert_eq!((send.newest.version, send.covers.len()), (3, 2));
    let rows = after(5, 0, send, &Ok(()));
    let states: BTreeMap<i64, RowState> = rows.iter().map(|row| (row.id, row.state)).collect();
    // The creating row is remembered as sent, so that the next view is an update.
    assert_eq!(states, [(1, RowState::Sent), (2, RowState::Superseded), (3, RowState::Sent)].into());
    let mut rows = rows;
    rows.push(row(4, 4));
    assert!(!only(next(6, 10, &rows)).creates);
}

#[test]
fn an_older_view_that_comes_late_is_never_sent() {
    let plan = next(0, 10, &[sent(1, 1), sent(9, 5), row(2, 3)]);
    assert_eq!(plan.sends, []);
    assert_eq!(plan.settle.len(), 1);
    assert_eq!(plan.settle[0].state, RowState::Superseded);
}

#[test]
fn a_card_in_flight_is_left_alone_until_its_lease_ends() {
    let flying = only(next(0, 10, &[row(1, 1)])).newest;
    let rows = [flying, row(2, 2)];
    assert_eq!(next(millis(LEASE) - 1, 10, &rows), Plan::default());
    assert_eq!(only(next(millis(LEASE), 10, &rows)).newest.version, 2);
}

#[test]
fn a_sender_that_died_is_not_repeated_without_an_idempotency_key() {
    let mut flying = only(next(0, 10, &[row(1, 1)])).newest;
    flying.sends_once = false;
    let plan = next(millis(LEASE), 10, &[flying]);
    assert_eq!(plan.sends, []);
    assert_eq!(plan.settle[0].state, RowState::Dead);
    assert_eq!(plan.settle[0].last_error.as_deref(), Some("send.ambiguous"));
}

#[test]
fn waits_grow_and_the_platforms_own_wait_is_obeyed() {
    let mut rows = vec![row(1, 1)];
    let mut waits = Vec::new();
    let mut now = 0;
    for _ in 0..4 {
        rows = after(now, 255, only(next(now, 10, &rows)), &retry(None));
        waits.push(rows[0].next_at - now);
        now = rows[0].next_at;
    }
    assert_eq!(waits, [500, 1_000, 2_000, 4_000]);
    let rows = after(now, 255, only(next(now, 10, &rows)), &retry(Some(Duration::from_mins(5))));
    assert_eq!(rows[0].next_at - now, 300_000);
    // A fresh view of the same card waits as well.
    let mut fresh = row(2, 2);
    fresh.next_at = now + 1;
    assert_eq!(next(now + 1, 10, &[rows[0].clone(), fresh]).sends, []);
}

#[test]
fn ambiguous_is_repeated_under_a_key_and_given_up_without() {
    let lost = Err(SendError::Ambiguous("timeout".into()));
    let again = after(0, 0, only(next(0, 10, &[row(1, 1)])), &lost);
    assert_eq!(again[0].state, RowState::Waiting);
    let without = Row { sends_once: false, ..row(1, 1) };
    let dead = after(0, 0, only(next(0, 10, &[without])), &lost);
    assert_eq!(dead[0].state, RowState::Dead);
}

#[test]
fn a_day_later_it_is_a_dead_letter_and_the_updates_of_a_dead_card_too() {
    let day = millis(GIVE_UP_AFTER);
    assert_eq!(only(next(day - 1, 10, &[row(1, 1)])).newest.id, 1);
    let plan = next(day, 10, &[row(1, 1)]);
    assert_eq!((plan.sends.len(), plan.settle[0].state), (0, RowState::Dead));
    let mut late = row(2, 2);
    late.queued_at = day;
    let plan = next(day, 10, &[plan.settle[0].clone(), late]);
    assert_eq!(plan.settle[0].last_error.as_deref(), Some("outbox.card_never_created"));
}

#[test]
fn permanent_refusals_and_partial_deliveries_are_over() {
    let refused = Err(SendError::Permanent("param.userIdNotExist".into()));
    let dead = after(0, 0, only(next(0, 10, &[row(1, 1)])), &refused);
    assert_eq!(dead[0].state, RowState::Dead);
    assert!(dead[0].last_error.as_deref().unwrap().contains("param.userIdNotExist"));
    let partly = Err(SendError::PartlyFailed { handles: vec![], failed: vec![] });
    let shown = after(0, 0, only(next(0, 10, &[row(1, 1)])), &partly);
    assert_eq!(shown[0].state, RowState::Sent);
}

#[test]
fn the_longest_waiting_cards_go_first_within_the_limit() {
    let rows: Vec<Row> = (0..5_u32)
        .map(|n| Row { card: format!("card {n}"), next_at: 100 - u64::from(n), ..row(i64::from(n), 1) })
        .collect();
    let chosen: Vec<String> = next(200, 2, &rows).sends.into_iter().map(|s| s.card).collect();
    assert_eq!(chosen, ["card 4", "card 3"]);
}

/// One thing that can happen to an outbox.
#[derive(Debug, Clone)]
enum Step {
    Queue { card: u8 },
    Wait { milliseconds: u64 },
    Send { result: u8, lost: bool },
}

fn steps() -> impl Strategy<Value = Vec<Step>> {
    let step = prop_oneof![
        (0..3_u8).prop_map(|card| Step::Queue { card }),
        prop_oneof![0..2_000_u64, Just(millis(LEASE)), Just(millis(GIVE_UP_AFTER))]
            .prop_map(|milliseconds| Step::Wait { milliseconds }),
        (0..6_u8, prop::bool::weighted(0.2)).prop_map(|(result, lost)| Step::Send { result, lost }),
    ];
    prop::collection::vec(step, 1..80)
}

fn result(kind: u8) -> Result<(), SendError> {
    match kind {
        0 | 1 => Ok(()),
        2 => retry(None),
        3 => Err(SendError::Ambiguous("lost".into())),
        4 => Err(SendError::TokenExpired),
        _ => Err(SendError::QuotaExhausted("90020".into())),
    }
}

/// The outbox of the test: rows by id, as a server would store them.
#[derive(Default)]
struct Store {
    rows: BTreeMap<i64, Row>,
    now: u64,
}

impl Store {
    fn put(&mut self, rows: impl IntoIterator<Item = Row>) {
        self.rows.extend(rows.into_iter().map(|row| (row.id, row)));
    }

    fn queue(&mut self, card: String) {
        let id = i64::try_from(self.rows.len()).unwrap() + 1;
        let version = self.rows.values().filter(|row| row.card == card).count() as u64 + 1;
        let row = Row { card, queued_at: self.now, next_at: self.now, ..row(id, version) };
        self.put([row]);
    }

    fn plan(&mut self) -> Plan {
        let rows: Vec<Row> = self.rows.values().cloned().collect();
        let plan = next(self.now, 10, &rows);
        self.put(plan.settle.clone());
        for send in &plan.sends {
            self.put(send.covers.iter().chain([&send.newest]).cloned());
        }
        plan
    }
}

proptest! {
    #[test]
    fn views_only_ever_grow_and_the_last_word_is_the_newest(steps in steps()) {
        let mut store = Store::default();
        let mut last: BTreeMap<String, u64> = BTreeMap::new();
        for step in steps {
            match step {
                Step::Queue { card } => store.queue(format!("card {card}")),
                Step::Wait { milliseconds } => store.now += milliseconds,
                Step::Send { result: kind, lost } => {
                    for send in store.plan().sends {
                        let before = last.insert(send.card.clone(), send.newest.version).unwrap_or(0);
                        prop_assert!(before <= send.newest.version, "{} after {before}", send.newest.version);
                        if !lost {
                            store.put(after(store.now, 7, send, &result(kind)));
                        }
                    }
                }
            }
        }
        // Once the platform recovers, every card that did not die ends on its newest view, and nothing waits for ever.
        for _ in 0..50 {
            store.now += millis(super::QUOTA_WAIT);
            for send in store.plan().sends {
                store.put(after(store.now, 7, send, &Ok(())));
            }
        }
        for row in store.rows.values() {
            prop_assert_ne!(row.state, RowState::Waiting);
            prop_assert_eq!(row.lease_until, None);
            let newest = store.rows.values().filter(|r| r.card == row.card).max_by_key(|r| r.version).unwrap();
            prop_assert!(matches!(newest.state, RowState::Sent | RowState::Dead));
        }
    }
}
