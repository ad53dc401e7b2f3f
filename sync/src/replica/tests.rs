//! Devices and a relay that loses answers, restarts and refuses.

mod harness;

use budget::LineId;
use proptest::prelude::*;

use super::*;
use crate::view::codes;
use crate::wire::{self, Batch, Item, ServerFrame, Welcome};
use harness::{Device, Relay};

const REQUEST: RequestId = RequestId([3; 16]);
const CLAIM: DocumentKey = DocumentKey::Claim(REQUEST);
const LINE: LineId = LineId([5; 16]);

/// Sends everything until the device is settled; every answer arrives. Returns the frames sent.
fn settle(device: &mut Device, relay: &mut Relay) -> usize {
    let mut frames = 0;
    while let Some(frame) = device.replica.next_push() {
        frames += 1;
        assert!(frames < 100, "the outbox never comes to rest");
        let wire::ClientFrame::Push(push) = frame else { panic!() };
        for answer in relay.take(push) {
            device.receive(&answer);
        }
    }
    frames
}

#[test]
fn work_done_offline_arrives_once() {
    let (mut phone, mut relay) = (Device::new(1, 1), Relay::default());
    relay.knows(&phone);
    phone.begin();
    phone.submit();
    assert_eq!(phone.replica.waiting(), BTreeSet::from([REQUEST]));
    assert_eq!(settle(&mut phone, &mut relay), 1);
    assert!(phone.replica.is_settled());
    assert_eq!((relay.log.len(), relay.records.len()), (3, 1));
    assert_eq!(phone.disk.keys().filter(|key| key.starts_with("outgoing/")).count(), 0);
}

#[test]
fn s1_the_tunnel_eats_answers_and_the_phone_is_killed() {
    let (mut phone, mut relay) = (Device::new(1, 1), Relay::default());
    relay.knows(&phone);
    phone.begin();
    phone.submit();
    for _ in 0..2 {
        let Some(wire::ClientFrame::Push(push)) = phone.replica.next_push() else { panic!("nothing to send") };
        relay.take(push); // The answer never comes.
        phone.killed();
        assert_eq!(phone.shown(), Some(100), "what was typed is still there");
    }
    settle(&mut phone, &mut relay);
    assert_eq!((relay.log.len(), relay.records.len()), (3, 1));
    assert!(phone.replica.is_settled());
}

#[test]
fn a_lost_answer_is_also_learnt_from_the_log() {
    let (mut phone, mut relay) = (Device::new(1, 1), Relay::default());
    relay.knows(&phone);
    phone.begin();
    let Some(wire::ClientFrame::Push(push)) = phone.replica.next_push() else { panic!() };
    relay.take(push);
    phone.replica.disconnected();
    phone.receive(&relay.tell());
    assert!(phone.replica.is_settled());
    assert_eq!(phone.shown(), Some(100));
}

#[test]
fn a_refused_edit_leaves_the_document_and_stays_readable() {
    let (mut phone, mut relay) = (Device::new(1, 1), Relay::default());
    relay.knows(&phone);
    phone.begin();
    settle(&mut phone, &mut relay);
    relay.frozen = true;
    phone.amount(200);
    phone.amount(300);
    assert_eq!(phone.shown(), Some(300));
    let frames = settle(&mut phone, &mut relay);
    assert_eq!(frames, 1, "a refused change is offered once");
    assert_eq!(phone.shown(), Some(100));
    let refused: Vec<_> = phone.replica.refused().map(|(order, work)| (order, work.clone())).collect();
    let [(order, work)] = refused.as_slice() else { panic!("one piece of refused work: {refused:?}") };
    assert_eq!(work.code, codes::FROZEN);
    assert_eq!(work.edits.len(), 2);
    phone.killed();
    assert_eq!(phone.replica.refused().count(), 1, "it survives the tab");

    // The request was returned: the same edits are made again under a new actor.
    relay.frozen = false;
    for edit in work.edits.clone() {
        phone.edit(edit);
    }
    let writes = phone.replica.dismiss(*order);
    phone.keep(writes);
    settle(&mut phone, &mut relay);
    assert_eq!(phone.shown(), Some(300));
    assert_eq!(phone.replica.refused().count(), 0);
}

#[test]
fn a_submission_that_was_not_sent_can_be_taken_back() {
    let mut phone = Device::new(1, 1);
    phone.begin();
    phone.submit();
    let writes = phone.replica.cancel_record([9; 16]).unwrap();
    phone.keep(writes);
    assert_eq!(phone.replica.waiting_records(REQUEST).count(), 0);
    phone.submit();
    phone.replica.next_push();
    assert_eq!(phone.replica.cancel_record([9; 16]), None, "it is on its way");
}

#[test]
fn two_tabs_of_one_person_share_their_rows() {
    let (mut first, mut relay) = (Device::new(1, 1), Relay::default());
    relay.knows(&first);
    let mut second = Device::new(1, 1);
    first.replica.number_in(3);
    second.replica.number_in(4);
    second.salt = 50;
    let tell = |from: &Device, before: &BTreeMap<String, Vec<u8>>, to: &mut Device| {
        let put: Vec<_> = from
            .disk
            .iter()
            .filter(|(key, _)| !before.contains_key(*key))
            .map(|(k, v)| (k.clone(), v.clone()))
            .collect();
        let gone: Vec<_> = before.keys().filter(|key| !from.disk.contains_key(*key)).cloned().collect();
        to.replica.adopt(put, &gone);
        to.disk.clone_from(&from.disk);
    };
    first.begin();
    tell(&first, &BTreeMap::new(), &mut second);
    assert_eq!(second.shown(), Some(100));
    let before = second.disk.clone();
    second.amount(250);
    tell(&second, &before, &mut first);
    assert_eq!(first.shown(), Some(250), "what the second tab typed is seen in the first");
    let before = first.disk.clone();
    assert_eq!(settle(&mut first, &mut relay), 1, "the first tab sends the work of both");
    tell(&first, &before, &mut second);
    assert!(second.replica.is_settled());
    assert_eq!(second.shown(), Some(250));
    assert_eq!(relay.log.len(), 4);
}

#[test]
fn access_that_is_lost_purges_the_device_but_not_its_own_work() {
    let (mut phone, mut relay) = (Device::new(1, 1), Relay::default());
    relay.knows(&phone);
    phone.begin();
    settle(&mut phone, &mut relay);
    phone.amount(500);
    let batch = Batch { items: vec![Item::Gone { document: CLAIM }], cursor: 9 };
    phone.receive(&ServerFrame::Batch(batch));
    assert_eq!(phone.shown(), None);
    assert_eq!(phone.disk.keys().filter(|key| key.starts_with("change/")).count(), 0);
    assert_eq!(phone.replica.refused().count(), 1);
}

#[test]
fn another_epoch_asks_for_everything_again() {
    let mut phone = Device::new(1, 1);
    let welcome = |epoch: &[u8]| ServerFrame::Welcome(Welcome { epoch: epoch.to_vec(), now: Timestamp(1), live: None });
    phone.receive(&welcome(b"one"));
    phone.receive(&ServerFrame::Live(42));
    let cursor = |phone: &Device| match phone.replica.hello("t") {
        wire::ClientFrame::Hello(hello) => (hello.epoch, hello.cursor),
        _ => panic!(),
    };
    assert_eq!(cursor(&phone), (b"one".to_vec(), 42));
    phone.killed();
    assert_eq!(cursor(&phone), (b"one".to_vec(), 42));
    let same = Welcome { epoch: Vec::new(), now: Timestamp(1), live: Some(43) };
    let events = phone.receive(&ServerFrame::Welcome(same));
    assert!(events.contains(&Event::UpToDate));
    assert_eq!(cursor(&phone), (b"one".to_vec(), 43), "an unchanged device hears one frame");
    phone.receive(&welcome(b"two"));
    assert_eq!(cursor(&phone), (b"two".to_vec(), 0));
}

/// What may happen to two devices of one person.
#[derive(Debug, Clone)]
enum Step {
    Edit(bool, i64),
    Send { first: bool, answered: bool },
    Hear(bool),
    Kill(bool),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        3 => (any::<bool>(), 1..1_000i64).prop_map(|(first, fen)| Step::Edit(first, fen)),
        4 => (any::<bool>(), any::<bool>()).prop_map(|(first, answered)| Step::Send { first, answered }),
        3 => any::<bool>().prop_map(Step::Hear),
        1 => any::<bool>().prop_map(Step::Kill),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 150, ..ProptestConfig::default() })]

    /// However answers are lost and tabs are killed: nothing is lost, nothing is doubled, and at
    /// rest both devices and the relay hold the same document.
    #[test]
    fn two_devices_come_together(steps in prop::collection::vec(step(), 1..40)) {
        let mut relay = Relay::default();
        let mut devices = [Device::new(1, 1), Device::new(1, 2)];
        relay.knows(&devices[0]);
        relay.knows(&devices[1]);
        devices[0].begin();
        settle(&mut devices[0], &mut relay);
        devices[1].receive(&relay.tell());
        let mut edits = 0;
        for step in steps {
            match step {
                Step::Edit(first, fen) => {
                    let device = &mut devices[usize::from(first)];
                    let before = device.replica.outbox.len();
                    device.amount(fen);
                    edits += device.replica.outbox.len() - before;
                }
                Step::Send { first, answered } => {
                    let device = &mut devices[usize::from(first)];
                    if let Some(wire::ClientFrame::Push(push)) = device.replica.next_push() {
                        for answer in relay.take(push) {
                            if answered {
                                device.receive(&answer);
                            }
                        }
                        device.replica.disconnected();
                    }
                }
                Step::Hear(first) => {
                    devices[usize::from(first)].receive(&relay.tell());
                }
                Step::Kill(first) => devices[usize::from(first)].killed(),
            }
        }
        for device in &mut devices {
            device.replica.disconnected();
            settle(device, &mut relay);
        }
        for device in &mut devices {
            device.receive(&relay.tell());
            prop_assert!(device.replica.is_settled());
            prop_assert_eq!(device.replica.refused().count(), 0);
            prop_assert_eq!(device.replica.document(&CLAIM).unwrap().heads(), relay.document.heads());
        }
        prop_assert_eq!(relay.log.len(), 3 + edits, "each edit is in the log once");
    }
}
