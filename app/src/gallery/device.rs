//! The device layer at work in this very browser: each line says what was tried and whether it held.

use budget::Timestamp;
use leptos::prelude::*;

use crate::device::preview::{Bounds, THUMBNAIL};
use crate::device::store::{Store, Write};
use crate::device::{
    Bytes, capture, clock, connection, http, key, leader, persist, preview, random, reader, socket, store, task, upload,
};
use crate::parts::Tone;
use crate::parts::cell::{Cell, Group};
use crate::parts::page::Page;
use crate::parts::tag::Tag;

type Found = Result<(), String>;

fn hold(right: bool, what: &str) -> Found {
    if right { Ok(()) } else { Err(what.to_owned()) }
}

fn say(error: impl std::fmt::Display) -> String {
    error.to_string()
}

/// Tries everything and shows what came of it.
pub(super) fn room() -> AnyView {
    let found = RwSignal::new(Vec::<(&'static str, Found)>::new());
    task::spawn(async move {
        let note = move |name, result| found.update(|found| found.push((name, result)));
        note("store", stored().await);
        note("store: no half batch", whole().await);
        note("store: full", filled().await);
        note("key", signed().await);
        note("digest", digested().await);
        note("preview", previewed().await);
        note("ids", ids());
        note("http", asked().await);
        note("upload", uploaded().await);
        note("socket", refused().await);
        note("reader", read().await);
        note("leader", led().await);
        note("persist", kept().await);
        note("end", Ok(()));
    });
    let row = |(name, result): (&'static str, Found)| {
        let (tone, word) = match result {
            Ok(()) => (Tone::Good, String::from("ok")),
            Err(why) => (Tone::Bad, why),
        };
        view! { <Cell title=name test=name end=move || view! { <Tag label=word tone/> }/> }
    };
    view! {
        <Page title="设备">
            <Group>{move || found.get().into_iter().map(row).collect_view()}</Group>
        </Page>
    }
    .into_any()
}

async fn stored() -> Found {
    let batch = vec![
        Write::put(Store::Documents, "claim/1/b", b"two".as_slice()),
        Write::put(Store::Documents, "claim/1/a", b"one".as_slice()),
        Write::put(Store::Documents, "claim/10/a", b"other".as_slice()),
        Write::put(Store::Outbox, "1", b"send".as_slice()),
    ];
    store::write(batch).await.map_err(say)?;
    let found = store::scan(Store::Documents, "claim/1/").await.map_err(say)?;
    let found: Vec<(String, Vec<u8>)> = found.into_iter().map(|(key, bytes)| (key, bytes.to_vec())).collect();
    let expected = vec![("claim/1/a".to_owned(), b"one".to_vec()), ("claim/1/b".to_owned(), b"two".to_vec())];
    hold(found == expected, "scan")?;
    let one = store::get(Store::Outbox, "1").await.map_err(say)?;
    hold(one.is_some_and(|bytes| bytes.to_vec() == b"send"), "get")?;
    store::write(vec![
        Write::DeletePrefix(Store::Documents, "claim/1/".to_owned()),
        Write::Delete(Store::Outbox, "1".to_owned()),
    ])
    .await
    .map_err(say)?;
    hold(store::keys(Store::Documents, "claim/").await.map_err(say)? == ["claim/10/a"], "delete a prefix")?;
    store::erase().await.map_err(say)?;
    hold(store::keys(Store::Documents, "").await.map_err(say)?.is_empty(), "erase")?;
    hold(store::get(Store::Outbox, "1").await.map_err(say)?.is_none(), "delete")
}

async fn whole() -> Found {
    store::write(Vec::new()).await.map_err(say)?;
    let many = (0..500).map(|number| Write::put(Store::Pending, format!("{number:04}"), b"x".as_slice()));
    store::write(many.collect()).await.map_err(say)?;
    hold(store::keys(Store::Pending, "").await.map_err(say)?.len() == 500, "five hundred in one batch")?;
    store::write(vec![Write::DeletePrefix(Store::Pending, String::new())]).await.map_err(say)
}

/// With little space allowed to the browser (its developer tools can do that) nothing of a batch may stay.
async fn filled() -> Found {
    let batch = (0..8).map(|number| Write::put(Store::Blobs, format!("{number}"), vec![7; 3_000_000]));
    let written = store::write(batch.collect()).await;
    let there = store::keys(Store::Blobs, "").await.map_err(say)?.len();
    match written {
        Ok(()) => {
            store::write(vec![Write::DeletePrefix(Store::Blobs, String::new())]).await.map_err(say)?;
            hold(there == 8, "all of it")
        }
        Err(error) => {
            hold(error.code() == "storage_full", error.code())?;
            hold(there == 0, "a part of it stayed")?;
            Err(String::from("storage_full, as it should where there is no space"))
        }
    }
}

async fn signed() -> Found {
    let first = key::DeviceKey::load_or_generate("gallery").await.map_err(say)?;
    let second = key::DeviceKey::load_or_generate("gallery").await.map_err(say)?;
    hold(first.id() == second.id(), "the key is kept")?;
    let signature = second.sign(b"message").await.map_err(say)?;
    let check = |message: &'static [u8]| {
        let key = first.clone();
        async move { key::verify(key.algorithm(), key.public_key(), message, &signature).await.map_err(say) }
    };
    hold(check(b"message").await?, "a good signature")?;
    hold(!check(b"massage").await?, "a bad signature")?;
    key::DeviceKey::remove("gallery").await.map_err(say)?;
    hold(key::DeviceKey::load("gallery").await.map_err(say)?.is_none(), "removed")
}

async fn digested() -> Found {
    let name = capture::digest(&Bytes::from(b"abc".as_slice())).await.map_err(say)?;
    hold(name == "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad", &name)
}

async fn previewed() -> Found {
    let icon = http::Request::get("/icon-512.png").send().await.map_err(say)?.bytes().await.map_err(say)?;
    let small = preview::picture(&icon, "image/png", THUMBNAIL).await.map_err(say)?;
    hold((small.width, small.height) == (264, 264) && small.bytes.len() <= THUMBNAIL.bytes, "thumbnail")?;
    hold(small.bytes.to_vec().starts_with(&[0xff, 0xd8]), "JPEG")?;
    let tight = Bounds { side: 512, bytes: 8_000 };
    let tight = preview::picture(&icon, "", tight).await.map_err(say)?;
    hold(tight.bytes.len() <= 8_000 && tight.width < 512, &format!("{} bytes", tight.bytes.len()))?;
    let text = Bytes::from(b"no picture".as_slice());
    hold(preview::picture(&text, "", THUMBNAIL).await.is_err(), "not a picture")
}

fn ids() -> Found {
    let (one, two) = (random::id(), random::id());
    hold(one != two && one.get_version_num() == 7, "version 7")?;
    hold(clock::now() > Timestamp(1_700_000_000_000), "the clock")?;
    hold(connection::visible(), "visible")
}

async fn asked() -> Found {
    let missing = http::Request::get("/api/none").deadline(5_000).send().await.and_then(|answer| {
        let kind = answer.header("content-type").unwrap_or_default();
        if kind.starts_with("text/html") { Err(http::HttpError::Malformed(kind)) } else { Ok(answer) }
    });
    hold(missing.is_err(), "no such path")?;
    let nowhere = http::Request::get("http://127.0.0.1:9/").send().await;
    hold(nowhere.err() == Some(http::HttpError::Offline), "nobody there")
}

async fn uploaded() -> Found {
    let refused = upload::send("PUT", "/api/blobs/1", &[], &Bytes::from(vec![0; 10_000]), |_| ()).await;
    hold(matches!(refused, Err(http::HttpError::Refused { .. } | http::HttpError::Offline)), "a refused upload")
}

async fn refused() -> Found {
    let closed = RwSignal::new(false);
    let opened = socket::Socket::open("/sync", &["suanpan.1"], move |event| {
        if matches!(event, socket::SocketEvent::Closed { .. }) {
            closed.set(true);
        }
    });
    let socket = opened.map_err(say)?;
    task::sleep(500).await;
    drop(socket);
    hold(closed.get_untracked(), "a socket that is refused says so")
}

async fn read() -> Found {
    let answer: Result<serde_json::Value, _> = reader::read("x.bin", "2026-11-23", &Bytes::from(vec![1, 2, 3])).await;
    match answer {
        Err(reader::ReaderError::Refused { .. }) => Ok(()),
        Err(error) => Err(say(error)),
        Ok(_) => Err(String::from("three bytes are no invoice")),
    }
}

async fn led() -> Found {
    let leads = RwSignal::new(false);
    leader::stand("gallery", move || leads.set(true));
    let heard = RwSignal::new(String::new());
    let listening = leader::Channel::join("gallery", move |word| heard.set(word));
    let speaking = leader::Channel::join("gallery", |_| ());
    speaking.say("claim/1");
    task::sleep(200).await;
    drop(listening);
    hold(leads.get_untracked(), "the only tab leads")?;
    hold(heard.get_untracked() == "claim/1", "a word between tabs")
}

async fn kept() -> Found {
    persist::keep().await;
    let (used, allowed) = persist::space().await.ok_or("no estimate")?;
    hold(used < allowed, "space")
}
