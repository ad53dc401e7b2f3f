use proptest::prelude::*;

use super::*;

fn yuan(text: &str) -> Money {
    Money::parse(text).unwrap()
}

#[test]
fn shows_two_decimals_and_groups_thousands() {
    for (fen, plain, grouped) in [
        (0, "0.00", "0.00"),
        (5, "0.05", "0.05"),
        (-5, "-0.05", "-0.05"),
        (123_450, "1234.50", "1,234.50"),
        (99_999, "999.99", "999.99"),
        (-100_000_000, "-1000000.00", "-1,000,000.00"),
        (i64::MIN, "-92233720368547758.08", "-92,233,720,368,547,758.08"),
    ] {
        let amount = Money::from_fen(fen);
        assert_eq!((amount.to_string().as_str(), amount.grouped().as_str()), (plain, grouped));
    }
    assert_eq!(format!("{:>10}", yuan("1.5")), "      1.50");
}

#[test]
fn reads_what_people_type_and_documents_print() {
    for (text, fen) in [
        ("48.9", 4890),
        ("¥1,234.5", 123_450),
        ("￥ 1,234.50", 123_450),
        ("１２", 1200),
        ("１，２３４．５６元", 123_456),
        ("-3.20", -320),
        ("¥-3.20", -320),
        ("－3.20", -320),
        (".5", 50),
        ("人民币 12 圆", 1200),
        ("+7", 700),
    ] {
        assert_eq!(Money::parse(text), Ok(Money::from_fen(fen)), "{text}");
    }
}

#[test]
fn refuses_what_is_no_amount() {
    for (text, error) in [
        ("", MoneyError::Empty),
        (" ¥ ", MoneyError::Empty),
        ("1.234", MoneyError::TooPrecise),
        ("1.", MoneyError::Malformed),
        ("12,34", MoneyError::Malformed),
        ("1234,567.00", MoneyError::Malformed),
        ("1.2.3", MoneyError::Malformed),
        ("--1", MoneyError::Malformed),
        ("-¥-1", MoneyError::Malformed),
        ("3e5", MoneyError::Malformed),
        ("四", MoneyError::Malformed),
        ("92233720368547758.08", MoneyError::TooLarge),
        ("99999999999999999999", MoneyError::TooLarge),
    ] {
        assert_eq!(Money::parse(text), Err(error), "{text}");
    }
}

#[test]
fn overflow_is_an_answer_not_an_accident() {
    let most = Money::from_fen(i64::MAX);
    assert_eq!(most.checked_add(Money::from_fen(1)), None);
    assert_eq!(Money::from_fen(i64::MIN).checked_neg(), None);
    assert_eq!(Money::checked_sum([most, most]), None);
    assert_eq!(Money::from_yuan(i64::MAX), None);
    assert_eq!(most.checked_mul_rate(Decimal::new(2, 0)), None);
    assert_eq!(Money::checked_sum([yuan("43.27"), yuan("5.63")]), Some(yuan("48.90")));
}

#[test]
fn tax_is_rounded_half_away_from_zero() {
    for (net, rate, tax) in [("43.27", 13, "5.63"), ("18.63", 3, "0.56"), ("-18.50", 3, "-0.56")] {
        assert_eq!(yuan(net).checked_mul_rate(Decimal::new(rate, 2)), Some(yuan(tax)), "{net}");
    }
    assert_eq!(Money::from_decimal(Decimal::new(1005, 3)), None, "half a fen is no amount");
}

#[test]
fn capital_numerals_follow_the_settlement_rules() {
    for (amount, words) in [
        ("0", "零元整"),
        ("0.05", "伍分"),
        ("0.50", "伍角"),
        ("48.90", "肆拾捌元玖角"),
        ("1409.50", "壹仟肆佰零玖元伍角"),
        ("6007.14", "陆仟零柒元壹角肆分"),
        ("1680.32", "壹仟陆佰捌拾元叁角贰分"),
        ("107000.53", "壹拾万柒仟元伍角叁分"),
        ("16409.02", "壹万陆仟肆佰零玖元零贰分"),
        ("325.04", "叁佰贰拾伍元零肆分"),
        ("100200", "壹拾万零贰佰元整"),
        ("102000000", "壹亿零贰佰万元整"),
        ("100000001", "壹亿零壹元整"),
        ("-100", "负壹佰元整"),
        ("35559.69", "叁万伍仟伍佰伍拾玖元陆角玖分"),
    ] {
        assert_eq!(yuan(amount).chinese_uppercase(), words);
    }
}

#[test]
fn travels_as_a_bare_integer_of_fen() {
    let amount = yuan("76.79");
    assert_eq!(serde_json::to_string(&amount).unwrap(), "7679");
    let bytes = minicbor::to_vec(amount).unwrap();
    assert_eq!(bytes, [0x19, 0x1d, 0xff]);
    assert_eq!(minicbor::decode::<Money>(&bytes).unwrap(), amount);
}

proptest! {
    #[test]
    fn every_amount_survives_its_text(fen in any::<i64>().prop_filter("has an opposite", |fen| *fen != i64::MIN)) {
        let amount = Money::from_fen(fen);
        prop_assert_eq!(Money::parse(&amount.to_string()), Ok(amount));
        prop_assert_eq!(Money::parse(&amount.grouped()), Ok(amount));
        prop_assert_eq!(Money::parse(&format!("¥{amount}")), Ok(amount));
    }

    #[test]
    fn parsing_never_panics(text in "\\PC*") {
        let _ = Money::parse(&text);
    }

    #[test]
    fn addition_and_subtraction_are_opposites(a in any::<i64>(), b in any::<i64>()) {
        let (a, b) = (Money::from_fen(a), Money::from_fen(b));
        if let Some(sum) = a.checked_add(b) {
            prop_assert_eq!(sum.checked_sub(b), Some(a));
        }
    }
}
