//! Fields: every name that may be written in a document, with its place and type.
//!
//! This is the schema: what is not in [`Field::ALL`] does not exist, for the editor and the gate alike.

use core::fmt;
use core::str::FromStr;

use budget::{InvoiceId, LineId};

use crate::DocumentKey;

/// A value of a field.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
pub enum Scalar {
    /// Text, at most as long as its field allows.
    #[n(0)]
    Text(#[n(0)] String),
    /// A whole number: fen, milliseconds or an order.
    #[n(1)]
    Integer(#[n(0)] i64),
    /// Yes or no.
    #[n(2)]
    Flag(#[n(0)] bool),
}

impl Scalar {
    /// The text in it.
    pub fn text(&self) -> Option<&str> {
        if let Self::Text(text) = self { Some(text) } else { None }
    }

    /// The number in it.
    pub const fn integer(&self) -> Option<i64> {
        if let Self::Integer(number) = self { Some(*number) } else { None }
    }
}

impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Text(text) => f.write_str(text),
            Self::Integer(number) => number.fmt(f),
            Self::Flag(flag) => flag.fmt(f),
        }
    }
}

/// A comment's name: the actor that wrote it (first eight bytes of the device's id hash and eight
/// random ones, in hex) and a number of its own, `0011…ff-1`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
#[cbor(map)]
pub struct CommentId {
    /// Who wrote it, as an actor.
    #[cbor(n(0), with = "minicbor::bytes")]
    pub actor: [u8; 16],
    /// 1, 2, 3 … for each actor.
    #[n(1)]
    pub number: u32,
}

impl fmt::Display for CommentId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}-{}", hex::encode(self.actor), self.number)
    }
}

impl FromStr for CommentId {
    type Err = ();

    fn from_str(text: &str) -> Result<Self, ()> {
        let (actor, number) = text.split_once('-').ok_or(())?;
        let mut bytes = [0; 16];
        hex::decode_to_slice(actor, &mut bytes).map_err(|_| ())?;
        let number: u32 = number.parse().map_err(|_| ())?;
        let id = Self { actor: bytes, number };
        // One spelling only, so that two names cannot mean one comment.
        if id.to_string() == text { Ok(id) } else { Err(()) }
    }
}

/// Where in a document a field is.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
pub enum Place {
    /// At the top.
    #[n(0)]
    Header,
    /// In a line of a claim.
    #[n(1)]
    Line(#[n(0)] LineId),
    /// In an attached invoice.
    #[n(2)]
    Invoice(#[n(0)] InvoiceId),
    /// In a comment.
    #[n(3)]
    Comment(#[n(0)] CommentId),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Text(usize),
    Integer,
    Amount,
    Flag,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Region {
    Header,
    Preferences,
    Line,
    Invoice,
    Comment,
}

macro_rules! fields {
    ($($(#[$doc:meta])* $number:literal $field:ident = $region:ident $name:literal $kind:expr;)*) => {
        /// A field of a document.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, minicbor::Encode, minicbor::Decode)]
        #[cbor(index_only)]
        pub enum Field {
            $($(#[$doc])* #[n($number)] $field,)*
        }

        impl Field {
            /// Every field.
            pub const ALL: &[Self] = &[$(Self::$field,)*];

            const fn row(self) -> (Region, &'static str, Kind) {
                match self { $(Self::$field => (Region::$region, $name, $kind),)* }
            }
        }
    };
}

fields! {
    /// Version of this layout.
    0 Schema = Header "schema" Kind::Integer;
    /// Whose request it is.
    1 Owner = Header "owner" Kind::Text(36);
    /// When it was begun, milliseconds.
    2 CreatedAt = Header "createdAt" Kind::Integer;
    /// What it is called (事由).
    3 Title = Header "title" Kind::Text(200);
    /// What it was for (说明).
    4 Purpose = Header "purpose" Kind::Text(2_000);
    /// Which department it is charged to (费用部门).
    5 Department = Header "department" Kind::Text(48);
    /// Its currency, ISO 4217.
    6 Currency = Header "currency" Kind::Text(3);
    /// What kind of request it is: `preApproval`, `advance`, `payment`; a claim when there is none.
    7 RequestKind = Header "kind" Kind::Text(24);
    /// The pre-approval that it answers (事前申请).
    8 PreApproval = Header "preApproval" Kind::Text(36);
    /// The advances that it is set against (核销借款): ids with a comma between them, `none`, or nothing for the oldest
    /// first.
    9 Advances = Header "advances" Kind::Text(400);
    /// Whether it is the last one that answers its pre-approval and settles its advances, so that the rest is given back.
    64 Last = Header "last" Kind::Flag;
    /// Who gets the money of a payment (收款方).
    65 Payee = Header "payee" Kind::Text(200);
    /// What a line was for (摘要).
    10 Description = Line "description" Kind::Text(500);
    /// When it was spent, `2026-06-02`.
    11 Date = Line "date" Kind::Text(10);
    /// How much, in fen, tax included.
    12 Amount = Line "amount" Kind::Amount;
    /// Its account.
    13 Account = Line "account" Kind::Text(48);
    /// Its project or task.
    14 Project = Line "project" Kind::Text(48);
    /// Its cost centre.
    15 CostCentre = Line "costCentre" Kind::Text(48);
    /// Its product line.
    16 ProductLine = Line "productLine" Kind::Text(48);
    /// Its period when it is not the month of its date.
    17 Period = Line "period" Kind::Text(48);
    /// The invoice that proves it.
    18 LineInvoice = Line "invoice" Kind::Text(36);
    /// Its place in the list.
    19 LineOrder = Line "order" Kind::Integer;
    /// Whether it was taken out.
    20 LineDeleted = Line "deleted" Kind::Flag;
    /// SHA-256 of the original file, in hex.
    30 Blob = Invoice "blob" Kind::Text(64);
    /// The file's name.
    31 FileName = Invoice "fileName" Kind::Text(255);
    /// The file's media type.
    32 MediaType = Invoice "mediaType" Kind::Text(100);
    /// The file's size in bytes.
    33 Size = Invoice "size" Kind::Integer;
    /// SHA-256 of the preview picture, in hex.
    34 Preview = Invoice "preview" Kind::Text(64);
    /// What was read from it, with sources and checks: JSON of `ocr::Reading`.
    35 Reading = Invoice "reading" Kind::Text(16_000);
    /// Its number, or code and number: what makes it the same invoice in any file.
    36 Identity = Invoice "identity" Kind::Text(64);
    /// Total with tax, in fen.
    37 Total = Invoice "total" Kind::Amount;
    /// Where the total came from: `xml`, `ofd`, `pdfText`, `qr`, `ocr`, `typed`.
    38 TotalSource = Invoice "totalSource" Kind::Text(16);
    /// When it was issued.
    39 IssuedOn = Invoice "issuedOn" Kind::Text(10);
    /// Who issued it.
    40 Seller = Invoice "seller" Kind::Text(200);
    /// Whether a person confirmed the amount.
    41 Confirmed = Invoice "confirmed" Kind::Flag;
    /// Whether it was taken out.
    42 InvoiceDeleted = Invoice "deleted" Kind::Flag;
    /// Who wrote the comment.
    50 CommentBy = Comment "by" Kind::Text(36);
    /// When, milliseconds.
    51 CommentAt = Comment "at" Kind::Integer;
    /// What.
    52 CommentText = Comment "text" Kind::Text(2_000);
    /// Which comment it answers.
    53 CommentAnswers = Comment "answers" Kind::Text(64);
    /// The language of the app, a BCP 47 tag.
    60 Language = Preferences "language" Kind::Text(35);
    /// The department that a person's new claims are charged to (常用部门).
    61 UsualDepartment = Preferences "usualDepartment" Kind::Text(48);
    /// The account of a person's new lines (常用科目).
    62 UsualAccount = Preferences "usualAccount" Kind::Text(48);
    /// How a person's lists are filtered (筛选), as the app spells it.
    63 ListFilter = Preferences "listFilter" Kind::Text(1_000);
}

impl Field {
    /// Its key in the map.
    pub const fn name(self) -> &'static str {
        self.row().1
    }

    /// Whether it is a field of this place.
    pub fn belongs_to(self, place: &Place) -> bool {
        matches!(
            (self.row().0, place),
            (Region::Header | Region::Preferences, Place::Header)
                | (Region::Line, Place::Line(_))
                | (Region::Invoice, Place::Invoice(_))
                | (Region::Comment, Place::Comment(_))
        )
    }

    /// Whether it is a field of this kind of document.
    pub fn is_of(self, key: &DocumentKey) -> bool {
        match (self.row().0, key) {
            _ if self == Self::Schema => true,
            (Region::Header | Region::Line | Region::Invoice, DocumentKey::Claim(_))
            | (Region::Comment, DocumentKey::Thread(_))
            | (Region::Preferences, DocumentKey::Preferences(_)) => true,
            _ => false,
        }
    }

    /// Whether it may have this value.
    pub fn accepts(self, value: &Scalar) -> bool {
        match (self.row().2, value) {
            // U+0000 is no text: PostgreSQL cannot keep it, and nobody can type it.
            (Kind::Text(longest), Scalar::Text(text)) => text.chars().count() <= longest && !text.contains('\0'),
            (Kind::Integer, Scalar::Integer(_)) | (Kind::Flag, Scalar::Flag(_)) => true,
            // A hundred billion yuan is more than any line, and keeps every sum in 64 bits.
            (Kind::Amount, Scalar::Integer(fen)) => fen.unsigned_abs() <= 10_000_000_000_000,
            _ => false,
        }
    }

    /// The field with this key in this place.
    pub fn find(place: &Place, name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|field| field.belongs_to(place) && field.name() == name)
    }

    /// Whether it is written once, when the document is made.
    pub const fn is_fixed(self) -> bool {
        matches!(self, Self::Schema | Self::Owner | Self::CreatedAt | Self::Currency)
    }
}
