//! Asking the tax authority about invoices (发票查验): a queue, a ration, and whoever can ask.
//!
//! Promise: checks of our own are called checks of our own, however many of them hold. An invoice is [`State::Verified`] only
//! by a [`Finding`] of a [`Provider`], which says who asked and on which day; nothing else writes that state. An invoice is
//! asked about at most [`A_DAY`] times a day, as the national platform allows. Paid invoices are asked about again, because
//! a seller can reverse one (红冲) after it was paid.

mod file;
pub mod queue;
mod worker;

use budget::{Date, Money};
use ocr::{InvoiceKind, Reading};
use serde::{Deserialize, Serialize};

pub use file::FileProvider;
pub use worker::start;

/// How often one invoice may be asked about on one day: the national platform (全国增值税发票查验平台) answers five times.
pub const A_DAY: u32 = 5;
/// Days between two questions about a paid invoice.
pub const RECHECK_DAYS: i64 = 7;
/// For how many days after its payment an invoice is asked about again: a seller reverses within the year or not at all.
pub const RECHECK_FOR_DAYS: i64 = 360;

/// How an invoice stands with the tax authority.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum State {
    /// Our own checks hold, and nobody was asked (本地校验通过).
    Local,
    /// It is in the queue (待税局查验).
    Waiting,
    /// The authority has this invoice with these figures (已查验).
    Verified,
    /// The authority has other figures, has reversed it, or does not know it (不一致).
    Differs,
    /// The authority's platform has no such kind of document (不在查验范围).
    Outside,
}

impl State {
    /// The word in a row and in JSON.
    pub const fn word(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::Waiting => "waiting",
            Self::Verified => "verified",
            Self::Differs => "differs",
            Self::Outside => "outside",
        }
    }

    /// What people are told.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Local => "本地校验通过",
            Self::Waiting => "待税局查验",
            Self::Verified => "已查验",
            Self::Differs => "不一致",
            Self::Outside => "不在查验范围",
        }
    }

    fn of(word: &str) -> Option<Self> {
        [Self::Local, Self::Waiting, Self::Verified, Self::Differs, Self::Outside]
            .into_iter()
            .find(|state| state.word() == word)
    }
}

/// What is asked: the figures that the platform wants, as the document has them.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Question {
    /// What makes it one invoice in any file.
    pub identity: String,
    /// Its kind.
    pub kind: InvoiceKind,
    /// Invoice code, of older kinds.
    pub code: Option<String>,
    /// Invoice number.
    pub number: String,
    /// Date of issue.
    pub issued_on: Option<Date>,
    /// Net amount, which older kinds are asked about by.
    pub net: Option<Money>,
    /// Total with tax, which digital kinds are asked about by.
    pub total: Option<Money>,
    /// Check code, of which the platform wants the last six digits.
    pub check_code: Option<String>,
}

impl Question {
    /// The question about what was read; `None` when it names no invoice.
    pub fn of(reading: &Reading) -> Option<Self> {
        let fields = &reading.fields;
        Some(Self {
            identity: reading.identity.as_ref()?.as_str().to_owned(),
            kind: reading.kind,
            code: fields.code.as_ref().map(|code| code.value.clone()),
            number: fields.number.as_ref()?.value.clone(),
            issued_on: fields.issued_on.as_ref().map(|date| date.value),
            net: fields.net.as_ref().map(|net| net.value),
            total: fields.total.as_ref().map(|total| total.value),
            check_code: fields.check_code.as_ref().map(|code| code.value.clone()),
        })
    }

    /// Whether the platform has such documents: taxis, coaches, printed amounts and slips are not on it.
    pub const fn can_be_asked(&self) -> bool {
        !self.kind.has_no_second_figure()
    }
}

/// What the authority says of an invoice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Outcome {
    /// It has it with these figures (一致).
    Agrees,
    /// It has it with other figures (不一致).
    Differs,
    /// It was reversed by a red invoice (已红冲).
    Reversed,
    /// It was made void (已作废).
    Void,
    /// There is no such invoice (查无此票).
    Unknown,
}

impl Outcome {
    /// What people write and are told.
    pub const fn text(self) -> &'static str {
        match self {
            Self::Agrees => "一致",
            Self::Differs => "不一致",
            Self::Reversed => "已红冲",
            Self::Void => "已作废",
            Self::Unknown => "查无此票",
        }
    }

    /// The outcome that a word names.
    pub fn named(word: &str) -> Option<Self> {
        let all = [Self::Agrees, Self::Differs, Self::Reversed, Self::Void, Self::Unknown];
        all.into_iter().find(|outcome| outcome.text() == word || outcome.text().strip_prefix('已') == Some(word))
    }
}

/// An answer of the authority, by whoever asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Finding {
    /// What it says.
    pub outcome: Outcome,
    /// The day of the question.
    pub on: Date,
    /// Who asked: a provider's name, with a person's when a person did.
    pub by: String,
    /// What else was said, for people.
    pub detail: String,
}

impl Finding {
    /// The state that follows.
    pub const fn state(&self) -> State {
        match self.outcome {
            Outcome::Agrees => State::Verified,
            Outcome::Differs | Outcome::Reversed | Outcome::Void | Outcome::Unknown => State::Differs,
        }
    }
}

/// What came of a question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Reply {
    /// The authority was not asked: a person still has to, or the question stands in a queue elsewhere. Costs nothing of the
    /// ration.
    NotYet,
    /// The authority was asked and answered.
    Found(Finding),
}

/// The authority could not be asked. The try counts: it may have arrived.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ProviderFault(pub String);

/// Whoever can ask the authority.
pub trait Provider: Send {
    /// Its name, for findings and logs.
    fn name(&self) -> &'static str;

    /// Told at the beginning of a round what it will be asked about.
    fn waiting(&mut self, _questions: &[Question]) -> Result<(), ProviderFault> {
        Ok(())
    }

    /// Asks about one invoice. An answer of a day before `since` is an old one and none. May block.
    fn ask(&mut self, question: &Question, since: Date) -> Result<Reply, ProviderFault>;
}

#[cfg(test)]
mod tests;
