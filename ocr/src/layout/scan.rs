//! Small patterns in text: labels, digits, dates, amounts.

use budget::{Date, Money};

use crate::value;

/// The index after the first occurrence of a label at or after `from`, and after a colon that follows it.
pub(super) fn after_label(chars: &[char], label: &str, from: usize) -> Option<usize> {
    let label: Vec<char> = label.chars().collect();
    let start = (from..chars.len()).find(|start| chars.get(*start..start + label.len()) == Some(label.as_slice()))?;
    let end = start + label.len();
    Some(if chars.get(end) == Some(&':') { end + 1 } else { end })
}

/// The digits that start at an index.
pub(super) fn digits_at(chars: &[char], start: usize) -> String {
    chars.iter().skip(start).take_while(|c| c.is_ascii_digit()).collect()
}

/// The first real date: `2024年05月28日`, `2024-05-28`, with separators required after year and month.
pub(super) fn date(chars: &[char]) -> Option<Date> {
    (0..chars.len()).find_map(|start| {
        let year = digits_at(chars, start);
        let before = start.checked_sub(1).and_then(|index| chars.get(index)).is_some_and(char::is_ascii_digit);
        if year.len() != 4 || before {
            return None;
        }
        let month_start = start + 5;
        let separator = |index: usize| chars.get(index).is_some_and(|c| matches!(c, '年' | '月' | '-' | '.' | '/'));
        let month = digits_at(chars, month_start);
        let day_start = month_start + month.len() + 1;
        let mut day = digits_at(chars, day_start);
        // A time that follows without a mark: the space between them is gone.
        if matches!(day.len(), 3 | 4) && chars.get(day_start + day.len()) == Some(&':') {
            day.truncate(day.len() - 2);
        }
        if !separator(start + 4) || !separator(day_start - 1) || day.is_empty() {
            return None;
        }
        value::date(&format!("{year}-{month}-{day}"))
    })
}

/// The amounts in a text, each with whether a ¥ stands before it. Exactly two decimals make an amount; one is enough
/// after ¥, as train tickets print it.
pub(super) fn amounts(text: &str) -> Vec<(Money, bool)> {
    let chars: Vec<char> = text.chars().collect();
    let mut found = Vec::new();
    let mut index = 0;
    while let Some(c) = chars.get(index) {
        if !c.is_ascii_digit() {
            index += 1;
            continue;
        }
        let number: String =
            chars.iter().skip(index).take_while(|c| c.is_ascii_digit() || matches!(c, '.' | ',')).collect();
        let back = |steps: usize| index.checked_sub(steps).and_then(|index| chars.get(index)).copied();
        // Recognition takes ¥ for letters and characters of its shape.
        let mark = |c: Option<char>| c.is_some_and(|c| matches!(c, '¥' | 'Y' | 'V' | '羊' | '半' | '举'));
        let negative = back(1) == Some('-') || (mark(back(1)) && back(2) == Some('-'));
        let yen = mark(back(1)) || (back(1) == Some('-') && mark(back(2)));
        index += number.chars().count();
        let decimals = number.rsplit_once('.').map_or(0, |(_, decimals)| decimals.len());
        if decimals == 2 || (yen && decimals == 1) {
            let signed = if negative { format!("-{number}") } else { number };
            found.extend(Money::parse(&signed).ok().map(|amount| (amount, yen)));
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    fn chars(text: &str) -> Vec<char> {
        text.chars().collect()
    }

    #[test]
    fn labels_and_digits() {
        let row = chars("发票号码:24112000000048542163开票日期");
        let start = after_label(&row, "发票号码", 0).unwrap();
        assert_eq!(digits_at(&row, start), "24112000000048542163");
        assert_eq!(after_label(&row, "发票代码", 0), None);
    }

    #[test]
    fn dates_are_real_days() {
        assert_eq!(date(&chars("开票日期:2022年08月30日")).unwrap().to_string(), "2022-08-30");
        assert_eq!(date(&chars("x2019-5-8 ")).unwrap().to_string(), "2019-05-08");
        assert_eq!(date(&chars("日期:2019-05-0808:11")).unwrap().to_string(), "2019-05-08");
        for text in ["2022年13月30日", "12022年08月30日", "20220830", "2022年", "2022-08-"] {
            assert_eq!(date(&chars(text)), None, "{text}");
        }
    }

    #[test]
    fn amounts_need_their_decimals() {
        let found: Vec<String> = amounts("¥1,234.50元3个-0.96¥57.0元9.5公里¥-12.00")
            .iter()
            .map(|(amount, yen)| format!("{amount}{yen}"))
            .collect();
        assert_eq!(found, ["1234.50true", "-0.96false", "57.00true", "-12.00true"]);
    }
}
