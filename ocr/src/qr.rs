//! The QR code of an invoice (发票二维码): its payload and its checksum.
//!
//! The checksum is CRC-16 with polynomial 0x8005, start 0, no reflection, over everything through the comma before it.
//! It tells a misreading or a careless edit. It is no signature: anybody can compute it. A payload is never opened as an
//! address, whatever it looks like.

use budget::{Date, Money};

use crate::reading::{InvoiceKind, Source};
use crate::statement::Statement;
use crate::value;

pub(crate) mod find;

/// What the payload of an invoice's QR code says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QrPayload {
    /// The kind that the second field names.
    pub kind: InvoiceKind,
    /// Invoice code, absent on fully digitalised invoices.
    pub code: Option<String>,
    /// Invoice number.
    pub number: String,
    /// The amount.
    pub amount: Option<Money>,
    /// Whether [`Self::amount`] is the total with tax (digital and blockchain invoices) or the net amount (older ones).
    pub amount_is_total: bool,
    /// Date of issue.
    pub issued_on: Option<Date>,
    /// Check code (校验码).
    pub check_code: Option<String>,
    /// Whether the checksum holds; `None` for kinds without one.
    pub checksum_holds: Option<bool>,
}

/// Reads a payload; `None` when it is no invoice's. Payment codes, links and anything else are none.
pub fn parse(payload: &str) -> Option<QrPayload> {
    let payload = payload.trim();
    if payload.len() > 2_000 {
        return None;
    }
    if payload.starts_with("01,") { parse_tax(payload) } else { parse_blockchain(payload) }
}

/// CRC-16 with polynomial 0x8005, start 0, no reflection.
pub fn crc16(text: &str) -> u16 {
    text.bytes().fold(0, |crc: u16, byte| {
        (0..8).fold(
            crc ^ (u16::from(byte) << 8),
            |crc, _| {
                if crc & 0x8000 == 0 { crc << 1 } else { (crc << 1) ^ 0x8005 }
            },
        )
    })
}

/// `01,32,,24442000573661362782,6942.07,20241227,,3429`, with or without a last comma.
fn parse_tax(payload: &str) -> Option<QrPayload> {
    let body = payload.strip_suffix(',').unwrap_or(payload);
    let fields: Vec<&str> = body.split(',').map(str::trim).collect();
    let [_, kind, code, number, amount, issued, rest @ ..] = fields.as_slice() else {
        return None;
    };
    let number = value::digits(number).filter(|number| matches!(number.len(), 8 | 20))?;
    let checksum = rest.get(1).copied().filter(|crc| crc.len() == 4 && crc.bytes().all(|b| b.is_ascii_hexdigit()));
    let checksum_holds = body
        .rfind(',')
        .and_then(|comma| body.get(..=comma))
        .zip(checksum)
        .map(|(covered, crc)| u16::from_str_radix(crc, 16) == Ok(crc16(covered)));
    Some(QrPayload {
        kind: InvoiceKind::from_qr(kind),
        code: value::digits(code),
        amount_is_total: number.len() == 20,
        number,
        amount: value::amount(amount),
        issued_on: value::date(issued).filter(|_| issued.len() == 8),
        check_code: rest.first().and_then(|code| value::digits(code)),
        checksum_holds,
    })
}

/// Shenzhen's blockchain invoices: an address with `bill_num` and `total_amount` in fen.
fn parse_blockchain(payload: &str) -> Option<QrPayload> {
    let query = payload.strip_prefix("https://bcfp.shenzhen.chinatax.gov.cn/")?.split_once('?')?.1;
    let parameter = |name: &str| query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='));
    let number = parameter("bill_num").and_then(value::digits).filter(|number| number.len() == 8)?;
    let fen = parameter("total_amount").and_then(value::digits).and_then(|fen| fen.parse().ok());
    Some(QrPayload {
        kind: InvoiceKind::Blockchain,
        code: None,
        number,
        amount: fen.map(Money::from_fen),
        amount_is_total: true,
        issued_on: None,
        check_code: None,
        checksum_holds: None,
    })
}

impl QrPayload {
    /// The payload as a source among others.
    pub(crate) fn statement(&self) -> Statement {
        let mut statement = Statement::new(Source::Qr);
        statement.kind = self.kind;
        statement.number = Some(self.number.clone());
        statement.code.clone_from(&self.code);
        statement.issued_on = self.issued_on;
        statement.check_code.clone_from(&self.check_code);
        if self.amount_is_total {
            statement.total = self.amount;
        } else {
            statement.net = self.amount;
        }
        statement
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_digital_invoice_gives_its_total() {
        let payload = parse("01,31,,24112000000019562163,585.00,20240407,,9D53").unwrap();
        assert_eq!(payload.checksum_holds, Some(true));
        assert_eq!((payload.number.as_str(), payload.amount_is_total), ("24112000000019562163", true));
        assert_eq!(payload.amount, Some(Money::from_fen(58_500)));
        assert_eq!(payload.issued_on, Date::new(2024, 4, 7).ok());
        assert_eq!((payload.kind, payload.code), (InvoiceKind::DigitalSpecial, None));
    }

    #[test]
    fn an_older_invoice_gives_its_net_amount() {
        for text in [
            "01,10,032002200211,21648940,877.27,20250909,25337677312869891929,AEA3",
            "01,10,032002200211,21648940,877.27,20250909,25337677312869891929,AEA3,",
        ] {
            let payload = parse(text).unwrap();
            assert_eq!(payload.checksum_holds, Some(true), "{text}");
            assert!(!payload.amount_is_total);
            assert_eq!(payload.code.as_deref(), Some("032002200211"));
            assert_eq!(payload.check_code.as_deref(), Some("25337677312869891929"));
        }
    }

    #[test]
    fn an_edited_payload_fails_its_checksum() {
        let payload = parse("01,31,,24112000000019562163,585.01,20240407,,9D53").unwrap();
        assert_eq!(payload.checksum_holds, Some(false));
        assert_eq!(
            parse("01,10,011001605111,80100798,64.9,20161018,85342965681116380258").unwrap().checksum_holds,
            None
        );
    }

    #[test]
    fn a_blockchain_invoice_counts_in_fen() {
        let text = "https://bcfp.shenzhen.chinatax.gov.cn/verify/scan?hash=00&bill_num=02730522&total_amount=3720";
        assert_eq!(parse(text).unwrap().amount, Some(Money::from_fen(3720)));
    }

    #[test]
    fn other_codes_are_no_invoice() {
        for text in ["", "https://qr.alipay.com/fkx123", "01,32", "01,a,b,c,d,e", "wxp://f2f0", "02,32,,1,1,1,1,1"] {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    proptest! {
        #[test]
        fn parsing_never_panics(text in "\\PC*") {
            let _ = parse(&text);
        }

        #[test]
        fn parsing_never_panics_on_near_payloads(text in "01,[0-9]{0,3},[0-9]{0,13},[0-9]{0,22},[0-9.,-]{0,12},[0-9]{0,9},?[0-9A-Fé]{0,8},?") {
            let _ = parse(&text);
        }
    }
}
