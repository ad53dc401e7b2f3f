//! What goes wrong between us and the platform, and is survived.

use super::office::{Office, eventually};
use crate::chat::desk::Mood;
use bot::dingtalk::Timings;
use bot::surface::SendError;
use futures_util::future::join_all;
use std::time::Duration;
use tests::botsim::dingtalk::{Call, Fault};

/// The next call gets this answer.
fn answer(call: Call, status: u16, code: Option<&str>) -> Fault {
    Fault::Answer { call, status, code: code.map(str::to_owned), after_commit: false }
}

/// A new card can be sent and decided.
async fn check_works(office: &Office, card: &str) {
    office.send(card, &["boss"]).await.unwrap();
    let result = office.tap(card, "boss", "approve").await;
    assert_eq!((result.delivered, result.code), (true, Some(200)), "{result:?}");
    assert_eq!(office.shown(card, "boss", "state"), "approved");
}

/// The names of the log's entries about sockets, in order.
fn socket_history(office: &Office) -> Vec<String> {
    let about_sockets = |call: &String| matches!(call.as_str(), "connect" | "closed");
    office.simulator.log().into_iter().map(|entry| entry.call).filter(about_sockets).collect()
}

#[tokio::test]
async fn many_senders_share_one_access_token() {
    let office = Office::open().await;
    let cards: Vec<String> = (0..20).map(|number| format!("card-{number}")).collect();
    let sent = join_all(cards.iter().map(|card| office.send(card, &["boss"]))).await;
    assert!(sent.iter().all(Result::is_ok), "{sent:?}");
    assert_eq!(office.simulator.calls(Call::Token), 1);
    assert_eq!(office.simulator.cards().len(), 20);
}

#[tokio::test]
async fn a_token_refused_in_mid_flight_is_renewed_once() {
    let office = Office::open().await;
    office.send("card-1", &["boss"]).await.unwrap();
    office.simulator.fault(Fault::ExpireTokens);
    let (first, second) = tokio::join!(office.update("card-1", &["boss"]), office.send("card-2", &["boss"]));
    assert!(first.is_ok() && second.is_ok(), "{first:?} {second:?}");
    assert_eq!(office.simulator.calls(Call::Token), 2, "both callers share the renewal");

    // A platform that refuses fresh tokens too is not asked for ever.
    for _ in 0..2 {
        office.simulator.fault(answer(Call::Update, 401, Some("InvalidAuthentication")));
    }
    assert_eq!(office.update("card-1", &["boss"]).await, Err(SendError::TokenExpired));
    assert_eq!(office.simulator.calls(Call::Token), 3);
    office.check_no_violation();
}

#[tokio::test]
async fn a_card_whose_answer_was_lost_is_not_doubled_and_shows_the_newest_view() {
    let office = Office::open().await;
    office.simulator.fault(Fault::Answer { call: Call::Create, status: 502, code: None, after_commit: true });
    let lost = office.send("card-1", &["boss"]).await;
    assert!(matches!(lost, Err(SendError::Ambiguous(_))), "{lost:?}");
    office.edit();
    office.send("card-1", &["boss"]).await.unwrap();
    assert_eq!(office.simulator.cards().len(), 1);
    assert!(office.shown("card-1", "boss", "facts").contains("9,200.00"), "the old view stayed");
    let result = office.tap("card-1", "boss", "approve").await;
    assert_eq!(office.shown("card-1", "boss", "state"), "approved", "{result:?}");
    office.check_no_violation();
}

#[tokio::test]
async fn an_answer_that_takes_too_long_leaves_doubt() {
    let hasty = Timings { call: Duration::from_secs(1), ..Timings::default() };
    let office = Office::open_with(hasty).await;
    office.simulator.fault(Fault::Hold { call: Call::Create, milliseconds: 3_000 });
    let lost = office.send("card-1", &["boss"]).await;
    assert_eq!(lost, Err(SendError::Ambiguous("timeout".into())));
    assert!(office.simulator.card("card-1").is_some(), "the deed was done all the same");
}

#[tokio::test]
async fn refusals_are_told_apart() {
    let office = Office::open().await;
    office.simulator.fault(answer(Call::Create, 500, Some("system.busy")));
    let busy = office.send("card-1", &["boss"]).await;
    assert!(matches!(busy, Err(SendError::Retry { .. })), "{busy:?}");
    office.simulator.fault(answer(Call::Create, 400, Some("param.userIdNotExist")));
    let refused = office.send("card-1", &["boss"]).await;
    assert_eq!(refused, Err(SendError::Permanent("param.userIdNotExist".into())));
    office.simulator.fault(Fault::RefuseDelivery { user: "cfo".into() });
    let Err(SendError::PartlyFailed { handles, failed }) = office.send("card-1", &["boss", "cfo"]).await else {
        panic!("the cfo was reached");
    };
    assert_eq!((handles.len(), failed.len()), (1, 1));
    assert_eq!(failed[0].0.user, "cfo");
    assert_eq!(office.simulator.card("card-1").unwrap().recipients, ["boss"]);
}

#[tokio::test]
async fn asked_to_leave_it_opens_the_new_socket_before_closing_the_old() {
    let office = Office::open().await;
    check_works(&office, "before").await;
    office.simulator.fault(Fault::Disconnect);
    eventually("a second socket", || office.simulator.sockets() == 1).await;
    eventually("the first is closed", || socket_history(&office).len() == 3).await;
    assert_eq!(socket_history(&office), ["connect", "connect", "closed"]);
    check_works(&office, "after").await;
    office.check_no_violation();
}

#[tokio::test]
async fn a_tap_being_decided_survives_the_change_of_sockets() {
    let office = Office::open().await;
    office.send("card-1", &["boss"]).await.unwrap();
    office.mood("card-1", Mood::Slow(Duration::from_millis(900)));
    let (result, ()) = tokio::join!(office.tap("card-1", "boss", "approve"), async {
        eventually("the tap arrives", || !office.desk.taps.lock().unwrap().is_empty()).await;
        office.simulator.fault(Fault::Disconnect);
    });
    assert_eq!(result.code, Some(200), "{result:?}");
    assert_eq!(office.shown("card-1", "boss", "state"), "approved");
    office.check_no_violation();
}

#[tokio::test]
async fn a_socket_cut_under_a_tap_is_replaced_and_the_card_is_brought_up_to_date() {
    let office = Office::open().await;
    office.send("card-1", &["boss"]).await.unwrap();
    office.mood("card-1", Mood::Slow(Duration::from_millis(500)));
    let (result, ()) = tokio::join!(office.tap("card-1", "boss", "approve"), async {
        eventually("the tap arrives", || !office.desk.taps.lock().unwrap().is_empty()).await;
        office.simulator.fault(Fault::Cut);
    });
    assert_eq!(result.code, None, "nobody can answer on a socket that is gone");
    eventually("the outcome is shown", || office.shown("card-1", "boss", "state") == "approved").await;
    office.mood("card-1", Mood::Quick);
    check_works(&office, "after").await;
    // The platform's own timeout is all that may be held against us.
    assert_eq!(office.violations(), ["TIMEOUT"]);
}

#[tokio::test]
async fn a_socket_that_went_dead_without_a_word_is_noticed() {
    let short =
        Timings { ping_every: Duration::from_millis(300), silence: Duration::from_millis(1_500), ..Timings::default() };
    let office = Office::open_with(short).await;
    // A quiet but living socket answers pings, and is kept.
    tokio::time::sleep(Duration::from_secs(3)).await;
    assert_eq!(socket_history(&office), ["connect"]);
    office.simulator.fault(Fault::Mute);
    eventually("a second socket", || socket_history(&office).len() == 2).await;
}

#[tokio::test]
async fn a_gateway_that_is_down_is_tried_again() {
    let mut office = Office::offline(Timings::default()).await;
    office.simulator.fault(answer(Call::Open, 503, Some("system.busy")));
    office.simulator.fault(answer(Call::Open, 200, None));
    office.connect();
    office.wait_connected().await;
    assert_eq!(office.simulator.calls(Call::Open), 3);
    check_works(&office, "card-1").await;
    office.check_no_violation();
}

#[tokio::test]
async fn tickets_with_awkward_characters_are_encoded() {
    let mut office = Office::offline(Timings::default()).await;
    office.simulator.fault(Fault::AwkwardTickets);
    office.connect();
    office.wait_connected().await;
    office.check_no_violation();
}

#[tokio::test]
async fn frames_that_make_no_sense_are_survived() {
    let office = Office::open().await;
    let callback = r#""type":"CALLBACK","headers":{"topic":"/v1.0/card/instances/callback","messageId":"system-x"}"#;
    let frames = [
        "",
        "not json",
        "[]",
        "null",
        "{}",
        "\u{0}",
        r#"{"type":7,"headers":{"topic":null}}"#,
        r#"{"type":"CALLBACK","headers":"none"}"#,
        r#"{"type":"CALLBACK","headers":{"topic":"/v1.0/unheard/of","messageId":"system-y"},"data":"{}"}"#,
        r#"{"type":"EVENT","headers":{"messageId":"system-z","eventType":"check_url"},"data":"{}"}"#,
        &format!("{{{callback}}}"),
        &format!(r#"{{{callback},"data":"{{"}}"#),
        &format!(r#"{{{callback},"data":"{{\"outTrackId\":\"x\"}}"}}"#),
        &format!(r#"{{{callback},"data":{{"outTrackId":1,"userId":2,"content":"{{"}}}}"#),
    ];
    for text in frames {
        office.simulator.fault(Fault::Raw { text: text.to_owned() });
    }
    office.simulator.fault(Fault::Ping);
    let pong = || office.simulator.log().iter().any(|entry| entry.detail["data"]["opaque"] == "suanpan");
    eventually("the ping is echoed", pong).await;
    check_works(&office, "card-1").await;
    assert_eq!(socket_history(&office), ["connect"], "a bad frame cost the connection");
    office.check_no_violation();
}

#[tokio::test]
async fn stopping_closes_the_socket() {
    let mut office = Office::open().await;
    office.close().await;
    eventually("no socket", || office.simulator.sockets() == 0).await;
    assert_eq!(socket_history(&office), ["connect", "closed"]);
}
