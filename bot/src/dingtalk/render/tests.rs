use super::{LONGEST_VALUE, answer, create, processing, update};
use crate::dingtalk::DingTalkConfig;
use crate::surface::{ChatIdentity, Delivery, Platform, Recipient, SendError};
use crate::tap::{Refusal, TapOutcome};
use crate::text::shorten;
use crate::{CardAction, CardState, CardView, Decision, Secret};
use proptest::prelude::*;
use serde_json::{Value, json};

fn view(state: CardState) -> CardView {
    CardView {
        request: "r1".into(),
        step: 1,
        revision: 3,
        title: "张三的报销".into(),
        facts: vec![("金额".into(), "¥1,000.00".into()), ("事由".into(), "出差".into())],
        state,
        actions: CardAction::ALL.into(),
        detail_url: "https://suanpan.example/r/r1".into(),
    }
}

fn recipient(user: &str, token: Option<&str>) -> Recipient {
    let identity = ChatIdentity { platform: Platform::DingTalk, corporation: "ding1".into(), user: user.into() };
    let tokens = CardAction::ALL
        .into_iter()
        .filter_map(|action| Some((action, format!("{}-{}", token?, action.code()))))
        .collect();
    Recipient { identity, tokens }
}

fn delivery(view: CardView, recipients: Vec<Recipient>) -> Delivery {
    Delivery { key: "r1-1".into(), view, recipients }
}

fn config() -> DingTalkConfig {
    DingTalkConfig {
        client_id: "client".into(),
        client_secret: Secret::new("secret"),
        card_template_id: "t.schema".into(),
        robot_code: "robot".into(),
        api_base: "https://api.dingtalk.com".into(),
        oapi_base: "https://oapi.dingtalk.com".into(),
        http_callback: None,
        to_do: None,
    }
}

/// Every variable of a request is a string within the limit, under a key within the limit.
fn check_limits(body: &Value) {
    let maps = body["privateData"].as_object().into_iter().flat_map(|users| users.values());
    for map in [&body["cardData"]].into_iter().chain(maps) {
        for (name, value) in map["cardParamMap"].as_object().expect("a map of variables") {
            let value = value.as_str().expect("a string");
            assert!(name.len() <= 100 && value.len() <= LONGEST_VALUE, "{name}: {} bytes", value.len());
        }
    }
}

#[test]
fn a_pending_card_gives_each_approver_their_own_tokens() {
    let card = delivery(
        view(CardState::Pending),
        vec![recipient("boss", Some("b")), recipient("cfo", Some("c")), recipient("watcher", None)],
    );
    let body = serde_json::to_value(create(&config(), &card).unwrap()).unwrap();
    check_limits(&body);
    assert_eq!(body["openSpaceId"], "dtv1.card//IM_ROBOT.boss;IM_ROBOT.cfo;IM_ROBOT.watcher");
    assert_eq!(body["imRobotOpenSpaceModel"]["supportForward"], false);
    assert_eq!(body["imRobotOpenDeliverModel"], json!({"spaceType": "IM_ROBOT", "robotCode": "robot"}));
    assert_eq!(body["cardData"]["cardParamMap"]["facts"], "金额：¥1,000.00\n事由：出差");
    let private = |user: &str| body["privateData"][user]["cardParamMap"].clone();
    assert_eq!(private("boss")["tok_approve"], "b-approve");
    assert_eq!(private("cfo")["tok_reject"], "c-reject");
    assert_eq!(private("watcher")["can_act"], "false");
    assert!(!body["cardData"].to_string().contains("-approve"), "a token is public");
}

#[test]
fn a_decided_card_takes_the_buttons_and_tokens_away() {
    let state = CardState::Decided { by: "李四".into(), at_text: "10:32".into(), decision: Decision::Rejected };
    let card = delivery(view(state), vec![recipient("boss", Some("b"))]);
    let body = serde_json::to_value(update(&card).unwrap()).unwrap();
    check_limits(&body);
    assert_eq!(body["cardUpdateOptions"], json!({"updateCardDataByKey": true, "updatePrivateDataByKey": true}));
    let public = &body["cardData"]["cardParamMap"];
    assert_eq!((&public["open"], &public["state"]), (&json!("false"), &json!("rejected")));
    let private = &body["privateData"]["boss"]["cardParamMap"];
    assert_eq!((&private["can_act"], &private["tok_approve"]), (&json!("false"), &json!("")));
}

#[test]
fn what_a_claimant_typed_cannot_pose_as_another_fact() {
    let mut forged = view(CardState::Pending);
    forged.facts = vec![("事由".into(), "茶\n金额：¥1.00\u{2028}\r".into())];
    let card = delivery(forged, vec![recipient("boss", Some("b"))]);
    let body = serde_json::to_value(update(&card).unwrap()).unwrap();
    let facts = body["cardData"]["cardParamMap"]["facts"].as_str().unwrap().to_owned();
    assert_eq!(facts, "事由：茶 金额：¥1.00  ");
}

#[test]
fn a_user_id_that_would_address_somebody_else_is_refused() {
    for user in ["", "boss;IM_ROBOT.cfo", "a b", "a/b", "a\n"] {
        let card = delivery(view(CardState::Pending), vec![recipient(user, Some("t"))]);
        let refused = create(&config(), &card);
        assert_eq!(refused, Err(SendError::Permanent("dingtalk.recipient_invalid".into())), "{user:?}");
    }
    let nobody = create(&config(), &delivery(view(CardState::Pending), vec![]));
    assert_eq!(nobody, Err(SendError::Permanent("dingtalk.no_recipient".into())));
}

#[test]
fn answers_tell_the_tapper_and_everybody_else_what_they_need() {
    let why = Refusal::Changed { from: "5,200.00".into(), to: "9,200.00".into() };
    let refused = TapOutcome::Refused { view: view(CardState::Pending), why };
    let body = serde_json::to_value(answer(&refused).unwrap()).unwrap();
    let mine = &body["userPrivateData"]["cardParamMap"];
    assert_eq!(mine["notice"], "单据已变更 5,200.00→9,200.00，请核对后再处理");
    assert_eq!(mine.get("can_act"), None, "fresh buttons were taken away by a late tap");
    assert!(!body["cardData"].to_string().contains("5,200"), "a private notice went public");

    let applied = serde_json::to_value(answer(&TapOutcome::Applied(view(CardState::Pending))).unwrap());
    assert_eq!(applied.unwrap()["userPrivateData"]["cardParamMap"]["can_act"], "false");

    let unbound = serde_json::to_value(answer(&TapOutcome::Unbound).unwrap()).unwrap();
    assert!(unbound.get("cardData").is_none(), "a stranger's tap must not change the card");
    assert_eq!(answer(&TapOutcome::Unavailable), None);

    let waiting = serde_json::to_value(processing()).unwrap();
    assert_eq!(waiting["cardData"]["cardParamMap"]["status"], "处理中");
    assert_eq!(waiting["cardData"]["cardParamMap"]["open"], "false");
}

proptest! {
    #[test]
    fn any_card_stays_within_the_limits(
        title in ".{0,2000}",
        facts in prop::collection::vec((".{0,200}", ".{0,800}"), 0..8),
        from in ".{0,1500}",
        url in ".{0,1500}",
    ) {
        let mut long = view(CardState::Changed { from, to: "9".into() });
        (long.title, long.facts, long.detail_url) = (title, facts, url);
        let card = delivery(long, vec![recipient("boss", Some("b"))]);
        check_limits(&serde_json::to_value(create(&config(), &card).unwrap()).unwrap());
        check_limits(&serde_json::to_value(update(&card).unwrap()).unwrap());
    }

    #[test]
    fn shortening_keeps_a_prefix(text in ".{0,400}", limit in 3..200_usize) {
        let short = shorten(&text, limit);
        prop_assert!(short.len() <= limit);
        prop_assert!(short == text || text.starts_with(short.trim_end_matches('…')));
    }
}
