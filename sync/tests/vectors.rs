//! The vectors: bytes that another implementation has to make and to understand.
//!
//! `tests/vectors.json` is written by `SUANPAN_WRITE_VECTORS=1` and held to the code by this test, so a
//! change of any byte on the wire, in a signature or in a digest is seen. What can be checked without
//! this crate (hashes, signatures) is checked without it.

#![allow(
    clippy::unwrap_used,
    clippy::indexing_slicing,
    reason = "this is a test from its first line to its last: a fault is to end it"
)]

use std::path::Path;

use budget::{DeviceId, InvoiceId, LineId, Money, PersonId, RequestId, RequestKind, Timestamp};
use ed25519_dalek::{Signer, SigningKey, Verifier};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use sync::document::{CommentId, content, digest, genesis, new_actor};
use sync::inventory::{self, Inventory, Sum};
use sync::record::{Decision, Head, Record, SignedRecord, Submission, Verb, Withdrawal};
use sync::signature::{self, Algorithm, PublicKey};
use sync::wire::{self, Ack, Audited, Batch, ClientFrame, Hello, Item, Listed, Push, PushItem, Refused, ServerFrame};
use sync::wire::{SignedChange, ViewFrame, ViewPart, Welcome};
use sync::{Document, DocumentKey, Edit, Field, Place, Scalar};

const PERSON: PersonId = PersonId([1; 16]);
const REQUEST: RequestId = RequestId([3; 16]);
const CLAIM: DocumentKey = DocumentKey::Claim(REQUEST);
const LINE: LineId = LineId([5; 16]);
const SEED: [u8; 32] = [7; 32];

fn text(value: &str) -> Scalar {
    Scalar::Text(value.into())
}

fn key() -> SigningKey {
    SigningKey::from_bytes(&SEED)
}

fn public() -> PublicKey {
    PublicKey { algorithm: Algorithm::Ed25519, bytes: key().verifying_key().to_bytes().to_vec() }
}

fn signed(message: &[u8]) -> Value {
    json!({ "message": hex::encode(message), "signature": hex::encode(key().sign(message).to_bytes()) })
}

/// The edits of the claim of the vectors, each with its time in milliseconds.
fn edits() -> Vec<(i64, Edit)> {
    vec![
        (1_780_000_000_000, Edit::CreateClaim { owner: PERSON, at: Timestamp(1_780_000_000_000) }),
        (
            1_780_000_001_000,
            Edit::Put {
                place: Place::Header,
                values: vec![(Field::Title, text("上海出差")), (Field::Department, text("MKT"))],
            },
        ),
        (
            1_780_000_002_000,
            Edit::Put {
                place: Place::Line(LINE),
                values: vec![
                    (Field::Amount, Scalar::Integer(520_000)),
                    (Field::Date, text("2026-06-02")),
                    (Field::Account, text("TRAVEL")),
                ],
            },
        ),
        (
            1_780_000_003_000,
            Edit::set(Place::Invoice(InvoiceId([9; 16])), Field::Blob, text(&hex::encode(Sha256::digest(b"original")))),
        ),
        (1_780_000_004_000, Edit::set(Place::Line(LINE), Field::Amount, Scalar::Integer(920_000))),
        (1_780_000_005_000, Edit::set(Place::Line(LINE), Field::LineDeleted, Scalar::Flag(false))),
    ]
}

fn claim() -> (Document, Vec<SignedChange>) {
    let actor = new_actor(public().device(), [0xA0; 8]);
    let mut document = Document::new();
    let mut changes = Vec::new();
    for (at, edit) in edits() {
        let change = document.edit(&CLAIM, actor, Timestamp(at), &edit).unwrap().unwrap();
        let signature = key().sign(&signature::change_message(&CLAIM, &change.hash)).to_bytes().to_vec();
        changes.push(SignedChange {
            document: CLAIM,
            hash: change.hash,
            bytes: change.bytes,
            device: public().device(),
            signature,
        });
    }
    (document, changes)
}

fn records(document: &Document) -> Vec<(&'static str, Record)> {
    let heads: Vec<Head> = document.heads().into_iter().map(Head).collect();
    let (digest, total, at) = (digest(document).unwrap(), Money::from_fen(920_000), Timestamp(1_780_000_006_000));
    vec![
        (
            "submission",
            Record::Submission(Submission {
                id: [0x11; 16],
                request: REQUEST,
                kind: RequestKind::ExpenseClaim,
                revision: 1,
                heads,
                digest,
                total,
                person: PERSON,
                at,
            }),
        ),
        (
            "decision",
            Record::Decision(Decision {
                id: [0x12; 16],
                request: REQUEST,
                revision: 1,
                digest,
                step: 0,
                rules_version: 3,
                verb: Verb::Return,
                reason: "请补发票".into(),
                person: PERSON,
                total,
                at,
                whom: None,
                back_to: None,
            }),
        ),
        (
            "withdrawal",
            Record::Withdrawal(Withdrawal { id: [0x13; 16], request: REQUEST, revision: 1, person: PERSON, at }),
        ),
    ]
}

fn frames(changes: &[SignedChange], record: &Record) -> (Vec<ClientFrame>, Vec<ServerFrame>) {
    let body = record.body();
    let signature = key().sign(&signature::record_message(&body)).to_bytes().to_vec();
    let record = SignedRecord { body, device: public().device(), signature };
    let push = vec![PushItem::Change(changes[0].clone()), PushItem::Record(record)];
    let now = Timestamp(1_780_000_007_000);
    let (name, json, signature) = (String::from("budget"), b"{}".to_vec(), vec![0x55; 64]);
    let up = vec![
        ClientFrame::Hello(Hello {
            token: "token".into(),
            epoch: vec![0xE0; 16],
            cursor: 300,
            views: vec![1, 7, 7, 7, 7],
        }),
        ClientFrame::Push(Push { id: 1, items: push }),
        ClientFrame::Want(CLAIM),
        ClientFrame::Ping(9),
        ClientFrame::Audit([0xAA; 32]),
    ];
    let down = vec![
        ServerFrame::Welcome(Welcome { epoch: vec![0xE0; 16], now, live: None }),
        ServerFrame::Welcome(Welcome { epoch: Vec::new(), now, live: Some(301) }),
        ServerFrame::Batch(Batch {
            items: vec![
                Item::Changes { document: CLAIM, changes: changes[1..3].to_vec() },
                Item::Status { request: REQUEST, json: b"{}".to_vec() },
                Item::Gone { document: DocumentKey::Thread(REQUEST) },
            ],
            cursor: 301,
        }),
        ServerFrame::Live(301),
        ServerFrame::Ack(Ack { push: 1, admitted: vec![Head(changes[0].hash)] }),
        ServerFrame::Refused(Refused {
            push: 1,
            hash: changes[1].hash,
            code: "frozen".into(),
            detail: Vec::new(),
            accepted: vec![Head(changes[0].hash)],
        }),
        ServerFrame::View(ViewFrame {
            name: name.clone(),
            as_of: now,
            json: json.clone(),
            signature: signature.clone(),
            mark: vec![7; 4],
        }),
        ServerFrame::Closing("revoked".into()),
        ServerFrame::Pong(9),
        ServerFrame::ViewPart(ViewPart { name, as_of: now, offset: 0, total: 4, json, signature, mark: vec![7; 4] }),
        ServerFrame::Audited(Audited {
            same: false,
            documents: vec![Listed { document: CLAIM, sum: Sum { count: 1, changes: changes[0].hash, status: None } }],
            last: true,
        }),
    ];
    (up, down)
}

fn vectors() -> Value {
    let (document, changes) = claim();
    let device = public().device();
    let genesis = |key: DocumentKey| {
        let change = genesis(&key).unwrap();
        json!({ "document": key.to_string(), "hash": hex::encode(change.hash), "bytes": hex::encode(change.bytes) })
    };
    let records = records(&document);
    let (up, down) = frames(&changes, &records[0].1);
    let mut inventory = Inventory::new();
    for change in &changes {
        inventory.entry(CLAIM).or_default().add(&change.hash);
    }
    inventory.entry(CLAIM).or_default().status = Some(Timestamp(1_780_000_006_000));
    inventory.insert(DocumentKey::Thread(REQUEST), Sum { count: 1, changes: [0x0F; 32], status: None });
    let next = PublicKey { algorithm: Algorithm::EcdsaP256, bytes: [vec![4], vec![0x77; 64]].concat() };
    json!({
        "device": {
            "seed": hex::encode(SEED), "publicKey": hex::encode(public().bytes), "algorithm": 1, "id": hex::encode(device.bytes()),
            "enrolment": signed(&signature::enrolment_message("zhangwei")),
            "refresh": signed(&signature::refresh_message("refresh-token", 1_780_000_000_000)),
            "rotation": signed(&signature::rotation_message(device, &next)),
        },
        "genesis": [genesis(DocumentKey::Thread(REQUEST)), genesis(DocumentKey::Preferences(PERSON))],
        "comment": CommentId { actor: new_actor(device, [0xA0; 8]), number: 1 }.to_string(),
        "claim": {
            "document": CLAIM.to_string(),
            "changes": changes.iter().map(|change| json!({
                "hash": hex::encode(change.hash), "bytes": hex::encode(&change.bytes),
                "signed": signed(&signature::change_message(&CLAIM, &change.hash)),
            })).collect::<Vec<_>>(),
            "heads": document.heads().iter().map(hex::encode).collect::<Vec<_>>(),
            "content": hex::encode(content(&document).unwrap()),
            "digest": hex::encode(digest(&document).unwrap()),
        },
        "records": records.iter().map(|(kind, record)| json!({
            "kind": kind, "body": hex::encode(record.body()), "hash": hex::encode(Sha256::digest(record.body())),
            "signed": signed(&signature::record_message(&record.body())),
        })).collect::<Vec<_>>(),
        "view": hex::encode(wire::view_message("budget", Timestamp(1_780_000_007_000), b"{}")),
        "inventory": {
            "documents": inventory.iter().map(|(key, sum)| json!({
                "document": key.to_string(), "count": sum.count, "changes": hex::encode(sum.changes),
                "status": sum.status.map(|at| at.0),
            })).collect::<Vec<_>>(),
            "root": hex::encode(inventory::root(&inventory)),
        },
        "frames": {
            "up": up.iter().map(|frame| hex::encode(wire::encode(frame))).collect::<Vec<_>>(),
            "down": down.iter().map(|frame| hex::encode(wire::encode(frame))).collect::<Vec<_>>(),
        },
    })
}

fn file() -> Value {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/vectors.json");
    if std::env::var_os("SUANPAN_WRITE_VECTORS").is_some() {
        std::fs::write(&path, serde_json::to_string_pretty(&vectors()).unwrap() + "\n").unwrap();
    }
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

fn bytes(value: &Value) -> Vec<u8> {
    hex::decode(value.as_str().unwrap()).unwrap()
}

#[test]
fn the_vectors_are_what_this_program_makes() {
    assert_eq!(
        file(),
        vectors(),
        "SUANPAN_WRITE_VECTORS=1 writes them anew, after thinking about who reads the old ones"
    );
}

#[test]
fn what_stands_in_the_file_is_understood() {
    let file = file();
    let mut document = Document::new();
    for change in file["claim"]["changes"].as_array().unwrap() {
        document.apply([bytes(&change["bytes"]).as_slice()]).unwrap();
    }
    let digest_of_content: [u8; 32] = Sha256::digest(bytes(&file["claim"]["content"])).into();
    assert_eq!(digest(&document).unwrap(), digest_of_content);
    assert_eq!(bytes(&file["claim"]["digest"]), digest_of_content);
    for record in file["records"].as_array().unwrap() {
        let body = bytes(&record["body"]);
        assert_eq!(Record::parse(&body).unwrap().body(), body);
        assert_eq!(bytes(&record["hash"]), Sha256::digest(&body).to_vec());
    }
    for frame in file["frames"]["up"].as_array().unwrap() {
        let encoded = bytes(frame);
        assert_eq!(wire::encode(&wire::decode::<ClientFrame>(&encoded).unwrap()), encoded);
    }
    for frame in file["frames"]["down"].as_array().unwrap() {
        let encoded = bytes(frame);
        assert_eq!(wire::encode(&wire::decode::<ServerFrame>(&encoded).unwrap()), encoded);
    }
}

/// Every signature in the file, wherever it stands, holds for its message.
#[test]
fn every_signature_in_the_file_holds() {
    fn walk(value: &Value, seen: &mut usize) {
        match value {
            Value::Object(map) => {
                if let (Some(message), Some(signature)) = (map.get("message"), map.get("signature")) {
                    let signature = ed25519_dalek::Signature::from_slice(&bytes(signature)).unwrap();
                    key().verifying_key().verify(&bytes(message), &signature).unwrap();
                    *seen += 1;
                }
                map.values().for_each(|value| walk(value, seen));
            }
            Value::Array(values) => values.iter().for_each(|value| walk(value, seen)),
            _ => {}
        }
    }
    let mut seen = 0;
    walk(&file(), &mut seen);
    assert_eq!(seen, 3 + edits().len() + 3);
    assert_eq!(bytes(&file()["device"]["id"]), DeviceId(public().device().0).bytes());
}
