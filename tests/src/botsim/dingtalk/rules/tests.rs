use super::{new_card, respond, update};
use crate::botsim::dingtalk::TEMPLATE;
use serde_json::{Value, json};
use std::collections::BTreeMap;

fn body() -> Value {
    json!({
        "cardTemplateId": TEMPLATE, "outTrackId": "card-1", "callbackType": "STREAM", "userIdType": 1,
        "openSpaceId": "dtv1.card//IM_ROBOT.boss;IM_ROBOT.cfo",
        "imRobotOpenDeliverModel": {"spaceType": "IM_ROBOT", "robotCode": "robot"},
        "cardData": {"cardParamMap": {"title": "t", "status": "待处理"}},
        "privateData": {"boss": {"cardParamMap": {"can_act": "true"}}},
    })
}

/// The vendor's code for the body after one change, or "ok".
fn check(change: impl FnOnce(&mut Value)) -> &'static str {
    let mut body = body();
    change(&mut body);
    new_card(&body, &BTreeMap::new()).map_or_else(|refused| refused.code, |_| "ok")
}

#[test]
fn create_follows_the_published_rules() {
    assert_eq!(check(|_| ()), "ok");
    assert_eq!(check(|b| b["cardTemplateId"] = json!("")), "param.cardTemplateIdEmpty");
    assert_eq!(check(|b| b["cardTemplateId"] = json!("other")), "param.templateNotExist");
    assert_eq!(check(|b| b["outTrackId"] = json!(null)), "param.outTrackIdEmpty");
    assert_eq!(check(|b| b["openSpaceId"] = json!("")), "param.openSpaceIdEmpty");
    for wrong in ["IM_ROBOT.boss", "dtv1.card//boss", "dtv1.card//IM_ROBOT.", "dtv1.card//IM_ROBOT.a;"] {
        assert_eq!(check(|b| b["openSpaceId"] = json!(wrong)), "param.openSpaceIdInvalid", "{wrong}");
    }
    let model = "imRobotOpenDeliverModel";
    assert_eq!(check(|b| drop(b.as_object_mut().unwrap().remove(model))), "param.openDeliverModelEmpty");
    assert_eq!(check(|b| b[model]["spaceType"] = json!("IM_GROUP")), "param.openDeliverModelError");
    assert_eq!(check(|b| b["callbackType"] = json!("HTTP")), "param.invalid");
    assert_eq!(check(|b| b["userIdType"] = json!("1")), "param.invalid");
    let params = |b: &mut Value, value| b["cardData"]["cardParamMap"]["title"] = value;
    assert_eq!(check(|b| params(b, json!(12))), "param.invalid");
    assert_eq!(check(|b| params(b, json!("汉".repeat(341)))), "ok");
    assert_eq!(check(|b| params(b, json!("汉".repeat(342)))), "param.invalid");
    assert_eq!(check(|b| b["privateData"]["boss"] = json!({"can_act": "true"})), "param.invalid");
}

#[test]
fn a_key_is_used_once() {
    let card = new_card(&body(), &BTreeMap::new()).unwrap();
    assert_eq!(card.recipients, ["boss", "cfo"]);
    let known = BTreeMap::from([("card-1".to_owned(), card)]);
    let again = new_card(&body(), &known).unwrap_err();
    assert_eq!((again.code, again.innocent), ("param.cardAlreadyExist", true));
}

#[test]
fn an_update_overwrites_unless_it_says_by_key() {
    let card = new_card(&body(), &BTreeMap::new()).unwrap();
    let mut known = BTreeMap::from([("card-1".to_owned(), card)]);
    let mut change = json!({
        "outTrackId": "card-1", "cardData": {"cardParamMap": {"status": "已同意"}},
        "cardUpdateOptions": {"updateCardDataByKey": true},
    });
    update(&change, &mut known).unwrap();
    assert_eq!(known["card-1"].seen_by("boss", "title"), "t");
    change["cardUpdateOptions"] = json!({});
    update(&change, &mut known).unwrap();
    assert_eq!(known["card-1"].seen_by("boss", "title"), "");
    change["outTrackId"] = json!("card-2");
    assert_eq!(update(&change, &mut known).unwrap_err().code, "param.cardNotExist");
}

#[test]
fn a_response_changes_the_tappers_private_data_alone() {
    let mut card = new_card(&body(), &BTreeMap::new()).unwrap();
    let options = json!({"updateCardDataByKey": true, "updatePrivateDataByKey": true});
    let response = json!({
        "cardUpdateOptions": options,
        "cardData": {"cardParamMap": {"status": "已同意"}},
        "userPrivateData": {"cardParamMap": {"can_act": "false"}},
    });
    respond(&response, &mut card, "cfo").unwrap();
    assert_eq!(card.seen_by("cfo", "can_act"), "false");
    assert_eq!(card.seen_by("boss", "can_act"), "true");
    assert_eq!(card.seen_by("boss", "status"), "已同意");
    let wrong = json!({"cardData": {"cardParamMap": {"status": 1}}});
    assert_eq!(respond(&wrong, &mut card, "boss").unwrap_err().code, "BAD_RESPONSE");
}
