//! Devices of several people around one relay, over a real port.

use budget::{Money, RequestState};
use sync::record::Verb;
use sync::replica::Event;
use sync::view::{BUDGET, BudgetView, COMPANY, FINGERPRINTS, codes};
use sync::wire::{self, ClientFrame, Item, ServerFrame};
use sync::{DocumentKey, Edit, Field, Place, Replica, Scalar};

use crate::testing::{LI, LINE, Phone, SUN, Server, ZHANG, code, new_request};

mod hostile;
mod second_door;
mod socket;

fn title(text: &str) -> Vec<(Field, Scalar)> {
    vec![(Field::Title, Scalar::Text(text.into()))]
}

#[tokio::test]
async fn what_one_device_writes_the_other_shows() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut phone, mut tablet, mut other) =
        (server.phone(ZHANG).await, server.phone(ZHANG).await, server.phone(SUN).await);
    phone.connect().await;
    tablet.connect().await;
    other.connect().await;

    let request = new_request();
    phone.claim(request, 50_000);
    phone.push().await;
    assert!(phone.replica.is_settled());

    let key = DocumentKey::Claim(request);
    tablet.until(|event| *event == Event::Document(key)).await;
    while tablet.replica.claim(request).is_none_or(|claim| claim.total() != Money::from_yuan(500)) {
        tablet.until(|event| *event == Event::Document(key)).await;
    }
    let sent_back = phone.linger().await;
    assert!(!sent_back.iter().any(|frame| matches!(frame, ServerFrame::Batch(_))), "{sent_back:?}");
    assert!(other.linger().await.is_empty(), "a draft is its owner's");
    assert!(other.replica.requests().is_empty());
}

#[tokio::test]
async fn a_submission_reaches_its_approver_and_the_decision_its_claimant() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut zhang, mut li, mut sun) = (server.phone(ZHANG).await, server.phone(LI).await, server.phone(SUN).await);
    zhang.connect().await;
    li.connect().await;
    sun.connect().await;

    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);
    zhang.push().await;
    assert_eq!(zhang.replica.refused().count(), 0, "{:?}", zhang.replica.refused().next());

    li.until(|event| *event == Event::Status(request)).await;
    let status = li.replica.status(request).unwrap();
    assert_eq!((status.state, status.total), (RequestState::InApproval, Money::from_yuan(500).unwrap()));
    assert!(status.needs(LI));
    assert_eq!(li.replica.claim(request).unwrap().title, "上海出差");

    li.decide(request, Verb::Approve, "");
    li.push().await;
    while zhang.replica.status(request).is_none_or(|status| status.state != RequestState::Approved) {
        zhang.until(|event| *event == Event::Status(request)).await;
    }
    sun.linger().await;
    assert!(sun.replica.requests().is_empty(), "an engineer has no business in marketing's claims");
}

#[tokio::test]
async fn a_lost_answer_is_given_again_and_a_restart_loses_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut zhang = server.phone(ZHANG).await;
    zhang.connect().await;
    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);

    // The work arrives, its answer does not, and the server is restarted meanwhile.
    let push = zhang.replica.next_push().unwrap();
    zhang.say(&push).await;
    while !matches!(zhang.hear().await, Some(ServerFrame::Ack(_))) {}
    zhang.lose();
    server.stop().await;
    let server = Server::start(folder.path()).await;
    zhang.address = server.address;
    zhang.connect().await;
    zhang.push().await;
    assert!(zhang.replica.is_settled());
    assert_eq!(zhang.replica.refused().count(), 0);
    while zhang.replica.status(request).is_none() {
        zhang.until(|event| *event == Event::Status(request)).await;
    }
    assert_eq!(zhang.replica.status(request).unwrap().revision, 1, "one submission, whatever was lost");

    let mut li = server.phone(LI).await;
    li.connect().await;
    assert_eq!(li.replica.status(request).unwrap().total, Money::from_yuan(500).unwrap());
    let held = server
        .app
        .store
        .writer
        .run(|turn| Ok::<_, crate::store::Stop<()>>(turn.state.ledger().balance(&code(LINE)).unwrap().reserved));
    assert_eq!(held.await.unwrap(), Money::from_yuan(500).unwrap());
}

#[tokio::test]
async fn forbidden_work_is_refused_by_name_and_reaches_nobody() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut zhang, mut li) = (server.phone(ZHANG).await, server.phone(LI).await);
    zhang.connect().await;
    li.connect().await;
    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);
    zhang.push().await;
    li.until(|event| *event == Event::Status(request)).await;
    zhang.linger().await;

    // The approver writes into the claim, twice: the second follows the first.
    li.put(request, Place::Header, title("改过的标题"));
    li.put(request, Place::Header, title("再改一次"));
    let push = li.replica.next_push().unwrap();
    li.say(&push).await;
    let mut refusals = Vec::new();
    while refusals.len() < 2 {
        if let Some(ServerFrame::Refused(refused)) = li.hear().await {
            refusals.push(refused);
        }
    }
    assert_eq!(refusals[0].code, codes::NOT_ALLOWED);
    assert_eq!(refusals[1].code, codes::DEPENDS_ON_REFUSED);
    assert_eq!(refusals[0].accepted, zhang.replica.accepted_heads(&DocumentKey::Claim(request)));
    for refused in refusals {
        li.replica.receive(ServerFrame::Refused(refused));
    }
    assert_eq!(li.replica.claim(request).unwrap().title, "上海出差");
    let (_, kept) = li.replica.refused().next().unwrap();
    assert_eq!(kept.edits.len(), 2, "what was typed stays");
    assert!(zhang.linger().await.is_empty(), "and nobody else heard of it");
}

#[tokio::test]
async fn views_come_signed_with_their_time_and_only_when_they_differ() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut zhang = server.phone(ZHANG).await;
    zhang.connect().await;
    let key = server.app.relay.0.key.verifying_key();
    for name in [COMPANY, BUDGET, FINGERPRINTS] {
        let view = zhang.replica.view(name).unwrap();
        let message = wire::view_message(name, view.as_of, &view.json);
        let signature = ed25519_dalek::Signature::from_slice(&view.signature).unwrap();
        key.verify_strict(&message, &signature).unwrap();
    }
    let budget =
        |phone: &Phone| -> BudgetView { serde_json::from_slice(&phone.replica.view(BUDGET).unwrap().json).unwrap() };
    let before = budget(&zhang);
    assert_eq!(before.lines[&code(LINE)].balance.available(), Money::from_yuan(50_000));
    assert!(before.as_of.0 > 0);

    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);
    zhang.push().await;
    zhang.until(|event| *event == Event::View(BUDGET.into())).await;
    let after = budget(&zhang);
    assert_eq!(after.lines[&code(LINE)].balance.available(), Money::from_yuan(49_500));
    assert!(after.as_of > before.as_of);

    zhang.linger().await;
    zhang.lose();
    zhang.events.clear();
    zhang.connect().await;
    let views: Vec<&Event> = zhang.events.iter().filter(|event| matches!(event, Event::View(_))).collect();
    assert_eq!(views, Vec::<&Event>::new(), "nothing says anything new, whatever its time");
}

#[tokio::test]
async fn a_device_that_missed_nothing_comes_back_with_one_small_frame_each_way() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut zhang = server.phone(ZHANG).await;
    zhang.connect().await;
    for fen in 1..=40 {
        zhang.claim(new_request(), fen);
    }
    zhang.push().await;
    zhang.linger().await;

    zhang.lose();
    zhang.open().await;
    let ClientFrame::Hello(mut hello) = zhang.replica.hello("") else { panic!() };
    let up = wire::encode(&ClientFrame::Hello(hello.clone())).len();
    // The token goes beside the protocol; here it may as well be in the frame.
    hello.token = zhang.token.clone();
    zhang.say(&ClientFrame::Hello(hello)).await;
    let heard = zhang.linger().await;
    let down: usize = heard.iter().map(|frame| wire::encode(frame).len()).sum();
    assert_eq!(heard.len(), 1, "{heard:?}");
    assert!(up + down <= 64, "{up} bytes up and {down} down");
}

#[tokio::test]
async fn another_epoch_starts_from_the_beginning() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let mut zhang = server.phone(ZHANG).await;
    zhang.connect().await;
    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.push().await;

    zhang.lose();
    zhang.open().await;
    let ClientFrame::Hello(mut hello) = zhang.replica.hello(&zhang.token) else { panic!() };
    hello.cursor = u64::MAX;
    hello.epoch = vec![1; 16];
    zhang.say(&ClientFrame::Hello(hello)).await;
    let mut fresh = Replica::new(zhang.replica.device(), ZHANG);
    while !fresh.receive(zhang.hear().await.unwrap()).events.contains(&Event::UpToDate) {}
    assert_eq!(fresh.claim(request).unwrap().total(), Money::from_yuan(500));
}

#[tokio::test]
async fn the_whole_document_is_sent_to_whoever_wants_and_may() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut zhang, mut sun) = (server.phone(ZHANG).await, server.phone(SUN).await);
    zhang.connect().await;
    sun.connect().await;
    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.push().await;
    let key = DocumentKey::Claim(request);
    zhang.say(&ClientFrame::Want(key)).await;
    sun.say(&ClientFrame::Want(key)).await;
    let wanted = async |phone: &mut Phone| loop {
        if let Some(ServerFrame::Batch(mut batch)) = phone.hear().await {
            return batch.items.remove(0);
        }
    };
    assert!(
        matches!(wanted(&mut zhang).await, Item::Changes { document, changes } if document == key && changes.len() == 3)
    );
    assert_eq!(wanted(&mut sun).await, Item::Gone { document: key });
}

#[tokio::test]
async fn comments_go_both_ways_while_a_claim_is_frozen() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut zhang, mut li) = (server.phone(ZHANG).await, server.phone(LI).await);
    zhang.connect().await;
    li.connect().await;
    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);
    zhang.push().await;
    li.until(|event| *event == Event::Status(request)).await;

    let thread = DocumentKey::Thread(request);
    let comment = li.replica.next_comment(thread, [3; 8]);
    li.edit(thread, Edit::CreateThread);
    let written = vec![
        (Field::CommentBy, Scalar::Text(LI.to_string())),
        (Field::CommentAt, Scalar::Integer(1)),
        (Field::CommentText, Scalar::Text("请补充行程".into())),
    ];
    li.edit(thread, Edit::Put { place: Place::Comment(comment), values: written });
    li.push().await;
    assert_eq!(li.replica.refused().count(), 0, "{:?}", li.replica.refused().next());
    while zhang.replica.thread(request).comments.is_empty() {
        zhang.until(|event| *event == Event::Document(thread)).await;
    }
    assert_eq!(zhang.replica.thread(request).comments[0].text, "请补充行程");
}

#[tokio::test]
async fn the_daily_audit_finds_the_same_on_both_sides_and_mends_what_differs() {
    let folder = tempfile::tempdir().unwrap();
    let server = Server::start(folder.path()).await;
    let (mut zhang, mut li) = (server.phone(ZHANG).await, server.phone(LI).await);
    zhang.connect().await;
    li.connect().await;
    let request = new_request();
    zhang.claim(request, 50_000);
    zhang.submit(request);
    zhang.push().await;
    li.until(|event| *event == Event::Status(request)).await;
    while zhang.replica.status(request).is_none() {
        zhang.until(|event| *event == Event::Status(request)).await;
    }
    for phone in [&mut zhang, &mut li] {
        let root = sync::inventory::root(&phone.replica.inventory());
        phone.say(&ClientFrame::Audit(root)).await;
        let answer = loop {
            if let Some(ServerFrame::Audited(audited)) = phone.hear().await {
                break audited;
            }
        };
        assert!(answer.same && answer.last, "{answer:?}");
        phone.say(&ClientFrame::Audit([0; 32])).await;
        let listed = loop {
            if let Some(ServerFrame::Audited(audited)) = phone.hear().await {
                break audited;
            }
        };
        assert!(!listed.same);
        let listed: sync::inventory::Inventory = listed.documents.into_iter().map(|it| (it.document, it.sum)).collect();
        assert_eq!(listed, phone.replica.inventory());
    }
}
