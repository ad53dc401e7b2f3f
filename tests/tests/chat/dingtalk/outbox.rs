//! The outbox and the adapter together: an outage ends with every card right.

use super::office::Office;
use crate::chat::desk::handle;
use bot::outbox::{Row, RowState, after, next};
use bot::surface::ChatAdapter;
use std::collections::BTreeMap;
use tests::botsim::dingtalk::{Call, Fault};

/// The rows as a server would store them, with a clock that the test turns.
struct Outbox {
    rows: BTreeMap<i64, Row>,
    now: u64,
}

impl Outbox {
    fn queue(&mut self, version: u64) {
        let row = Row {
            id: i64::try_from(self.rows.len()).unwrap() + 1,
            card: "card-1".into(),
            version,
            creates: version == 1,
            sends_once: true,
            queued_at: self.now,
            next_at: self.now,
            attempts: 0,
            lease_until: None,
            state: RowState::Waiting,
            last_error: None,
        };
        self.rows.insert(row.id, row);
    }

    fn store(&mut self, rows: Vec<Row>) {
        self.rows.extend(rows.into_iter().map(|row| (row.id, row)));
    }

    /// Sends what is due, a minute later.
    async fn run(&mut self, office: &Office) {
        self.now += 60_000;
        let rows: Vec<Row> = self.rows.values().cloned().collect();
        let plan = next(self.now, 10, &rows);
        self.store(plan.settle);
        for send in plan.sends {
            let delivery = office.desk.delivery(&send.card, &["boss"]);
            let result = if send.creates {
                office.dingtalk.send(&delivery).await.map(drop)
            } else {
                office.dingtalk.update(&handle(&send.card), &delivery).await.map(drop)
            };
            self.store(after(self.now, 128, send, &result));
        }
    }

    fn states(&self) -> Vec<RowState> {
        self.rows.values().map(|row| row.state).collect()
    }
}

fn broken(call: Call, status: u16, after_commit: bool) -> Fault {
    Fault::Answer { call, status, code: None, after_commit }
}

#[tokio::test]
async fn an_outage_ends_with_one_card_that_shows_the_newest_view() {
    let office = Office::open().await;
    let mut outbox = Outbox { rows: BTreeMap::new(), now: 0 };
    outbox.queue(1);
    // The platform makes the card, but its answer is lost; then it is down; meanwhile the claim is edited.
    office.simulator.fault(broken(Call::Create, 502, true));
    office.simulator.fault(broken(Call::Create, 503, false));
    outbox.run(&office).await;
    office.edit();
    outbox.queue(2);
    outbox.run(&office).await;
    assert_eq!(outbox.states(), [RowState::Waiting, RowState::Waiting]);
    outbox.run(&office).await;
    assert_eq!(outbox.states(), [RowState::Sent, RowState::Sent]);
    assert_eq!(office.simulator.cards().len(), 1);
    assert!(office.shown("card-1", "boss", "facts").contains("9,200.00"));

    // Decided elsewhere: one update, and nothing more to do.
    office.tap("card-1", "boss", "reject").await;
    outbox.queue(3);
    outbox.run(&office).await;
    outbox.run(&office).await;
    assert_eq!(office.shown("card-1", "boss", "state"), "rejected");
    assert_eq!(outbox.states(), [RowState::Sent; 3]);
    assert_eq!(office.simulator.calls(Call::Create), 3);
    assert_eq!(office.simulator.calls(Call::Update), 2, "one after the lost answer, one for the decision");
    office.check_no_violation();
}
