//! Devices that do not behave, over sockets in memory with short limits.

use std::time::Duration;

use axum::extract::ws::Message;
use axum::http::StatusCode;
use proptest::prelude::*;
use sync::view::codes;
use sync::wire::{self, ClientFrame, Push, ServerFrame};
use tokio::time::timeout;

use super::socket::{Wire, greeted, hello};
use crate::relay::Limits;
use crate::relay::hub::{Audience, News};
use crate::relay::session::End;
use crate::testing::{Server, ZHANG};

#[tokio::test]
async fn a_stranger_is_not_greeted() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let check = async |frame: ClientFrame, code: &str| {
        let mut wire = Wire::open(&server.app);
        wire.say(&frame);
        assert_eq!(wire.closing().await, code);
        assert!(matches!(wire.end().await, End::Closing(_)));
    };
    check(hello("no token"), "unauthenticated").await;
    check(hello(""), "unauthenticated").await;
    check(ClientFrame::Ping(1), "no_hello").await;
    let mut wire = Wire::open(&server.app);
    wire.to_relay.send(Message::Text("hello".into())).unwrap();
    assert_eq!(wire.closing().await, "malformed");
}

#[tokio::test]
async fn time_limits_end_a_session_with_their_codes() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits {
        greeting: Duration::from_millis(50),
        idle: Duration::from_millis(200),
        items_a_minute: 1,
        ..Limits::default()
    };
    let server = Server::start_bounded(folder.path(), limits).await;

    let mut silent = Wire::open(&server.app);
    assert_eq!(silent.closing().await, "no_hello");

    let (mut idle, _) = greeted(&server).await;
    idle.say(&ClientFrame::Ping(7));
    assert_eq!(idle.hear().await, Some(ServerFrame::Pong(7)));
    assert_eq!(idle.closing().await, "idle");

    // Signing in takes its time, which an open session would have been idle.
    let mut phone = server.phone(ZHANG).await;
    phone.claim(crate::testing::new_request(), 1);
    let (mut flood, _) = greeted(&server).await;
    flood.say(&phone.replica.next_push().unwrap());
    assert_eq!(flood.closing().await, codes::TOO_MUCH);
}

#[tokio::test]
async fn a_revoked_device_is_shown_out_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut phone = server.phone(ZHANG).await;
    phone.connect().await;
    let (mut tablet, _) = greeted(&server).await;
    let url = server.url(&format!("/api/devices/{}", phone.replica.device()));
    bot::install_tls();
    let answer = reqwest::Client::new().delete(url).bearer_auth(&phone.token).send().await.unwrap();
    assert_eq!(answer.status().as_u16(), StatusCode::NO_CONTENT);
    let mut codes = Vec::new();
    while let Some(frame) = phone.hear().await {
        if let ServerFrame::Closing(code) = frame {
            codes.push(code);
        }
    }
    assert_eq!(codes, ["revoked"]);
    tablet.say(&ClientFrame::Ping(1));
    assert_eq!(tablet.hear().await, Some(ServerFrame::Pong(1)), "another device of the same person stays");

    phone.lose();
    phone.open().await;
    phone.say(&hello(&phone.token.clone())).await;
    assert_eq!(phone.hear().await, Some(ServerFrame::Closing("unauthenticated".into())));
}

#[tokio::test]
async fn a_person_who_left_is_shown_out_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut wire, _) = greeted(&server).await;
    let fan_out = server.app.relay.fan_out().clone();
    let left = server.app.store.writer.run(move |turn| {
        let mut organisation = (*turn.state.books().organisation).clone();
        organisation.people.get_mut(&ZHANG).unwrap().active = false;
        let answer = turn.state.publish_organisation(turn.connection, turn.now, None, organisation)?;
        turn.after_commit(move || fan_out.tell(&answer.effects));
        Ok::<_, crate::store::Stop<()>>(())
    });
    left.await.unwrap();
    assert_eq!(wire.closing().await, "revoked");
}

#[tokio::test]
async fn a_fresh_greeting_goes_on_and_another_person_may_not_take_over() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut wire, token) = greeted(&server).await;
    wire.say(&hello(&token));
    wire.until_live().await;
    let other = server.phone(crate::testing::LI).await.token;
    wire.say(&hello(&other));
    assert_eq!(wire.closing().await, "another_person");
}

#[tokio::test]
async fn a_session_ends_with_its_token_unless_a_fresh_one_comes() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let old = server.phone(ZHANG).await.token;
    // Tokens last ten minutes and count whole seconds: this one has between half a second and two left.
    server.app.clock.advance(598_400);
    let mut wire = Wire::open(&server.app);
    wire.say(&hello(&old));
    wire.until_live().await;
    assert_eq!(wire.closing().await, "expired");
    server.app.clock.advance(2_000);
    let mut wire = Wire::open(&server.app);
    wire.say(&hello(&old));
    assert_eq!(wire.closing().await, "unauthenticated");
}

#[tokio::test]
async fn a_reader_who_does_not_read_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let limits = Limits { patience: Duration::from_millis(100), ..Limits::default() };
    let server = Server::start_bounded(folder.path(), limits).await;
    let (wire, _) = greeted(&server).await;
    for number in 0..100 {
        wire.say(&ClientFrame::Ping(number));
    }
    let end = timeout(Duration::from_secs(10), wire.session).await.unwrap().unwrap();
    assert_eq!(end, End::Closing("slow_reader"));
    assert_eq!(server.app.relay.hub().connections(), 0);
}

#[tokio::test]
async fn only_our_protocol_and_our_pages_get_in() {
    use tokio_tungstenite::tungstenite::client::IntoClientRequest;
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let refused = async |protocol: Option<&str>, origin: Option<&str>| {
        let mut request = format!("ws://{}/sync", server.address).into_client_request().unwrap();
        for (name, value) in [("sec-websocket-protocol", protocol), ("origin", origin)] {
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
        }
        match tokio_tungstenite::connect_async(request).await {
            Ok(_) => 101,
            Err(tokio_tungstenite::tungstenite::Error::Http(answer)) => answer.status().as_u16(),
            Err(error) => panic!("{error}"),
        }
    };
    let own = format!("http://{}", server.address);
    assert_eq!(refused(Some(wire::PROTOCOL), Some(&own)).await, 101);
    assert_eq!(refused(Some(wire::PROTOCOL), None).await, 101);
    assert_eq!(refused(Some(wire::PROTOCOL), Some("https://evil.example")).await, 403);
    assert_eq!(refused(None, Some(&own)).await, 426);
    assert_eq!(refused(Some("suanpan-sync.0"), Some(&own)).await, 426);
}

/// Frames as a broken or hostile device sends them: noise, cut frames, frames with a bit turned.
fn frames() -> impl Strategy<Value = Vec<Vec<u8>>> {
    let push = wire::encode(&ClientFrame::Push(Push { id: 1, items: Vec::new() }));
    let ping = wire::encode(&ClientFrame::Ping(1));
    let whole = prop::sample::select(vec![push, ping, wire::encode(&hello("x"))]);
    let cut = (whole.clone(), any::<prop::sample::Index>()).prop_map(|(mut bytes, at)| {
        bytes.truncate(at.index(bytes.len()));
        bytes
    });
    let turned = (whole.clone(), any::<prop::sample::Index>(), any::<u8>()).prop_map(|(mut bytes, at, noise)| {
        let at = at.index(bytes.len());
        bytes[at] ^= noise;
        bytes
    });
    let noise = prop::collection::vec(any::<u8>(), 0..200);
    prop::collection::vec(prop_oneof![whole, cut, turned, noise], 1..12)
}

#[test]
fn no_bytes_end_more_than_their_session() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let server = runtime.block_on(Server::start(folder.path()));
    let token = runtime.block_on(server.phone(ZHANG)).token;
    proptest!(ProptestConfig::with_cases(200), |(frames in frames(), known in any::<bool>())| {
        let end = runtime.block_on(async {
            let mut wire = Wire::open(&server.app);
            if known {
                wire.say(&hello(&token));
                wire.until_live().await;
            }
            for frame in frames {
                wire.say_bytes(frame);
            }
            wire.end().await
        });
        prop_assert!(matches!(end, End::Gone | End::Closing(_)));
    });
    runtime.block_on(async {
        let (mut wire, _) = greeted(&server).await;
        wire.say(&ClientFrame::Ping(1));
        assert_eq!(wire.hear().await, Some(ServerFrame::Pong(1)));
        server.app.relay.hub().tell(&Audience::Everybody, &News::restarting());
        assert_eq!(wire.closing().await, "restarting");
    });
}
