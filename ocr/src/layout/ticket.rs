//! What tickets print in their own way: the serial and the seat of a train ticket, the fare of a taxi.

use super::row::{Page, Row};
use super::scan::date;
use crate::reading::InvoiceKind;
use crate::statement::Statement;

/// Classes of seats and berths, the longer names first: 新空调硬座 also says 硬座.
const CLASSES: [&str; 16] = [
    "优选一等座",
    "新空调硬座",
    "新空调软座",
    "新空调硬卧",
    "新空调软卧",
    "商务座",
    "特等座",
    "一等座",
    "二等座",
    "一等卧",
    "二等卧",
    "动卧",
    "硬座",
    "软座",
    "硬卧",
    "软卧",
];

/// Fills in what only tickets have.
pub(super) fn read(page: &Page, statement: &mut Statement) {
    if matches!(statement.kind, InvoiceKind::Rail | InvoiceKind::PaperTrain) {
        let mut travel = statement.travel.take().unwrap_or_default();
        travel.time = page.rows.iter().find_map(|row| departure(&row.chars()));
        travel.place = page.rows.iter().find_map(|row| place(&row.text()));
        travel.seat = page.rows.iter().find_map(|row| {
            let text = row.text();
            CLASSES.iter().find(|class| text.contains(**class)).map(|class| (*class).to_owned())
        });
        statement.travel = Some(travel);
    }
    if statement.kind == InvoiceKind::PaperTrain {
        // Its digits are a serial, part of an identity number, and no code of an invoice.
        statement.code = None;
        statement.check_code = None;
        statement.number = page.rows.iter().take(4).flat_map(Row::tokens).find_map(|token| serial(&token.text));
        // The day of travel is the only date that it prints.
        statement.issued_on = page.rows.iter().find_map(|row| date(&row.chars()));
    }
}

/// `021V060689`, `C028237`: up to three characters, a letter, six digits.
fn serial(token: &str) -> Option<String> {
    let plain: String = token.chars().filter(char::is_ascii_alphanumeric).collect();
    let head = plain.len().checked_sub(7)?;
    let (region, rest) = plain.split_at_checked(head)?;
    let (letter, digits) = rest.split_at_checked(1)?;
    let fits = region.len() <= 3
        && letter.bytes().all(|b| b.is_ascii_uppercase())
        && digits.bytes().all(|b| b.is_ascii_digit())
        && token.is_ascii();
    fits.then_some(plain)
}

/// The time before 开, or the only time of a row that has a date.
fn departure(chars: &[char]) -> Option<String> {
    let text: String = chars.iter().collect();
    if text.contains("开票") || !(text.contains('开') || text.contains('年')) {
        return None;
    }
    let colon = text.char_indices().filter(|(_, c)| *c == ':').map(|(index, _)| index);
    colon.into_iter().find_map(|index| {
        let (hour, minute) = (text.get(index.checked_sub(2)?..index)?, text.get(index + 1..index + 3)?);
        let fits = hour.parse::<u8>().is_ok_and(|hour| hour < 24) && minute.parse::<u8>().is_ok_and(|m| m < 60);
        fits.then(|| format!("{hour}:{minute}"))
    })
}

/// `08车06F号`, `12车无座`.
fn place(text: &str) -> Option<String> {
    let (before, after) = text.split_once('车')?;
    let coach: Vec<char> = before.chars().rev().take_while(char::is_ascii_digit).take(2).collect();
    if coach.is_empty() {
        return None;
    }
    let coach: String = coach.into_iter().rev().collect();
    if after.starts_with("无座") {
        return Some(format!("{coach}车无座"));
    }
    let seat: String = after.chars().take_while(char::is_ascii_alphanumeric).take(4).collect();
    let rest = after.get(seat.len()..)?.strip_prefix('号')?;
    let berth = ["上铺", "中铺", "下铺"].into_iter().find(|berth| rest.starts_with(berth)).unwrap_or_default();
    (!seat.is_empty()).then(|| format!("{coach}车{seat}号{berth}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn serials_of_train_tickets() {
        for text in ["021V060689", "C028237", "Z5P016664", "36G071818"] {
            assert_eq!(serial(text).as_deref(), Some(text));
        }
        for text in ["1234567890", "D5983", "12345678901234", "G71818", "12车06F号"] {
            assert_eq!(serial(text), None, "{text}");
        }
    }

    #[test]
    fn seats_and_times() {
        assert_eq!(place("08车06F号").as_deref(), Some("08车06F号"));
        assert_eq!(place("网12车无座").as_deref(), Some("12车无座"));
        assert_eq!(place("05车012号下铺").as_deref(), Some("05车012号下铺"));
        assert_eq!(place("限乘当日当次车"), None);
        let time = |text: &str| departure(&text.chars().collect::<Vec<_>>());
        assert_eq!(time("2017年04月04日12:46开").as_deref(), Some("12:46"));
        assert_eq!(time("开票日期:2026年10月19日"), None);
        assert_eq!(time("下车:08:29"), None);
    }
}
