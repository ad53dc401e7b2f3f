use super::{ActionToken, LONGEST, TokenError, TokenKeys};
use crate::card::CardAction;
use proptest::prelude::*;

const KEY: [u8; 32] = [7; 32];
const NOW: u64 = 1_794_000_000_000;

fn token() -> ActionToken {
    ActionToken {
        request: "0192f3a4-5b6c-7d8e-9fa0-b1c2d3e4f5a6".into(),
        step: 2,
        revision: 3,
        approver: "0192f3a4-0000-7d8e-9fa0-b1c2d3e4f5a6".into(),
        action: CardAction::Approve,
        expires_at: NOW + 1,
    }
}

fn any_token() -> impl Strategy<Value = ActionToken> {
    (
        ".{0,60}",
        any::<u32>(),
        any::<u32>(),
        ".{0,60}",
        prop_oneof![Just(CardAction::Approve), Just(CardAction::Reject)],
        NOW + 1..=u64::MAX,
    )
        .prop_map(|(request, step, revision, approver, action, expires_at)| ActionToken {
            request,
            step,
            revision,
            approver,
            action,
            expires_at,
        })
}

proptest! {
    #[test]
    fn what_was_signed_is_read_back(token in any_token(), key in any::<[u8; 32]>()) {
        let keys = TokenKeys::new(key, None);
        let text = keys.sign(&token).unwrap();
        prop_assert!(text.len() <= LONGEST);
        prop_assert_eq!(keys.verify(&text, NOW), Ok(token));
    }

    #[test]
    fn any_text_is_refused_without_a_panic(text in ".{0,1100}") {
        let refused = TokenKeys::new(KEY, None).verify(&text, NOW);
        prop_assert!(matches!(refused, Err(TokenError::Malformed | TokenError::WrongSignature)));
    }
}

#[test]
fn any_bit_flipped_is_refused() {
    let keys = TokenKeys::new(KEY, Some([8; 32]));
    let text = keys.sign(&token()).unwrap();
    for position in 0..text.len() {
        for bit in 0..8 {
            let mut bytes = text.clone().into_bytes();
            bytes[position] ^= 1 << bit;
            // A byte above 127 is not text and cannot arrive in JSON at all.
            let Ok(flipped) = String::from_utf8(bytes) else {
                continue;
            };
            let refused = keys.verify(&flipped, NOW);
            assert!(
                matches!(refused, Err(TokenError::Malformed | TokenError::WrongSignature)),
                "bit {bit} of character {position} was not noticed: {refused:?}"
            );
        }
    }
}

#[test]
fn shortened_or_lengthened_is_refused() {
    let keys = TokenKeys::new(KEY, None);
    let text = keys.sign(&token()).unwrap();
    for length in 0..text.len() {
        assert!(keys.verify(&text[..length], NOW).is_err(), "{length} characters were enough");
    }
    for tail in ["A", "AA", "AAAA", "=", "=="] {
        assert!(keys.verify(&format!("{text}{tail}"), NOW).is_err(), "{tail} was ignored");
    }
}

#[test]
fn expires_at_the_stated_moment_and_says_what_it_was() {
    let keys = TokenKeys::new(KEY, None);
    let text = keys.sign(&token()).unwrap();
    assert_eq!(keys.verify(&text, NOW), Ok(token()));
    assert_eq!(keys.verify(&text, NOW + 1), Err(TokenError::Expired(Box::new(token()))));
}

#[test]
fn one_rotation_is_bridged_and_two_are_not() {
    let text = TokenKeys::new(KEY, None).sign(&token()).unwrap();
    assert_eq!(TokenKeys::new([8; 32], Some(KEY)).verify(&text, NOW), Ok(token()));
    let twice = TokenKeys::new([9; 32], Some([8; 32])).verify(&text, NOW);
    assert_eq!(twice, Err(TokenError::WrongSignature));
}

#[test]
fn ids_too_long_for_a_card_are_an_error_when_signing() {
    let long = ActionToken { request: "r".repeat(LONGEST), ..token() };
    assert_eq!(TokenKeys::new(KEY, None).sign(&long), Err(TokenError::TooLong));
}

#[test]
fn keys_are_not_printed() {
    let shown = format!("{:?}", TokenKeys::new([0xab; 32], Some([0xcd; 32])));
    assert_eq!(shown, "TokenKeys([redacted])");
}
