//! Taxpayer identifiers (纳税人识别号): what can be told from the characters alone.
//!
//! The promise: a check here **warns and never blocks**. Some unified codes of the 2015 pilot fail the published check
//! character and are valid all the same, individuals have no organisation code, and old identifiers carry no check. So
//! the answer says what was found, and a person decides.

use std::fmt;

/// The 31 characters of GB 32100-2015: no I, O, S, V and Z, which look like digits or each other.
const ALPHABET: &[u8; 31] = b"0123456789ABCDEFGHJKLMNPQRTUWXY";
/// Powers of three modulo 31, one a position.
const UNIFIED_WEIGHTS: [u32; 17] = [1, 3, 9, 27, 19, 26, 16, 17, 20, 29, 25, 13, 8, 24, 10, 30, 28];
/// GB 11714-1997.
const ORGANISATION_WEIGHTS: [u32; 8] = [3, 7, 9, 10, 5, 8, 4, 2];
/// GB 11643-1999, resident identity numbers.
const RESIDENT_WEIGHTS: [u32; 17] = [7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2];

/// What the characters of a taxpayer identifier say about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TaxIdCheck {
    /// A unified social credit code (统一社会信用代码) whose check character holds.
    Valid,
    /// Eighteen characters whose last should be `expected`. Most often misread; rarely a pilot code.
    WrongCheckCharacter {
        /// The character that GB 32100 computes.
        expected: char,
    },
    /// A character that no unified code may have.
    IllegalCharacter {
        /// Counted from one, as people do.
        position: usize,
    },
    /// An identifier of before 2015: six digits of region and an organisation code (组织机构代码).
    Legacy {
        /// Whether the organisation code's own check digit holds.
        organisation_code_holds: bool,
    },
    /// The number of a natural person, or a sole trader's, which contains one. It must be masked when shown.
    Personal,
    /// Seventeen or twenty characters: kinds that have no check.
    Unchecked,
    /// A length that no kind of identifier has.
    WrongLength {
        /// How many characters were found.
        found: usize,
    },
}

impl TaxIdCheck {
    /// True when a person should look again. Never a reason to refuse a document.
    pub const fn warns(self) -> bool {
        matches!(
            self,
            Self::WrongCheckCharacter { .. }
                | Self::IllegalCharacter { .. }
                | Self::WrongLength { .. }
                | Self::Legacy { organisation_code_holds: false }
        )
    }

    /// The stable code, by which the text of each language is found.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Valid => "tax_id_valid",
            Self::WrongCheckCharacter { .. } => "tax_id_wrong_check_character",
            Self::IllegalCharacter { .. } => "tax_id_illegal_character",
            Self::Legacy { .. } => "tax_id_legacy",
            Self::Personal => "tax_id_personal",
            Self::Unchecked => "tax_id_unchecked",
            Self::WrongLength { .. } => "tax_id_wrong_length",
        }
    }
}

impl fmt::Display for TaxIdCheck {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// The identifier without spaces and hyphens, in half-width capitals: the form to store and compare.
pub fn normalise(text: &str) -> String {
    text.chars()
        .map(|c| match c {
            '\u{FF01}'..='\u{FF5E}' => u32::from(c).checked_sub(0xFEE0).and_then(char::from_u32).unwrap_or(c),
            other => other,
        })
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect()
}

/// Looks at an identifier as printed. See the module's promise: the answer is advice.
pub fn check(text: &str) -> TaxIdCheck {
    let id = normalise(text);
    let found = id.chars().count();
    match found {
        18 if resident_number_holds(&id) && !id.starts_with('9') => TaxIdCheck::Personal,
        18 => check_unified(&id),
        15 => {
            let organisation = id.get(6..).unwrap_or("");
            TaxIdCheck::Legacy { organisation_code_holds: organisation_code_holds(organisation) }
        }
        20 if looks_like_sole_trader(&id) => TaxIdCheck::Personal,
        17 | 20 => TaxIdCheck::Unchecked,
        _ => TaxIdCheck::WrongLength { found },
    }
}

/// The check character that completes the first seventeen of a unified social credit code, or `None` when they are not
/// seventeen legal characters.
pub fn unified_check_character(body: &str) -> Option<char> {
    if body.len() != UNIFIED_WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (byte, weight) in body.bytes().zip(UNIFIED_WEIGHTS) {
        sum += alphabet_value(byte)? * weight;
    }
    let index = usize::try_from((31 - sum % 31) % 31).ok()?;
    ALPHABET.get(index).copied().map(char::from)
}

/// The check digit that completes the first eight characters of an organisation code (GB 11714).
pub fn organisation_check_digit(body: &str) -> Option<char> {
    if body.len() != ORGANISATION_WEIGHTS.len() {
        return None;
    }
    let mut sum = 0;
    for (c, weight) in body.chars().zip(ORGANISATION_WEIGHTS) {
        sum += c.to_digit(36).filter(|_| !c.is_ascii_lowercase())? * weight;
    }
    match 11 - sum % 11 {
        10 => Some('X'),
        11 => Some('0'),
        digit => char::from_digit(digit, 10),
    }
}

/// Whether a nine-character organisation code passes its own check digit.
pub fn organisation_code_holds(code: &str) -> bool {
    code.get(..8)
        .zip(code.get(8..))
        .is_some_and(|(body, last)| organisation_check_digit(body).is_some_and(|c| last == c.to_string()))
}

/// The identifier as it may be shown: a company's is public and stays whole, a personal number keeps its first four and
/// last two characters. 《个人信息保护法》 article 6 asks for the way that touches a person least; which characters stay is
/// our choice.
pub fn masked(text: &str) -> String {
    let id = normalise(text);
    if check(&id) == TaxIdCheck::Personal { mask_person_number(&id) } else { id }
}

/// Masks any number that belongs to a person, whatever its form; stars that are already there stay.
pub fn mask_person_number(number: &str) -> String {
    let count = number.chars().count();
    number
        .chars()
        .enumerate()
        .map(|(index, c)| if count > 6 && (index < 4 || index + 2 >= count) { c } else { '*' })
        .collect()
}

fn check_unified(id: &str) -> TaxIdCheck {
    if let Some(index) = id.bytes().position(|byte| alphabet_value(byte).is_none()) {
        return TaxIdCheck::IllegalCharacter { position: index + 1 };
    }
    match id.get(..17).and_then(unified_check_character) {
        Some(expected) if id.ends_with(expected) => TaxIdCheck::Valid,
        Some(expected) => TaxIdCheck::WrongCheckCharacter { expected },
        None => TaxIdCheck::IllegalCharacter { position: 1 },
    }
}

fn alphabet_value(byte: u8) -> Option<u32> {
    ALPHABET.iter().position(|c| *c == byte).and_then(|index| u32::try_from(index).ok())
}

/// A resident identity number: a real birth date in the middle and the ISO 7064 check at the end.
fn resident_number_holds(id: &str) -> bool {
    let (Some(body), Some(last)) = (id.get(..17), id.get(17..)) else {
        return false;
    };
    let mut sum = 0;
    for (c, weight) in body.chars().zip(RESIDENT_WEIGHTS) {
        let Some(digit) = c.to_digit(10) else {
            return false;
        };
        sum += digit * weight;
    }
    let number = |range| id.get(range).and_then(|part: &str| part.parse::<u32>().ok()).unwrap_or(0);
    let dated = (1900..2100).contains(&number(6..10))
        && (1..=12).contains(&number(10..12))
        && (1..=31).contains(&number(12..14));
    let expected = usize::try_from(sum % 11).ok().and_then(|rest| b"10X98765432".get(rest));
    dated && expected.is_some_and(|c| last.as_bytes() == [*c])
}

/// A sole trader's twenty characters: a resident identity number and two more.
fn looks_like_sole_trader(id: &str) -> bool {
    id.get(..18).is_some_and(resident_number_holds) || id.get(2..).is_some_and(resident_number_holds)
}

#[cfg(test)]
mod tests;
