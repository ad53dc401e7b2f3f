//! Values as documents write them: amounts, dates, rates, numbers, names.

use budget::{Date, Money};
use rust_decimal::Decimal;

/// Half-width digits, letters and punctuation, and one yen sign: what every comparison works on.
pub(crate) fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        '￥' => '¥',
        '−' => '-',
        '\u{3000}' => ' ',
        other => other,
    }
}

/// The text in half-width forms, without any white space.
pub(crate) fn compact(text: &str) -> String {
    text.chars().map(half_width).filter(|c| !c.is_whitespace() && *c != '\u{0}').collect()
}

/// A text that says something, trimmed; `None` for nothing and for the dashes and stars that stand for nothing.
pub(crate) fn text(raw: &str) -> Option<String> {
    let trimmed = raw.trim();
    if trimmed.is_empty() || trimmed.chars().all(|c| matches!(c, '-' | '*' | '/' | '—')) {
        None
    } else {
        Some(trimmed.chars().take(200).collect())
    }
}

/// Digits only, or `None` when there is anything else or nothing.
pub(crate) fn digits(raw: &str) -> Option<String> {
    let plain = compact(raw);
    if plain.is_empty() || !plain.bytes().all(|b| b.is_ascii_digit()) { None } else { Some(plain) }
}

/// An amount as a document writes it: `4197.17`, `¥1,234.50`, `48.900000`; more decimals only when they are zeros.
pub(crate) fn amount(raw: &str) -> Option<Money> {
    let plain = compact(raw);
    Money::parse(&plain).ok().or_else(|| plain.parse::<Decimal>().ok().and_then(Money::from_decimal))
}

/// A tax amount: `***`, 免税 and 不征税 stand for none.
pub(crate) fn tax_amount(raw: &str) -> Option<Money> {
    let plain = compact(raw);
    let stars = !plain.is_empty() && plain.chars().all(|c| matches!(c, '*' | '★' | '-'));
    if stars || plain.contains("免税") || plain.contains("不征税") { Some(Money::ZERO) } else { amount(&plain) }
}

/// A quantity or price.
pub(crate) fn number(raw: &str) -> Option<Decimal> {
    compact(raw).replace(',', "").parse().ok()
}

/// A tax rate as a fraction: `0.06`, `0.060000`, `6%`; `None` for words.
pub(crate) fn rate(raw: &str) -> Option<Decimal> {
    let plain = compact(raw);
    match plain.strip_suffix('%') {
        Some(percent) => percent.parse::<Decimal>().ok()?.checked_div(Decimal::ONE_HUNDRED),
        None => plain.parse().ok(),
    }
    .map(|rate: Decimal| rate.normalize())
}

/// A date in any form seen on documents: `2024-05-28`, `2024年05月28日`, `2024/5/28`, `20240528`, with or without a time.
pub(crate) fn date(raw: &str) -> Option<Date> {
    let plain: String = raw.chars().map(half_width).collect();
    let plain = plain.trim();
    let mut parts = plain.split(|c: char| !c.is_ascii_digit()).filter(|part| !part.is_empty());
    let first = parts.next()?;
    let (year, month, day) = if first.len() == 8 {
        (first.get(..4)?, first.get(4..6)?, first.get(6..)?)
    } else {
        (first, parts.next()?, parts.next()?)
    };
    if year.len() != 4 || month.len() > 2 || day.len() > 2 {
        return None;
    }
    Date::new(year.parse().ok()?, month.parse().ok()?, day.parse().ok()?).ok()
}

/// A person's name with all but the family name masked: 张三 is shown as 张*.
pub(crate) fn masked_name(raw: &str) -> Option<String> {
    let name = text(raw)?;
    Some(name.chars().enumerate().map(|(index, c)| if index == 0 { c } else { '*' }).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_of_documents() {
        for (raw, fen) in
            [("4197.17", 419_717), ("¥1,234.50", 123_450), ("48.900000", 4890), ("-0.96", -96), ("￥ 57.0", 5700)]
        {
            assert_eq!(amount(raw), Some(Money::from_fen(fen)), "{raw}");
        }
        assert_eq!(amount("48.905"), None);
        assert_eq!(tax_amount("***"), Some(Money::ZERO));
        assert_eq!(tax_amount("免税"), Some(Money::ZERO));
        assert_eq!(tax_amount(""), None);
    }

    #[test]
    fn rates_and_dates() {
        for raw in ["0.06", "0.060000", "6%", "６％"] {
            assert_eq!(rate(raw), Some(Decimal::new(6, 2)), "{raw}");
        }
        assert_eq!(rate("免税"), None);
        for raw in ["2024-05-28", "2024年05月28日", "2024/5/28 10:00:00", "20240528", "2024 年05 月 28 日"] {
            assert_eq!(date(raw), Date::new(2024, 5, 28).ok(), "{raw}");
        }
        for raw in ["2024-02-30", "24-05-28", "", "2024", "2024-123-1"] {
            assert_eq!(date(raw), None, "{raw}");
        }
    }

    #[test]
    fn names_keep_the_family_name_only() {
        assert_eq!(masked_name("张三丰").as_deref(), Some("张**"));
        assert_eq!(masked_name(" "), None);
    }
}
