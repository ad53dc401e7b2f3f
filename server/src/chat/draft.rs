//! A receipt sent to the bot becomes a draft claim (报销草稿) of its sender, with its fields read.
//!
//! Promise: the original is stored before anything is read; the draft is written by the same rules as
//! on a phone, under a key that stands for the person's chat account and can be revoked like any
//! device; an amount is filled in only when the reading was accepted. The same message twice is one
//! draft.

use bot::{Notice, Platform};
use budget::{Code, Date, InvoiceId, LineId, Money, PersonId, RequestId, Timestamp};
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
use crate::store::{StoreError, Turn};

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
    /// What its sender adds, to submit it at once; a draft without.
    pub(super) wish: Option<Wish>,
}

/// What a person adds to what was read, to submit it.
pub(super) struct Wish {
    /// To what it is charged.
    pub(super) account: Code,
    /// The amount that they saw or typed; without one, what was read and proved.
    pub(super) amount: Option<Money>,
}

/// What became of a receipt.
#[derive(Default)]
pub(super) struct Written {
    /// What changed, to be told to devices.
    pub(super) effects: Vec<Effect>,
    /// The code of what kept the draft or its submission out.
    pub(super) refused: Option<&'static str>,
}

/// The key that stands for a person's chat accounts. It is derived, so it is nowhere stored.
pub(super) fn chat_key(secret: &[u8; 32], person: PersonId) -> SigningKey {
    SigningKey::from_bytes(&sha256(&[b"suanpan chat device\0", secret, &person.bytes()]))
}

impl Receipt {
    /// The request that this message makes, the same on every delivery.
    pub(super) fn request(&self) -> RequestId {
        RequestId(self.named(b"suanpan chat claim\0"))
    }

    /// An id that this message always gives.
    fn named(&self, what: &[u8]) -> [u8; 16] {
        let hash = sha256(&[what, self.platform.word().as_bytes(), b"\0", self.message.as_bytes()]);
        let mut id = [0; 16];
        id.iter_mut().zip(hash).for_each(|(to, from)| *to = from);
        id
    }

    /// Writes the draft and, where its sender wants that, submits it, on the writer's thread. What was submitted by an earlier
    /// attempt is left as it is.
    pub(super) fn write(&self, turn: &mut Turn<'_, Authority>, key: &SigningKey) -> Result<Written, StoreError> {
        let now = turn.now;
        let mut written = Written::default();
        if self.wish.is_some() && turn.state.request(self.request()).is_some() {
            return Ok(written);
        }
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
        if self.wish.is_some() {
            let id = self.named(b"suanpan chat submission\0");
            match replica.submission(self.request(), now, id) {
                Ok(unsigned) => {
                    let signature = key.sign(&unsigned.message).to_bytes().to_vec();
                    replica.queue_record(&unsigned, signature);
                }
                Err(problems) => {
                    written.refused = Some(problems.first().map_or("claim_no_line", sync::document::Problem::code));
                    return Ok(written);
                }
            }
        }
        while let Some(ClientFrame::Push(push)) = replica.next_push() {
            for item in &push.items {
                let (outcome, effects) = match item {
                    PushItem::Change(change) => {
                        let Answer { outcome, effects } =
                            turn.state.push_change(turn.connection, now, &caller, change)?;
                        (outcome.map(drop), effects)
                    }
                    PushItem::Record(record) => {
                        let Answer { outcome, effects } =
                            turn.state.push_record(turn.connection, now, &caller, record)?;
                        (outcome.map(drop), effects)
                    }
                };
                if let Err(refused) = outcome {
                    tracing::warn!(code = refused.code, "a draft from chat was refused: {}", refused.detail.message);
                    written.refused = Some(refused.code);
                    return Ok(written);
                }
                written.effects.extend(effects);
            }
        }
        Ok(written)
    }

    fn edits(&self, department: Option<String>, now: Timestamp) -> Vec<Edit> {
        let text = |text: String| Scalar::Text(text);
        let invoice = InvoiceId(self.request().0);
        let mut header = vec![(Field::Title, text(title(self.reading.as_ref())))];
        header.extend(department.map(|department| (Field::Department, text(department))));
        let mut file = vec![
            (Field::Blob, text(hex::encode(self.kept.sha256))),
            (Field::FileName, text(self.name.chars().take(255).collect())),
            (Field::MediaType, text(self.kept.media_type.to_owned())),
            (Field::Size, Scalar::Integer(i64::try_from(self.kept.size).unwrap_or(i64::MAX))),
        ];
        let mut line = vec![(Field::LineInvoice, text(invoice.to_string())), (Field::LineOrder, Scalar::Integer(1))];
        let (reading, wish) = (self.reading.as_ref(), self.wish.as_ref());
        file.extend(reading.map(read_fields).unwrap_or_default());
        if reading.is_some() || wish.is_some() {
            line.push((Field::Description, text(title(reading))));
        }
        let date = reading.and_then(spent_on).or_else(|| wish.map(|_| now.china_date()));
        line.extend(date.map(|date| (Field::Date, text(date.to_string()))));
        let sure = |reading: &Reading| reading.total().filter(|total| reading.is_accepted() && total.is_positive());
        let amount = wish.and_then(|wish| wish.amount).or_else(|| reading.and_then(sure));
        line.extend(amount.map(|amount| (Field::Amount, Scalar::Integer(amount.fen()))));
        line.extend(wish.map(|wish| (Field::Account, text(wish.account.to_string()))));
        vec![
            Edit::CreateClaim { owner: self.person, at: now },
            Edit::Put { place: Place::Header, values: header },
            Edit::Put { place: Place::Invoice(invoice), values: file },
            Edit::Put { place: Place::Line(LineId(self.request().0)), values: line },
        ]
    }

    /// What the sender is told.
    pub(super) fn notice(&self, origin: &str) -> Notice {
        let reading = self.reading.as_ref();
        let url = format!("{origin}/claims/{}", self.request());
        Notice { title: format!("已生成报销草稿：{}", title(reading)), lines: lines(reading), url }
    }
}

/// What a claim for this receipt is called.
pub(super) fn title(reading: Option<&Reading>) -> String {
    let goods = reading.and_then(|reading| {
        let goods = reading.items.iter().map(|item| item.name.trim_start_matches('*')).find(|name| !name.is_empty());
        let goods = goods.map(|name| name.split_once('*').map_or(name, |(_, after)| after).to_owned());
        goods.or_else(|| reading.fields.seller_name.as_ref().map(|seller| seller.value.clone()))
    });
    goods.unwrap_or_else(|| "聊天中发来的票据".into()).chars().take(120).collect()
}

/// What was read of it, line by line.
pub(super) fn lines(reading: Option<&Reading>) -> Vec<String> {
    let Some(reading) = reading else {
        return vec!["没有识别出发票，原件已保存，请填写".into()];
    };
    let mut lines = Vec::new();
    lines.extend(reading.fields.number.as_ref().map(|number| format!("发票号码 {}", number.value)));
    lines.push(match reading.total() {
        Some(total) if reading.is_accepted() => format!("金额 ¥{}", total.grouped()),
        Some(_) => "金额需要您核对后填写".into(),
        None => "金额未识别，请填写".into(),
    });
    lines
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
