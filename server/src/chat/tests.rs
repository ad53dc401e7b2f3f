//! The server's side of a card, with a platform in memory.

mod stage;

use std::time::Duration;

use bot::{CardAction, CardState, Refusal, SendError, TapOutcome};
use budget::RequestState;
use sync::record::Verb;
use sync::{Field, Place, Scalar};

use super::accounts;
use crate::store::Stop;
use crate::testing::LI;
use stage::{account, pending, stage};

#[tokio::test]
async fn a_tap_decides_and_the_second_tap_says_the_same() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path()).await;
    let request = stage.submitted(50_000).await;
    let card = stage.platform.card(pending).await;
    assert_eq!(card.recipients[0].identity, account("li-on-dingtalk"));
    assert_eq!(card.view.title, "张三的报销");
    let facts: Vec<(&str, &str)> =
        card.view.facts.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let expected =
        [("申请人", "张三"), ("金额", "¥500.00"), ("事由", "上海出差"), ("部门", "市场部"), ("预算可用", "¥49,500.00")];
    assert_eq!(facts[..4], expected[..4]);
    assert_eq!(facts[4].0, expected[4].0);
    assert!(facts[4].1.starts_with("¥49,500.00（截至 "), "{facts:?}");
    assert_eq!(facts[5].0, "提醒");

    let TapOutcome::Applied(first) = stage.tap("li-on-dingtalk", &card, CardAction::Approve).await else { panic!() };
    assert!(matches!(&first.state, CardState::Decided { by, .. } if by == "李四"), "{first:?}");
    stage.state(request, RequestState::Approved).await;
    let again = stage.tap("li-on-dingtalk", &card, CardAction::Approve).await;
    assert_eq!(again, TapOutcome::Applied(first));
    let other = stage.tap("li-on-dingtalk", &card, CardAction::Reject).await;
    assert!(matches!(other, TapOutcome::Already(_)), "{other:?}");
    assert_eq!(stage.zhang.replica.status(request).unwrap().history.len(), 2, "one submission, one decision");
    stage.platform.card(|view| matches!(view.state, CardState::Decided { .. })).await;
}

#[tokio::test]
async fn a_rejection_by_card_ends_the_request() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path()).await;
    let request = stage.submitted(50_000).await;
    let card = stage.platform.card(pending).await;
    let outcome = stage.tap("li-on-dingtalk", &card, CardAction::Reject).await;
    assert!(matches!(outcome, TapOutcome::Applied(_)), "{outcome:?}");
    stage.state(request, RequestState::Rejected).await;
}

#[tokio::test]
async fn only_the_approver_decides_and_only_with_our_button() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path()).await;
    let request = stage.submitted(50_000).await;
    let card = stage.platform.card(pending).await;
    let refused = |outcome: TapOutcome| match outcome {
        TapOutcome::Refused { view, why } => (pending(&view), why),
        other => panic!("{other:?}"),
    };
    assert_eq!(stage.tap("nobody", &card, CardAction::Approve).await, TapOutcome::Unbound);
    let shown = stage.tap("zhang-on-dingtalk", &card, CardAction::Approve).await;
    assert_eq!(refused(shown), (true, Refusal::NotYours));
    let forged = stage.tap_with("li-on-dingtalk", &card.key, "AAAA".into()).await;
    assert_eq!(refused(forged), (true, Refusal::InvalidButton));
    let unknown = stage.tap_with("li-on-dingtalk", "no such card", "AAAA".into()).await;
    assert_eq!(unknown, TapOutcome::Denied(Refusal::InvalidButton));
    stage.zhang.linger().await;
    assert_eq!(stage.zhang.replica.status(request).unwrap().state, RequestState::InApproval);
}

#[tokio::test]
async fn a_stale_card_is_refused_with_both_amounts_and_says_so() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path()).await;
    let request = stage.submitted(50_000).await;
    let old = stage.platform.card(pending).await;
    let mut li = stage.server.phone(LI).await;
    li.connect().await;
    li.decide(request, Verb::Return, "金额不对");
    li.push().await;
    stage.state(request, RequestState::Returned).await;
    stage.platform.card(|view| matches!(view.state, CardState::Decided { .. })).await;

    let line = Place::Line(budget::LineId([7; 16]));
    stage.zhang.put(request, line, vec![(Field::Amount, Scalar::Integer(90_000))]);
    stage.zhang.submit(request);
    stage.zhang.push().await;
    let new = stage.platform.card(|view| pending(view) && view.revision == 2).await;
    assert_ne!(new.key, old.key);
    let outcome = stage.tap("li-on-dingtalk", &old, CardAction::Approve).await;
    // The step of the old revision was decided by its return, so the old card says that.
    assert!(matches!(outcome, TapOutcome::Already(_)), "{outcome:?}");
    let outcome = stage.tap("li-on-dingtalk", &new, CardAction::Approve).await;
    assert!(matches!(outcome, TapOutcome::Applied(_)), "{outcome:?}");
}

#[tokio::test]
async fn a_withdrawn_and_changed_request_is_refused_with_what_changed() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path()).await;
    let request = stage.submitted(50_000).await;
    let old = stage.platform.card(pending).await;
    stage.state(request, RequestState::InApproval).await;
    stage.zhang.withdraw(request);
    stage.zhang.push().await;
    stage.state(request, RequestState::Withdrawn).await;
    let TapOutcome::Refused { view, why } = stage.tap("li-on-dingtalk", &old, CardAction::Approve).await else {
        panic!()
    };
    assert_eq!((view.state, why), (CardState::Withdrawn, Refusal::Closed));
    stage.platform.card(|view| view.state == CardState::Withdrawn).await;

    let line = Place::Line(budget::LineId([7; 16]));
    stage.zhang.put(request, line, vec![(Field::Amount, Scalar::Integer(90_000))]);
    stage.zhang.submit(request);
    stage.zhang.push().await;
    stage.platform.card(|view| pending(view) && view.revision == 2).await;
    let outcome = stage.tap("li-on-dingtalk", &old, CardAction::Approve).await;
    let (from, to) = ("500.00".to_owned(), "900.00".to_owned());
    let TapOutcome::Refused { view, why } = outcome else { panic!("{outcome:?}") };
    assert_eq!(why, Refusal::Changed { from: from.clone(), to: to.clone() });
    assert_eq!(view.state, CardState::Changed { from: from.clone(), to: to.clone() });
    stage.platform.card(|view| view.state == CardState::Changed { from: from.clone(), to: to.clone() }).await;
}

#[tokio::test]
async fn a_card_is_sent_again_until_the_platform_takes_it() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path()).await;
    stage
        .platform
        .failures
        .lock()
        .unwrap()
        .extend([SendError::Ambiguous("lost".into()), SendError::Retry { after: None, reason: "busy".into() }]);
    stage.submitted(50_000).await;
    stage.platform.card(pending).await;
    assert_eq!(*stage.platform.calls.lock().unwrap(), ["send", "send", "send"]);
    tokio::time::sleep(Duration::from_millis(300)).await;
    let left = stage.server.app.store.readers.read(|connection| {
        Ok(connection.query_row(
            "SELECT count(*) FROM outbox WHERE state = 'waiting' AND lease_until IS NOT NULL",
            [],
            |row| row.get::<i64>(0),
        )?)
    });
    assert_eq!(left.await.unwrap(), 0);
}

#[tokio::test]
async fn who_binds_later_gets_the_card_then() {
    let folder = tempfile::tempdir().unwrap();
    let mut stage = stage(folder.path()).await;
    // Above ¥1,000 finance decides as well, and has no account yet.
    let request = stage.submitted(200_000).await;
    let card = stage.platform.card(pending).await;
    stage.tap("li-on-dingtalk", &card, CardAction::Approve).await;
    tokio::time::sleep(Duration::from_millis(300)).await;
    assert!(!stage.platform.cards.lock().unwrap().iter().any(|card| card.view.step == 1));
    let fan_out = stage.server.app.relay.fan_out().clone();
    let bound = stage.server.app.store.writer.run(move |turn| {
        accounts::bind(turn.connection, &account("wang"), crate::testing::WANG, turn.now)?;
        let effects = turn.state.greet(turn.connection, turn.now, crate::testing::WANG)?;
        turn.after_commit(move || fan_out.tell(&effects));
        Ok::<_, Stop<()>>(())
    });
    bound.await.unwrap();
    let card = stage.platform.card(|view| pending(view) && view.step == 1).await;
    stage.tap("wang", &card, CardAction::Approve).await;
    stage.state(request, RequestState::Approved).await;
}
