use proptest::prelude::*;

use super::*;

#[test]
fn a_real_code_holds_in_any_spelling() {
    assert_eq!(check("91510107MA65T8E44U"), TaxIdCheck::Valid);
    assert_eq!(check(" 91510107ma65t8e44u "), TaxIdCheck::Valid);
    assert_eq!(check("９１５１０１０７ＭＡ６５Ｔ８Ｅ４４Ｕ"), TaxIdCheck::Valid);
}

#[test]
fn a_misread_character_is_found() {
    assert_eq!(check("91510107MA65T8E44A"), TaxIdCheck::WrongCheckCharacter { expected: 'U' });
    assert_eq!(check("9151010IMA65T8E44U"), TaxIdCheck::IllegalCharacter { position: 8 });
    assert_eq!(check("统一"), TaxIdCheck::WrongLength { found: 2 });
}

#[test]
fn pilot_codes_warn_and_are_not_called_wrong() {
    for (code, expected) in [("91350100M0001TGQXM", '1'), ("91350211M0000XUF46", 'R')] {
        let found = check(code);
        assert_eq!(found, TaxIdCheck::WrongCheckCharacter { expected });
        assert!(found.warns());
    }
}

#[test]
fn old_identifiers_are_checked_by_their_organisation_code() {
    assert_eq!(check("120222079642398"), TaxIdCheck::Legacy { organisation_code_holds: true });
    assert_eq!(check("120222079642399"), TaxIdCheck::Legacy { organisation_code_holds: false });
    assert_eq!(check("91232080333253056"), TaxIdCheck::Unchecked);
}

#[test]
fn numbers_of_people_are_masked_and_companies_are_not() {
    let person = "11010519491231002X";
    assert_eq!(check(person), TaxIdCheck::Personal);
    assert_eq!(masked(person), "1101************2X");
    assert_eq!(masked("11010519491231002X01"), "1101**************01");
    assert_eq!(masked("91510107MA65T8E44U"), "91510107MA65T8E44U");
    assert_eq!(mask_person_number("12345"), "*****");
}

proptest! {
    #[test]
    fn changing_any_one_character_is_noticed(position in 0_usize..18, replacement in 0_usize..31) {
        let mut code = *b"91510107MA65T8E44U";
        let replacement = ALPHABET[replacement];
        prop_assume!(code[position] != replacement);
        code[position] = replacement;
        prop_assert!(check(std::str::from_utf8(&code).unwrap()) != TaxIdCheck::Valid);
    }

    #[test]
    fn never_panics(text in "\\PC*") {
        let _ = (check(&text), masked(&text));
    }
}
