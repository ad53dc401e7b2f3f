//! Sessions after signing in: renewing, leaving, losing a device.

use std::collections::BTreeSet;

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use sync::signature::rotation_message;

use super::{DAY, HAN, LI, MINUTE, Phone, company, signed_in};
use crate::http::tests::{Answer, Edge, People};

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_stolen_token_ends_the_session() {
    let (edge, _, mut phone) = signed_in().await;
    let before = phone.refresh.clone();
    phone.renew(&edge).await;
    let successor = phone.refresh.clone();
    assert_ne!(before, successor);

    // The answer was lost: the device only has the old token.
    phone.refresh.clone_from(&before);
    edge.app.clock.advance(6 * DAY);
    assert_eq!(phone.renew(&edge).await.json()["refreshToken"], successor.as_str());

    // Later, the old token means that two hold it.
    phone.refresh = before;
    edge.app.clock.advance(2 * DAY);
    phone.renew(&edge).await.refused(401, "session_ended");
    assert!(!phone.is_in(&edge).await, "access ends with the session");
    phone.refresh = successor;
    phone.renew(&edge).await.refused(401, "session_ended");
}

#[tokio::test]
async fn a_refresh_token_is_worthless_without_the_key() {
    let (edge, _, mut phone) = signed_in().await;
    let mut offer = phone.offer(&edge);
    offer["signature"] = Phone::new(8).sign(b"x").into();
    edge.post("/api/refresh", "", &offer).await.refused(401, "proof_refused");
    let mut offer = phone.offer(&edge);
    offer["at"] = (edge.app.clock.now().0 - 1).into();
    edge.post("/api/refresh", "", &offer).await.refused(401, "proof_refused");

    let old = phone.offer(&edge);
    edge.app.clock.advance(11 * MINUTE);
    let late = edge.post("/api/refresh", "", &old).await;
    late.refused(400, "clock_differs");
    assert_eq!(late.json()["detail"]["serverTime"], edge.app.clock.now().0);
    assert!(phone.renew(&edge).await.status.is_success(), "none of this ended the session");
}

#[tokio::test]
async fn a_session_ends_after_thirty_idle_days() {
    let (edge, _, mut phone) = signed_in().await;
    for _ in 0..7 {
        edge.app.clock.advance(25 * DAY);
        assert!(phone.renew(&edge).await.status.is_success());
    }
    // 175 days after signing in; the 180th ends it in any case.
    edge.app.clock.advance(6 * DAY);
    phone.renew(&edge).await.refused(401, "session_ended");
}

#[tokio::test]
async fn signing_out_ends_access_at_once() {
    let (edge, _, mut phone) = signed_in().await;
    assert_eq!(phone.ask(&edge, "POST", "/api/sign-out").await.status, 204);
    assert!(!phone.is_in(&edge).await);
    phone.renew(&edge).await.refused(401, "session_ended");
}

#[tokio::test]
async fn who_left_is_out_at_the_next_request() {
    let (edge, people, mut phone) = signed_in().await;
    people.dismissed.lock().unwrap().insert(LI);
    assert!(!phone.is_in(&edge).await);
    phone.renew(&edge).await.refused(403, "device_revoked");
    phone.sign_in(&edge, "li", "li-password").await.refused(401, "wrong_password");
}

#[tokio::test]
async fn a_lost_phone_is_revoked_from_another() {
    let (edge, _, mut lost) = signed_in().await;
    let mut tablet = Phone::new(9);
    tablet.sign_in(&edge, "li", "li-password").await;
    let list = tablet.ask(&edge, "GET", "/api/devices").await.json();
    assert_eq!(list.as_array().unwrap().len(), 2);
    assert_eq!(list.as_array().unwrap().iter().filter(|device| device["current"] == true).count(), 1);

    let path = format!("/api/devices/{}", lost.public().device());
    assert_eq!(tablet.ask(&edge, "DELETE", &path).await.status, 204);
    let told = edge.app.relay.fan_out().next().await;
    assert_eq!(told, [crate::authority::Effect::Device(lost.public().device())].into());
    assert!(!lost.is_in(&edge).await);
    lost.renew(&edge).await.refused(403, "device_revoked");
    lost.sign_in(&edge, "li", "li-password").await.refused(403, "device_revoked");
    assert!(tablet.is_in(&edge).await);
}

/// Asks for a key in the place of another; `signer` is who claims to have the present one.
async fn rotate(edge: &Edge, present: &Phone, next: &Phone, signer: &Phone, agrees: &Phone) -> Answer {
    let message = rotation_message(present.public().device(), &next.public());
    let offer = json!({
        "algorithm": "ed25519",
        "publicKey": STANDARD.encode(next.public().bytes),
        "proof": signer.sign(&message),
        "nextProof": agrees.sign(&message),
    });
    edge.post("/api/devices/rotate", &present.access, &offer).await
}

#[tokio::test]
async fn a_key_that_was_rotated_signs_no_more_and_the_session_goes_on() {
    let (edge, _, mut phone) = signed_in().await;
    let (mut next, other) = (Phone::new(8), Phone::new(9));
    rotate(&edge, &phone, &next, &other, &next).await.refused(401, "proof_refused");
    rotate(&edge, &phone, &next, &phone, &other).await.refused(401, "proof_refused");
    rotate(&edge, &phone, &phone, &phone, &phone).await.refused(400, "malformed");
    assert!(phone.is_in(&edge).await, "none of this ended anything");

    let rotated = rotate(&edge, &phone, &next, &phone, &next).await;
    assert_eq!(rotated.json()["deviceId"].as_str(), Some(&*next.public().device().to_string()));
    let told = edge.app.relay.fan_out().next().await;
    assert_eq!(told, [crate::authority::Effect::Device(phone.public().device())].into());
    assert!(!phone.is_in(&edge).await);
    rotate(&edge, &phone, &next, &phone, &next).await.refused(401, "unauthenticated");
    // The refresh token is the device's own, so it goes on with the next key alone, also when the answer was lost.
    next.refresh.clone_from(&phone.refresh);
    phone.renew(&edge).await.refused(403, "device_revoked");
    assert!(next.renew(&edge).await.status.is_success() && next.is_in(&edge).await);
    let list = next.ask(&edge, "GET", "/api/devices").await.json();
    let ended = |device: &Value| !device["revokedAt"].is_null();
    assert_eq!(list.as_array().unwrap().iter().map(ended).filter(|ended| *ended).count(), 1, "{list}");
}

#[tokio::test]
async fn a_key_that_is_known_takes_no_others_place() {
    let (edge, _, phone) = signed_in().await;
    let (mut of_han, mut lost) = (Phone::new(8), Phone::new(9));
    of_han.sign_in(&edge, "han", "li-password").await;
    lost.sign_in(&edge, "li", "li-password").await;
    phone.ask(&edge, "DELETE", &format!("/api/devices/{}", lost.public().device())).await;
    rotate(&edge, &phone, &of_han, &phone, &of_han).await.refused(409, "device_of_another");
    rotate(&edge, &phone, &lost, &phone, &lost).await.refused(403, "device_revoked");
    assert!(phone.is_in(&edge).await && of_han.is_in(&edge).await);
}

#[tokio::test]
async fn only_administrators_revoke_devices_of_others() {
    let (edge, _) = company(People { administrators: BTreeSet::from([HAN]), ..People::default() }).await;
    let (mut of_li, mut of_han) = (Phone::new(7), Phone::new(8));
    of_li.sign_in(&edge, "li", "li-password").await;
    of_han.sign_in(&edge, "han", "li-password").await;
    let path = |phone: &Phone| format!("/api/devices/{}", phone.public().device());
    of_li.ask(&edge, "DELETE", &path(&of_han)).await.refused(404, "not_found");
    assert_eq!(of_han.ask(&edge, "DELETE", &path(&of_li)).await.status, 204);
    assert!(!of_li.is_in(&edge).await);
}

#[tokio::test]
async fn the_database_holds_no_password_and_no_token() {
    let (edge, _, mut phone) = signed_in().await;
    phone.renew(&edge).await;
    let token = URL_SAFE_NO_PAD.decode(&phone.refresh).unwrap();
    edge.app.store.writer.close();
    for entry in std::fs::read_dir(&edge.app.config.data).unwrap() {
        let Ok(bytes) = std::fs::read(entry.unwrap().path()) else {
            continue;
        };
        let holds = |needle: &[u8]| bytes.windows(needle.len()).any(|window| window == needle);
        assert!(!holds(b"li-password") && !holds(phone.refresh.as_bytes()) && !holds(&token[16..]));
    }
}
