//! Capital numerals (大写金额): the form that cannot be altered with a stroke of a pen. The rules are those of annex one of
//! 《支付结算办法》 (银发〔1997〕393号), 《正确填写票据和结算凭证的基本规定》.

const DIGITS: [&str; 10] = ["零", "壹", "贰", "叁", "肆", "伍", "陆", "柒", "捌", "玖"];
const TEN_THOUSAND: u64 = 10_000;
const HUNDRED_MILLION: u64 = 100_000_000;

pub(super) fn write(fen: i64) -> String {
    let magnitude = fen.unsigned_abs();
    let (yuan, jiao, cent) = (magnitude / 100, magnitude / 10 % 10, magnitude % 10);
    let mut text = String::from(if fen < 0 { "负" } else { "" });
    if yuan > 0 || magnitude == 0 {
        text.push_str(&if yuan == 0 { "零".to_owned() } else { whole(yuan) });
        text.push('元');
    }
    if jiao > 0 {
        text.push_str(digit(jiao));
        text.push('角');
    } else if cent > 0 && yuan > 0 {
        text.push('零');
    }
    if cent > 0 {
        text.push_str(digit(cent));
        text.push('分');
    } else if jiao == 0 {
        text.push('整');
    }
    text
}

/// Each power of ten thousand is read by itself; a zero at the head of the lower part, or a lower part that is short,
/// is spoken once as 零.
fn whole(number: u64) -> String {
    let (unit, name, lower_head) = if number >= HUNDRED_MILLION {
        (HUNDRED_MILLION, "亿", HUNDRED_MILLION / 10)
    } else if number >= TEN_THOUSAND {
        (TEN_THOUSAND, "万", TEN_THOUSAND / 10)
    } else {
        return below_ten_thousand(number);
    };
    let (upper, lower) = (number / unit, number % unit);
    let mut text = whole(upper);
    text.push_str(name);
    if lower > 0 {
        if lower < lower_head {
            text.push('零');
        }
        text.push_str(&whole(lower));
    }
    text
}

fn below_ten_thousand(number: u64) -> String {
    let mut text = String::new();
    let mut skipped = false;
    for (place, name) in [(1000, "仟"), (100, "佰"), (10, "拾"), (1, "")] {
        let value = number / place % 10;
        if value == 0 {
            skipped = !text.is_empty();
            continue;
        }
        if skipped {
            text.push('零');
            skipped = false;
        }
        text.push_str(digit(value));
        text.push_str(name);
    }
    text
}

fn digit(value: u64) -> &'static str {
    usize::try_from(value).ok().and_then(|index| DIGITS.get(index)).copied().unwrap_or("")
}
