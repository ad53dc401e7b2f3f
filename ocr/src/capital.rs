//! Capital numerals (大写金额) as documents print them, read into an amount.
//!
//! The promise: a text that is not entirely an amount gives `None`, and never the part of it that happens to parse. A
//! lost left half turns 伍佰零陆圆整 into 陆圆整, so capital numerals confirm a figure and never supply one. Where the rules
//! (《支付结算办法》 annex one) allow two forms, both are read: with and without 整 after 角, with and without a 零.

use budget::Money;

/// The amount that capital numerals say, or `None` when they are not one whole, well-formed amount.
///
/// Accepts 元, 圆 and their traditional forms, 整 and 正, the marks ⊗ and × before the amount, 人民币, and 负 or （负数）.
pub fn parse(text: &str) -> Option<Money> {
    let mut plain: String = text.chars().filter_map(normal).collect();
    let mut negative = false;
    for mark in ["负数", "负"] {
        if let Some(rest) = plain.strip_prefix(mark) {
            negative = true;
            plain = rest.to_owned();
            break;
        }
    }
    let body = plain.strip_suffix('整').unwrap_or(&plain);
    let (whole, rest) = match body.rsplit_once('圆') {
        Some((whole, rest)) => (Some(whole), rest),
        None => (None, body),
    };
    if whole.is_none() && rest.is_empty() {
        return None;
    }
    let yuan = whole.map_or(Some(0), parse_whole)?;
    let (jiao, cent) = parse_fraction(rest)?;
    let fen = yuan.checked_mul(100)?.checked_add(jiao * 10 + cent)?;
    Money::from_fen(fen).checked_neg().filter(|_| negative).or(Some(Money::from_fen(fen)))
}

/// True for a character that an amount in capital numerals is made of.
pub(crate) fn is_numeral(c: char) -> bool {
    normal(c).is_some_and(|c| {
        digit(c).is_some() || unit(c).is_some() || matches!(c, '万' | '亿' | '圆' | '角' | '分' | '整')
    })
}

/// The one form that a character has here; `None` for those that carry no meaning.
fn normal(c: char) -> Option<char> {
    match c {
        ' ' | '\u{3000}' | '\t' | '\n' | '⊗' | 'ⓧ' | 'Ⓧ' | '☒' | '×' | '¤' | '(' | ')' | '（' | '）' | '人' | '民'
        | '币' | ':' | '：' => None,
        '元' | '園' | '圓' | '园' => Some('圆'),
        '正' => Some('整'),
        '貳' | '弍' => Some('贰'),
        '叄' | '参' | '參' => Some('叁'),
        '陸' => Some('陆'),
        '萬' => Some('万'),
        '億' => Some('亿'),
        '〇' => Some('零'),
        other => Some(other),
    }
}

fn digit(c: char) -> Option<i64> {
    "零壹贰叁肆伍陆柒捌玖".chars().position(|known| known == c).and_then(|value| i64::try_from(value).ok())
}

fn unit(c: char) -> Option<i64> {
    match c {
        '拾' => Some(10),
        '佰' => Some(100),
        '仟' => Some(1_000),
        _ => None,
    }
}

/// A whole number: everything before the last 亿 is a number of its own, then the same for 万.
fn parse_whole(text: &str) -> Option<i64> {
    if text.is_empty() {
        return None;
    }
    for (mark, value) in [('亿', 100_000_000), ('万', 10_000)] {
        if let Some((upper, lower)) = text.rsplit_once(mark) {
            let lower = if lower.is_empty() { 0 } else { parse_whole(lower)? };
            let lower = Some(lower).filter(|lower| *lower < value)?;
            return parse_whole(upper)?.checked_mul(value)?.checked_add(lower);
        }
    }
    let mut sum = 0_i64;
    let mut pending: Option<i64> = None;
    let mut last_unit = i64::MAX;
    for c in text.chars() {
        if let Some(value) = digit(c) {
            // Machines also print 柒仟零佰零拾叁: a zero is a place without value, never the value of a place.
            match pending {
                Some(held) if held != 0 => return None,
                _ => pending = Some(value),
            }
        } else if let Some(value) = unit(c) {
            if value >= last_unit {
                return None;
            }
            last_unit = value;
            // 拾 alone at the head means ten; elsewhere every unit has its digit.
            let factor = match pending.take() {
                Some(factor) => factor,
                None if sum == 0 && value == 10 => 1,
                None => return None,
            };
            sum = sum.checked_add(factor * value)?;
        } else {
            return None;
        }
    }
    sum.checked_add(pending.unwrap_or(0))
}

/// What follows 圆: `零`? digit `角`, then `零`? digit `分`, each of them optional.
fn parse_fraction(text: &str) -> Option<(i64, i64)> {
    let (jiao, rest) = match text.split_once('角') {
        Some((jiao, rest)) => (single_digit(jiao)?, rest),
        None => (0, text),
    };
    let cent = match rest.strip_suffix('分') {
        Some(cent) => single_digit(cent)?,
        None if rest.is_empty() => 0,
        None => return None,
    };
    Some((jiao, cent))
}

fn single_digit(text: &str) -> Option<i64> {
    let mut chars = text.strip_prefix('零').filter(|rest| !rest.is_empty()).unwrap_or(text).chars();
    match (chars.next(), chars.next()) {
        (Some(c), None) => digit(c),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn reads_what_invoices_print() {
        for (words, amount) in [
            ("叁万伍仟伍佰伍拾玖圆陆角玖分", "35559.69"),
            ("壹拾玖圆零伍分", "19.05"),
            ("壹亿零贰佰万圆整", "102000000"),
            ("⊗玖佰陆拾贰元整", "962"),
            ("捌万柒仟零佰零拾叁圆陆角叁分", "87003.63"),
            ("（负数）壹佰圆整", "-100"),
            ("(负数)壹圆壹角伍分", "-1.15"),
            ("×贰仟圆整", "2000"),
            ("壹拾万柒仟元零伍角叁分", "107000.53"),
            ("壹拾万零柒仟元伍角叁分", "107000.53"),
            ("壹仟陆佰捌拾元零叁角贰分", "1680.32"),
            ("壹拾圆零柒角整", "10.70"),
            ("壹拾圆柒角整", "10.70"),
            ("肆拾捌圆玖角整", "48.90"),
            ("人民币 拾伍元正", "15"),
            ("零圆整", "0"),
            ("伍角", "0.50"),
            ("柒仟零壹拾捌圆捌角叁分", "7018.83"),
        ] {
            assert_eq!(parse(words), Some(amount.parse().unwrap()), "{words}");
        }
    }

    #[test]
    fn refuses_what_is_not_wholly_an_amount() {
        for words in [
            "",
            "整",
            "圆整",
            "壹",
            "肆佰捌拾柒",
            "壹贰圆整",
            "壹拾佰圆",
            "壹圆壹",
            "价税合计壹圆整",
            "壹圆整圆",
            "壹圆叁分肆角",
            "仟圆",
            "负",
        ] {
            assert_eq!(parse(words), None, "{words}");
        }
    }

    proptest! {
        #[test]
        fn every_amount_survives_its_capital_numerals(fen in (-i64::MAX)..=i64::MAX) {
            let amount = Money::from_fen(fen);
            prop_assert_eq!(parse(&amount.chinese_uppercase()), Some(amount));
        }

        #[test]
        fn small_amounts_too(fen in -2_000_000_i64..2_000_000) {
            let amount = Money::from_fen(fen);
            prop_assert_eq!(parse(&amount.chinese_uppercase()), Some(amount));
        }

        #[test]
        fn never_panics(text in "[零壹贰叁肆伍陆柒捌玖拾佰仟万亿圆元角分整正负⊗a ]{0,40}") {
            let _ = parse(&text);
        }
    }
}
