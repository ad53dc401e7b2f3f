//! What people type and documents print, read as whole fen.

use thiserror::Error;

/// Why a text is no amount of money.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum MoneyError {
    /// Nothing was typed.
    #[error("no amount")]
    Empty,
    /// Something that is no number, or commas in the wrong places.
    #[error("not an amount")]
    Malformed,
    /// More than two decimals: a fen cannot be split.
    #[error("more than two decimals")]
    TooPrecise,
    /// Beyond what 64 bits of fen hold.
    #[error("the amount is too large")]
    TooLarge,
}

impl MoneyError {
    /// The stable code, by which the text of each language is found.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Empty => "money_empty",
            Self::Malformed => "money_malformed",
            Self::TooPrecise => "money_too_precise",
            Self::TooLarge => "money_too_large",
        }
    }
}

/// The fen that a text says; see [`super::Money::parse`].
pub(super) fn parse(text: &str) -> Result<i64, MoneyError> {
    let plain: String = text.chars().filter(|c| !c.is_whitespace()).map(half_width).collect();
    let (negative, rest) = unsigned(&plain);
    let rest = ["人民币", "CNY", "RMB", "¥"].iter().find_map(|mark| rest.strip_prefix(mark)).unwrap_or(rest);
    let (later_sign, rest) = unsigned(rest);
    if later_sign && negative {
        return Err(MoneyError::Malformed);
    }
    let rest = rest.strip_suffix(['元', '圆']).unwrap_or(rest);
    if rest.is_empty() {
        return Err(MoneyError::Empty);
    }
    let (whole, fraction) = match rest.split_once('.') {
        Some((_, "")) => return Err(MoneyError::Malformed),
        Some(parts) => parts,
        None => (rest, ""),
    };
    if fraction.len() > 2 && fraction.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::TooPrecise);
    }
    let yuan = whole_yuan(whole)?;
    let fen = match fraction.len() {
        0 => 0,
        1 => digits(fraction)?.checked_mul(10).ok_or(MoneyError::TooLarge)?,
        _ => digits(fraction)?,
    };
    let magnitude = yuan.checked_mul(100).and_then(|y| y.checked_add(fen)).ok_or(MoneyError::TooLarge)?;
    let signed = if negative || later_sign { magnitude.checked_neg() } else { Some(magnitude) };
    signed.ok_or(MoneyError::TooLarge)
}

fn unsigned(text: &str) -> (bool, &str) {
    if let Some(rest) = text.strip_prefix('-') { (true, rest) } else { (false, text.strip_prefix('+').unwrap_or(text)) }
}

/// The full-width forms that Chinese input methods produce, as their plain forms.
fn half_width(c: char) -> char {
    match c {
        '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
        '￥' => '¥',
        '−' | '–' => '-',
        other => other,
    }
}

fn whole_yuan(text: &str) -> Result<i64, MoneyError> {
    let mut groups = text.split(',');
    let first = groups.next().unwrap_or("");
    let mut joined = first.to_owned();
    let mut grouped = false;
    for group in groups {
        if group.len() != 3 {
            return Err(MoneyError::Malformed);
        }
        grouped = true;
        joined.push_str(group);
    }
    if grouped && !(1..=3).contains(&first.len()) {
        return Err(MoneyError::Malformed);
    }
    if joined.is_empty() { Ok(0) } else { digits(&joined) }
}

fn digits(text: &str) -> Result<i64, MoneyError> {
    if !text.bytes().all(|b| b.is_ascii_digit()) {
        return Err(MoneyError::Malformed);
    }
    text.parse().map_err(|_| MoneyError::TooLarge)
}
