//! Numbers with their check characters, and the payload of the QR code.

use budget::tax_id::{organisation_check_digit, unified_check_character};
use budget::{Date, Money};

use super::random::Random;

/// A well-formed unified social credit code of a company in a region of six digits.
pub(crate) fn unified_code(region: &str, random: &mut Random) -> String {
    unified_code_of(region, &format!("MA{}", random.digits(6)))
}

/// The code of the organisation that has these eight characters.
pub(crate) fn unified_code_of(region: &str, organisation: &str) -> String {
    let digit = organisation_check_digit(organisation).unwrap_or('0');
    let body = format!("91{region}{organisation}{digit}");
    let last = unified_check_character(&body).unwrap_or('0');
    format!("{body}{last}")
}

/// A 20-digit number: year, province, channel 2, sequence.
pub(crate) fn digital_number(issued_on: Date, province: &str, random: &mut Random) -> String {
    format!("{:02}{province}2{}", issued_on.year() % 100, random.digits(15))
}

/// The payload of a digital invoice's QR code, checksum included.
pub(crate) fn qr_payload(kind: &str, number: &str, total: Money, issued_on: Date) -> String {
    let date = issued_on.to_string().replace('-', "");
    let covered = format!("01,{kind},,{number},{total},{date},,");
    let checksum = checksum(&covered);
    format!("{covered}{checksum:04X}")
}

/// The payload of an older invoice's QR code: code, number and check code, and the amount that its kind gives.
pub(crate) fn older_payload(
    kind: &str,
    code: &str,
    number: &str,
    amount: Money,
    issued_on: Date,
    check_code: &str,
) -> String {
    let date = issued_on.to_string().replace('-', "");
    let covered = format!("01,{kind},{code},{number},{amount},{date},{check_code},");
    let checksum = checksum(&covered);
    format!("{covered}{checksum:04X}")
}

/// CRC-16 by table-free long division, written apart from the reader's so that one tests the other.
fn checksum(text: &str) -> u16 {
    let mut rest: u32 = 0;
    for bit in text.bytes().flat_map(|byte| (0..8).rev().map(move |shift| u32::from(byte >> shift) & 1)).chain([0; 16])
    {
        rest = (rest << 1) | bit;
        if rest & 0x1_0000 != 0 {
            rest ^= 0x1_8005;
        }
    }
    u16::try_from(rest & 0xFFFF).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_checksum_is_that_of_real_invoices() {
        let issued_on = Date::new(2024, 4, 7).unwrap();
        let payload = qr_payload("31", "24112000000019562163", Money::from_fen(58_500), issued_on);
        assert_eq!(payload, "01,31,,24112000000019562163,585.00,20240407,,9D53");
    }

    #[test]
    fn tax_ids_pass_their_check() {
        let mut random = Random::new(7);
        for _ in 0..50 {
            let id = unified_code("310115", &mut random);
            assert_eq!(budget::tax_id::check(&id), budget::tax_id::TaxIdCheck::Valid, "{id}");
        }
    }
}
