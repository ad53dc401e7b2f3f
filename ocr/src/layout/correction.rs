//! Misread tax ids put right by their own check character.
//!
//! A unified code (GB 32100-2015) has no I, O, S, V and Z, and its last character is computed from the others. What looks
//! alike is tried; only when exactly one answer passes is it taken. Anything less clear stays as it was read.

use budget::tax_id::{self, TaxIdCheck};

/// Characters that recognition confuses, each with what it may really be.
const ALIKE: [(char, &str); 14] = [
    ('O', "0Q"),
    ('I', "1"),
    ('S', "5"),
    ('Z', "2"),
    ('V', "UY"),
    ('0', "DQ"),
    ('D', "0"),
    ('Q', "0"),
    ('B', "8"),
    ('8', "B"),
    ('G', "6"),
    ('6', "G"),
    ('5', "6"),
    ('1', "7"),
];

/// The one id that passes its check and looks like this one; `None` when this one passes or no single answer does.
pub(super) fn of(id: &str) -> Option<String> {
    let read: Vec<char> = id.chars().collect();
    if read.len() != 18 || holds(&read) {
        return None;
    }
    // Characters that no code has are certainly wrong.
    let certain: Vec<char> =
        read.iter().map(|c| if matches!(c, 'O' | 'I' | 'S' | 'Z') { first(*c) } else { *c }).collect();
    if certain != read && holds(&certain) {
        return Some(certain.into_iter().collect());
    }
    let mut answers: Vec<Vec<char>> = Vec::new();
    for (index, c) in certain.iter().enumerate() {
        let alike = ALIKE.iter().find(|(known, _)| known == c).map_or("", |(_, alike)| alike);
        for other in alike.chars() {
            let mut tried = certain.clone();
            if let Some(place) = tried.get_mut(index) {
                *place = other;
            }
            if holds(&tried) {
                answers.push(tried);
            }
        }
    }
    match answers.as_slice() {
        [only] => Some(only.iter().collect()),
        _ => None,
    }
}

fn holds(id: &[char]) -> bool {
    tax_id::check(&id.iter().collect::<String>()) == TaxIdCheck::Valid
}

fn first(c: char) -> char {
    ALIKE.iter().find(|(known, _)| *known == c).and_then(|(_, alike)| alike.chars().next()).unwrap_or(c)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_misread_character_is_put_right() {
        for wrong in ["9151O107MA65T8E44U", "91510107MAG5T8E44U"] {
            assert_eq!(of(wrong).as_deref(), Some("91510107MA65T8E44U"), "{wrong}");
        }
    }

    #[test]
    fn what_passes_or_cannot_be_told_stays() {
        for id in ["91510107MA65T8E44U", "91510107MA65T8E441", "410305123456789", ""] {
            assert_eq!(of(id), None, "{id}");
        }
    }
}
