//! DingTalk beside cards: the robot's words, files, OA to-dos, and taps over HTTP.

use super::office::{Office, eventually};
use crate::chat::door;
use bot::callback::HttpCallback;
use bot::dingtalk::http::CardCallbacks;
use bot::surface::{ChatAdapter, ChatIdentity, Notice, Platform, SendError};
use bot::tap::{MessageContent, TapHandler};
use bot::{Secret, signature};
use serde_json::{Value, json};
use std::sync::Arc;
use tests::botsim::clock::Clock;
use tests::botsim::dingtalk::{CORPORATION, Written};

fn boss() -> ChatIdentity {
    ChatIdentity::new(Platform::DingTalk, CORPORATION, "boss")
}

#[tokio::test]
async fn the_robot_answers_and_files_arrive() {
    let office = Office::open().await;
    assert!(office.simulator.write("boss", Written::Text("帮助 ".into())));
    assert!(office.simulator.write("boss", Written::File("发票.pdf".into(), b"%PDF-1.7".to_vec())));
    eventually("both arrived", || office.desk.messages.lock().unwrap().len() == 2).await;
    let mut messages = office.desk.messages.lock().unwrap().clone();
    messages.sort_by_key(|message| message.id.clone());
    assert_eq!(messages[0].content, MessageContent::Text("帮助".into()));
    assert_eq!(messages[0].from, boss());
    let MessageContent::File(file) = &messages[1].content else { panic!("{messages:?}") };
    assert_eq!(file.name, "发票.pdf");
    assert_eq!(office.dingtalk.download(file, 100).await.unwrap(), b"%PDF-1.7");

    let notice =
        Notice {
            title: "待办 2 项".into(), lines: vec!["[点我](http://x)".into()], url: "https://s.example".into()
        };
    office.dingtalk.notify(&boss(), &notice).await.unwrap();
    assert_eq!(
        office.simulator.texts("boss"),
        ["**待办 2 项**\n\n\\[点我\\](http://x)\n\n[打开算盘](https://s.example)"]
    );
    office.simulator.flow_control("boss");
    let held = office.dingtalk.notify(&boss(), &notice).await.unwrap_err();
    assert!(matches!(held, SendError::Retry { after: Some(_), .. }), "a success that reached nobody: {held:?}");
    office.check_no_violation();
}

#[tokio::test]
async fn a_to_do_is_made_and_ended_behind_its_switch() {
    let office = Office::with_to_do().await;
    let handle = office.send("card-1", &["boss"]).await.unwrap().remove(0);
    assert_eq!(office.simulator.to_dos(), [("boss".to_owned(), "RUNNING".to_owned())]);
    office.desk.decide_elsewhere("card-1");
    office.dingtalk.update(&handle, &office.desk.delivery("card-1", &["boss"])).await.unwrap();
    assert_eq!(office.simulator.to_dos(), [("boss".to_owned(), "COMPLETED/REFUSE".to_owned())]);
    office.check_no_violation();
}

/// A callback as DingTalk posts it, under a signature made for `timestamp`.
async fn post(url: &str, timestamp: u64, body: &Value) -> (u16, Value) {
    let timestamp = timestamp.to_string();
    let answer = reqwest::Client::new()
        .post(url)
        .header("x-ddpaas-signature", signature::dingtalk_card("the secret", &timestamp))
        .header("x-ddpaas-signature-timestamp", &timestamp)
        .body(body.to_string())
        .send()
        .await
        .unwrap();
    (answer.status().as_u16(), answer.json().await.unwrap_or_default())
}

#[tokio::test]
async fn a_swapped_body_under_a_valid_signature_is_refused() {
    let office = Office::open().await;
    office.send("card-1", &["boss"]).await.unwrap();
    let callbacks: Arc<dyn HttpCallback> = Arc::new(CardCallbacks::new(Secret::new("the secret")));
    let handler: Arc<dyn TapHandler> = office.desk.clone();
    let clock = Clock::default();
    let url = door::serve(callbacks, handler, clock.clone()).await;
    let body = |action: &str| {
        let token = office.shown("card-1", "boss", &format!("tok_{action}"));
        let content = json!({"cardPrivateData": {"actionIds": [action], "params": {"token": token}}});
        json!({"outTrackId": "card-1", "corpId": CORPORATION, "userId": "boss", "content": content.to_string()})
    };
    let (reject, approve) = (body("reject"), body("approve"));
    let now = clock.now();
    let (status, first) = post(&url, now, &reject).await;
    assert_eq!((status, &first["cardData"]["cardParamMap"]["state"]), (200, &json!("rejected")));
    assert_eq!(post(&url, now, &reject).await, (200, first), "a repeat gets the same answer");
    assert_eq!(post(&url, now, &approve).await.0, 401, "another body under the same signature");
    assert_eq!(post(&url, now - 301_000, &reject).await.0, 401, "a replay after its time");
    assert_eq!(post(&url, now + 1, &approve).await.1["cardData"]["cardParamMap"]["state"], "rejected");
    assert_eq!(office.desk.taps.lock().unwrap().len(), 2, "neither repeat nor refusal reached the desk");
}
