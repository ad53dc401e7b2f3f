//! A receipt sent to the bot becomes a draft claim (报销草稿) of its sender, with its fields read.
//!
//! Promise: the original is stored before anything is read; the draft is written by the same rules as
//! on a phone, under a key that stands for the person's chat account and can be revoked like any
//! device; an amount is filled in only when the reading was accepted. The same message twice is one
//! draft.

use bot::{Notice, Platform};
use budget::{Date, InvoiceId, LineId, PersonId, RequestId, Timestamp};
use ed25519_dalek::{Signer, SigningKey};
use ocr::{Reading, Source};
use sync::replica::Unsigned;
use sync::signature::{Algorithm, PublicKey};
use sync::wire::{ClientFrame, PushItem};
use sync::{DocumentKey, Edit, Field, Place, Replica, Scalar};

use crate::authority::{Answer, Authority, Caller, Effect};
use crate::blobs::{self, Kept};
use crate::identity;
use crate::random::sha256;
use crate::store::{Stop, Turn};

/// The longest reading that a document keeps, in characters.
const LONGEST_READING: usize = 16_000;

/// Everything that a draft is made of.
pub(super) struct Receipt {
    pub(super) platform: Platform,
    pub(super) message: String,
    pub(super) person: PersonId,
    pub(super) name: String,
    pub(super) kept: Kept,
    /// What was read; `None` when it could not be.
    pub(super) reading: Option<Reading>,
}

/// The key that stands for a person's chat accounts. It is derived, so it is nowhere stored.
pub(super) fn chat_key(secret: &[u8; 32], person: PersonId) -> SigningKey {
    SigningKey::from_bytes(&sha256(&[b"suanpan chat device\0", secret, &person.bytes()]))
}

impl Receipt {
    /// The request that this message makes, the same on every delivery.
    pub(super) fn request(&self) -> RequestId {
        let hash = sha256(&[b"suanpan chat claim\0", self.platform.word().as_bytes(), b"\0", self.message.as_bytes()]);
        let mut id = [0; 16];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        RequestId(id)
    }

    /// Writes the draft, on the writer's thread. What changed, to be told to devices.
    pub(super) fn write(
        &self,
        turn: &mut Turn<'_, Authority>,
        key: &SigningKey,
    ) -> Result<Vec<Effect>, Stop<std::convert::Infallible>> {
        let now = turn.now;
        let public = PublicKey { algorithm: Algorithm::Ed25519, bytes: key.verifying_key().to_bytes().to_vec() };
        identity::enrol_device(turn.connection, self.person, &public, self.platform.name(), now)?;
        blobs::record(turn.connection, &self.kept, self.person, now)?;
        let caller = Caller { person: self.person, device: public.device() };
        let department =
            turn.state.books().organisation.active(self.person).map(|person| person.department.to_string());
        let mut replica = Replica::new(public.device(), self.person);
        for edit in self.edits(department, now) {
            // The first bytes of the request serve: a document has one actor here.
            let random = self.request().0.first_chunk().copied().unwrap_or_default();
            let edited = replica.edit(DocumentKey::Claim(self.request()), edit, now, random);
            match edited {
                Ok(Some(Unsigned { order, message })) => {
                    replica.signed(order, key.sign(&message).to_bytes().to_vec());
                }
                Ok(None) => {}
                Err(error) => tracing::warn!(%error, "a field of a draft was left out"),
            }
        }
        let mut told = Vec::new();
        while let Some(ClientFrame::Push(push)) = replica.next_push() {
            for item in &push.items {
                let PushItem::Change(change) = item else { continue };
                let Answer { outcome, effects } = turn.state.push_change(turn.connection, now, &caller, change)?;
                if let Err(refused) = outcome {
                    tracing::warn!(code = refused.code, "a draft from chat was refused: {}", refused.detail.message);
                    return Ok(told);
                }
                told.extend(effects);
            }
        }
        Ok(told)
    }

    fn edits(&self, department: Option<String>, now: Timestamp) -> Vec<Edit> {
        let text = |text: String| Scalar::Text(text);
        let invoice = InvoiceId(self.request().0);
        let mut header = vec![(Field::Title, text(self.title()))];
        header.extend(department.map(|department| (Field::Department, text(department))));
        let mut file = vec![
            (Field::Blob, text(hex::encode(self.kept.sha256))),
            (Field::FileName, text(self.name.chars().take(255).collect())),
            (Field::MediaType, text(self.kept.media_type.to_owned())),
            (Field::Size, Scalar::Integer(i64::try_from(self.kept.size).unwrap_or(i64::MAX))),
        ];
        let mut line = vec![(Field::LineInvoice, text(invoice.to_string())), (Field::LineOrder, Scalar::Integer(1))];
        if let Some(reading) = &self.reading {
            file.extend(read_fields(reading));
            line.push((Field::Description, text(self.title())));
            line.extend(spent_on(reading).map(|date| (Field::Date, text(date.to_string()))));
            let sure = reading.total().filter(|total| reading.is_accepted() && total.is_positive());
            line.extend(sure.map(|total| (Field::Amount, Scalar::Integer(total.fen()))));
        }
        vec![
            Edit::CreateClaim { owner: self.person, at: now },
            Edit::Put { place: Place::Header, values: header },
            Edit::Put { place: Place::Invoice(invoice), values: file },
            Edit::Put { place: Place::Line(LineId(self.request().0)), values: line },
        ]
    }

    fn title(&self) -> String {
        let goods = self.reading.as_ref().and_then(|reading| {
            let goods =
                reading.items.iter().map(|item| item.name.trim_start_matches('*')).find(|name| !name.is_empty());
            let goods = goods.map(|name| name.split_once('*').map_or(name, |(_, after)| after).to_owned());
            goods.or_else(|| reading.fields.seller_name.as_ref().map(|seller| seller.value.clone()))
        });
        goods.unwrap_or_else(|| "聊天中发来的票据".into()).chars().take(120).collect()
    }

    /// What the sender is told.
    pub(super) fn notice(&self, origin: &str) -> Notice {
        let mut lines = Vec::new();
        match &self.reading {
            Some(reading) => {
                lines.extend(reading.fields.number.as_ref().map(|number| format!("发票号码 {}", number.value)));
                lines.push(match reading.total() {
                    Some(total) if reading.is_accepted() => format!("金额 ¥{}", total.grouped()),
                    Some(_) => "金额需要您核对后填写".into(),
                    None => "金额未识别，请填写".into(),
                });
            }
            None => lines.push("没有识别出发票，原件已保存，请填写".into()),
        }
        let url = format!("{origin}/claims/{}", self.request());
        Notice { title: format!("已生成报销草稿：{}", self.title()), lines, url }
    }
}

fn read_fields(reading: &Reading) -> Vec<(Field, Scalar)> {
    let mut values = Vec::new();
    let mut text = |field, value: String| {
        if !value.is_empty() {
            values.push((field, Scalar::Text(value)));
        }
    };
    text(Field::Reading, stored(reading));
    text(Field::Identity, reading.identity.as_ref().map(|one| one.as_str().to_owned()).unwrap_or_default());
    let fields = &reading.fields;
    text(Field::IssuedOn, fields.issued_on.as_ref().map(|date| date.value.to_string()).unwrap_or_default());
    text(
        Field::Seller,
        fields.seller_name.as_ref().map(|seller| seller.value.chars().take(200).collect()).unwrap_or_default(),
    );
    if let Some(total) = &fields.total {
        text(Field::TotalSource, source_word(total.source).to_owned());
        values.push((Field::Total, Scalar::Integer(total.value.fen())));
    }
    values
}

/// The reading as a document keeps it: without its goods where it would be too long.
fn stored(reading: &Reading) -> String {
    let fits =
        |reading: &Reading| serde_json::to_string(reading).ok().filter(|json| json.chars().count() <= LONGEST_READING);
    fits(reading).or_else(|| fits(&Reading { items: Vec::new(), ..reading.clone() })).unwrap_or_default()
}

/// The day on which the money was probably spent: the journey's, or the day of issue.
fn spent_on(reading: &Reading) -> Option<Date> {
    let travelled = reading.travel.as_ref().and_then(|travel| travel.date);
    travelled.or_else(|| reading.fields.issued_on.as_ref().map(|field| field.value))
}

const fn source_word(source: Source) -> &'static str {
    match source {
        Source::Xml => "xml",
        Source::Ofd => "ofd",
        Source::PdfInformation | Source::PdfText => "pdfText",
        Source::Qr => "qr",
        Source::Ocr => "ocr",
        Source::Typed => "typed",
    }
}
