//! Comparisons, what they found, and what follows from them.

use serde::{Deserialize, Serialize};

use super::field::Source;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum CheckKind {
    /// The total in capital numerals and in figures (大写 = 小写).
    Words,
    /// Net and tax against the total (金额 + 税额 = 价税合计).
    Sum,
    /// The lines against the net amount.
    Lines,
    /// Each line's tax against its rate.
    LineTax,
    /// Each line's rate against the rates in force on the day of issue.
    Rates,
    /// The year and the kind inside a code against the document.
    Code,
    /// The tax of a rail ticket against its fare.
    RailTax,
    /// The checksum inside the QR code.
    QrChecksum,
    /// The amount inside the QR code against the document.
    QrAmount,
    /// The total as two engines recognised it, on a kind that prints no second figure.
    SecondOpinion,
    /// The same field in different sources.
    Sources,
    /// The digits of the number and code.
    NumberForm,
    /// The year inside a 20-digit number against the date of issue.
    NumberYear,
    /// The date of issue against today.
    Date,
    /// The seller's tax id against its own check character.
    SellerTaxId,
    /// The buyer's tax id against its own check character.
    BuyerTaxId,
}

/// How a comparison ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub enum Outcome {
    /// It holds.
    Passed,
    /// It does not.
    Failed,
    /// Something was not read, so there was nothing to compare.
    NotPossible,
}

/// One side of a comparison.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Compared {
    /// The field by its JSON name, such as `total` or `totalInWords`.
    pub field: String,
    /// Where the value was read.
    pub source: Source,
    /// The value as text; amounts as `1234.50`.
    pub value: String,
}

/// One comparison, with both sides, so that a person can see what was compared.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Check {
    /// What was compared.
    pub kind: CheckKind,
    /// How it ended.
    pub outcome: Outcome,
    /// The code of the sentence to show, see [`crate::explain::explain`].
    pub message: Message,
    /// The values, side by side.
    pub compared: Vec<Compared>,
}

/// Codes with their stable text form.
macro_rules! codes {
    ($(#[$about:meta])* $name:ident { $($(#[$doc:meta])* $variant:ident = $code:literal),+ $(,)? }) => {
        $(#[$about])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
        #[serde(rename_all = "snake_case")]
        pub enum $name { $($(#[$doc])* $variant),+ }

        impl $name {
            /// Every one, for tables and tests.
            pub const ALL: &[Self] = &[$(Self::$variant),+];

            /// The stable code, the same as in JSON.
            pub const fn code(self) -> &'static str {
                match self { $(Self::$variant => $code),+ }
            }
        }
    };
}

codes! {
    /// What a comparison found.
    Message {
        /// Passed.
        WordsEqualTotal = "words_equal_total",
        /// Passed.
        NetPlusTaxEqualsTotal = "net_plus_tax_equals_total",
        /// Passed.
        LinesEqualNet = "lines_equal_net",
        /// Passed.
        LineTaxHolds = "line_tax_holds",
        /// Passed.
        RatesInForce = "rates_in_force",
        /// Passed.
        CodeHolds = "code_holds",
        /// Passed.
        RailTaxHolds = "rail_tax_holds",
        /// Passed.
        QrChecksumHolds = "qr_checksum_holds",
        /// Passed.
        QrAmountAgrees = "qr_amount_agrees",
        /// Passed.
        SecondOpinionAgrees = "second_opinion_agrees",
        /// Passed.
        SourcesAgree = "sources_agree",
        /// Passed.
        NumberFormHolds = "number_form_holds",
        /// Passed.
        NumberYearHolds = "number_year_holds",
        /// Passed.
        DateIsPast = "date_is_past",
        /// Passed.
        SellerTaxIdHolds = "seller_tax_id_holds",
        /// Passed.
        BuyerTaxIdHolds = "buyer_tax_id_holds",
        /// Failed.
        WordsDifferFromTotal = "words_differ_from_total",
        /// Failed.
        NetPlusTaxDiffers = "net_plus_tax_differs",
        /// Failed.
        LinesDifferFromNet = "lines_differ_from_net",
        /// Failed.
        LineTaxDiffers = "line_tax_differs",
        /// Failed.
        RateNotInForce = "rate_not_in_force",
        /// Failed.
        CodeUnusual = "code_unusual",
        /// Failed.
        RailTaxDiffers = "rail_tax_differs",
        /// Failed.
        QrChecksumWrong = "qr_checksum_wrong",
        /// Failed.
        QrAmountDiffers = "qr_amount_differs",
        /// Failed.
        SecondOpinionDiffers = "second_opinion_differs",
        /// Failed.
        SourcesDiffer = "sources_differ",
        /// Failed.
        NumberFormUnusual = "number_form_unusual",
        /// Failed.
        NumberYearDiffers = "number_year_differs",
        /// Failed.
        DateInFuture = "date_in_future",
        /// Failed.
        DateTooEarly = "date_too_early",
        /// Failed, as advice only.
        SellerTaxIdUnusual = "seller_tax_id_unusual",
        /// Failed, as advice only.
        BuyerTaxIdUnusual = "buyer_tax_id_unusual",
        /// Not possible.
        WordsNotRead = "words_not_read",
        /// Not possible.
        NetOrTaxNotRead = "net_or_tax_not_read",
        /// Not possible.
        QrNotRead = "qr_not_read",
        /// Not possible.
        SecondOpinionSilent = "second_opinion_silent",
        /// Not possible.
        TaxIdNotRead = "tax_id_not_read",
    }
}

codes! {
    /// Why a reading needs a person.
    Reason {
        /// No total was read.
        TotalMissing = "total_missing",
        /// No number was read.
        NumberMissing = "number_missing",
        /// No date was read.
        DateMissing = "date_missing",
        /// Nothing independent confirms the total.
        SingleSource = "single_source",
        /// Every figure of the total comes from text recognition.
        ReadByEyeOnly = "read_by_eye_only",
        /// The number comes from text recognition alone.
        NumberReadByEye = "number_read_by_eye",
        /// The date is in the future, or before such invoices existed.
        DateDoubtful = "date_doubtful",
        /// The number's form or year is wrong.
        NumberDoubtful = "number_doubtful",
        /// Lines do not add up, or a line's tax does not follow from its rate.
        ArithmeticDoubtful = "arithmetic_doubtful",
        /// A rate was not in force on the day of issue.
        RateDoubtful = "rate_doubtful",
        /// The QR code was misread or altered.
        QrChecksumWrong = "qr_checksum_wrong",
        /// Amounts differ between sources, words or sum.
        AmountsContradict = "amounts_contradict",
        /// Numbers or codes differ between sources.
        NumbersContradict = "numbers_contradict",
        /// Dates differ between sources.
        DatesContradict = "dates_contradict",
        /// Names or tax ids differ between sources.
        DetailsContradict = "details_contradict",
        /// The file shows several invoices, each of which has a reading of its own.
        SeveralInvoices = "several_invoices",
        /// The PDF cannot be opened without a password.
        PdfEncrypted = "pdf_encrypted",
        /// The PDF holds pictures only.
        PdfWithoutText = "pdf_without_text",
        /// Nothing was read from the picture.
        PictureNotRead = "picture_not_read",
    }
}

/// What follows from a reading.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", tag = "is", content = "reasons")]
pub enum Verdict {
    /// Two independent figures agree on the total, and nothing speaks against it.
    Accepted,
    /// A person compares with the original and confirms.
    Confirm(Vec<Reason>),
    /// Sources contradict each other; a person decides which one is right.
    Conflict(Vec<Reason>),
    /// No field could be read; a person types.
    Unreadable(Vec<Reason>),
}

impl Verdict {
    /// The reasons, none when accepted.
    pub fn reasons(&self) -> &[Reason] {
        match self {
            Self::Accepted => &[],
            Self::Confirm(reasons) | Self::Conflict(reasons) | Self::Unreadable(reasons) => reasons,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_what_json_says() {
        for message in Message::ALL {
            assert_eq!(serde_json::to_string(message).unwrap(), format!("\"{}\"", message.code()));
        }
        for reason in Reason::ALL {
            assert_eq!(serde_json::to_string(reason).unwrap(), format!("\"{}\"", reason.code()));
        }
    }

    #[test]
    fn a_verdict_travels_with_its_reasons() {
        let verdict = Verdict::Confirm(vec![Reason::SingleSource]);
        let json = serde_json::to_string(&verdict).unwrap();
        assert_eq!(json, r#"{"is":"confirm","reasons":["single_source"]}"#);
        assert_eq!(serde_json::from_str::<Verdict>(&json).unwrap(), verdict);
        assert_eq!(serde_json::to_string(&Verdict::Accepted).unwrap(), r#"{"is":"accepted"}"#);
    }
}
