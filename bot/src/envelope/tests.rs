use super::vectors::{Vector, extra, part, positive};
use super::{Envelope, Forged, PADDED_TO, Sealed};
use crate::Secret;
use crate::signature;
use proptest::prelude::*;

fn check_both_ways(vector: &Vector) {
    let envelope = vector.envelope();
    let plain = vector.text("plaintext").as_bytes();
    assert_eq!(envelope.open(&vector.sealed()).as_deref(), Ok(plain), "{}", vector.name());
    let random: [u8; 16] = vector.text("random16").as_bytes().try_into().unwrap();
    let sealed = envelope.seal(plain, random, vector.text("timestamp"), vector.text("nonce"));
    assert_eq!(sealed, vector.sealed(), "{}", vector.name());
}

#[test]
fn every_vector_opens_and_seals_to_the_same_bytes() {
    let all = part("vectors");
    assert_eq!(all.len(), 5);
    all.iter().for_each(check_both_ways);
    check_both_ways(&extra("pad-32-full-block"));
}

#[test]
fn tencents_own_sample_opens() {
    let vector = extra("wecom-official-sample-echostr");
    assert_eq!(vector.envelope().open(&vector.sealed()).as_deref(), Ok(vector.text("plaintext").as_bytes()));
}

#[test]
fn every_negative_vector_is_refused_alike() {
    let all = part("negative");
    assert_eq!(all.len(), 3);
    for negative in all {
        let vector = match negative.0.get("change") {
            Some(change) => {
                let (name, text) = change.as_object().unwrap().iter().next().unwrap();
                positive(negative.text("base")).with(name, text.as_str().unwrap())
            }
            None => negative.clone(),
        };
        if let Some(computed) = negative.0.get("computed_signature") {
            let sealed = vector.sealed();
            let ours = signature::envelope(vector.text("token"), &sealed.timestamp, &sealed.nonce, &sealed.encrypted);
            assert_eq!(ours, computed.as_str().unwrap());
        }
        assert_eq!(vector.envelope().open(&vector.sealed()), Err(Forged), "{}", negative.name());
    }
}

#[test]
fn a_wrong_signature_is_refused_even_when_everything_else_fits() {
    let vector = positive("wecom-template-card-event-utf8");
    for part in ["timestamp", "nonce", "msg_signature"] {
        let changed = vector.with(part, "0");
        assert_eq!(vector.envelope().open(&changed.sealed()), Err(Forged), "{part}");
    }
    let upper = vector.with("msg_signature", &vector.text("msg_signature").to_uppercase());
    assert!(vector.envelope().open(&upper.sealed()).is_ok(), "hexadecimal digits have no case");
}

#[test]
fn a_key_that_is_none_is_said_so() {
    for key in ["", "too short", &"=".repeat(43), &"A".repeat(42), &"A".repeat(44), &"中".repeat(43)] {
        assert!(Envelope::new(Secret::new("t"), &Secret::new(key), "c").is_err(), "{key}");
    }
    let envelope = Envelope::new(Secret::new("tok-s3cret"), &Secret::new("A".repeat(43)), "corp").unwrap();
    assert!(!format!("{envelope:?}").contains("s3cret"));
}

fn signed(token: &str, encrypted: String) -> Sealed {
    let signature = signature::envelope(token, "1", "2", &encrypted);
    Sealed { encrypted, signature, timestamp: "1".into(), nonce: "2".into() }
}

proptest! {
    #[test]
    fn what_is_sealed_opens(message in prop::collection::vec(any::<u8>(), 0..200), random in any::<[u8; 16]>()) {
        let envelope = positive("wecom-url-verify-echostr").envelope();
        let sealed = envelope.seal(&message, random, "1794000000", "n");
        prop_assert_eq!(envelope.open(&sealed), Ok(message));
    }

    /// With the token in hand somebody can sign anything; it must still neither panic nor open.
    #[test]
    fn signed_rubbish_is_refused(bytes in prop::collection::vec(any::<u8>(), 0..4 * PADDED_TO)) {
        use base64::Engine as _;
        let vector = positive("wecom-url-verify-echostr");
        let text = base64::engine::general_purpose::STANDARD.encode(&bytes);
        prop_assert_eq!(vector.envelope().open(&signed(vector.text("token"), text)), Err(Forged));
    }

    #[test]
    fn signed_text_that_is_no_base64_is_refused(text in "\\PC{0,80}") {
        let vector = positive("wecom-url-verify-echostr");
        prop_assert_eq!(vector.envelope().open(&signed(vector.text("token"), text)), Err(Forged));
    }
}
