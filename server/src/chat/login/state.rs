//! What a browser carries to a platform's sign-in page and back: for which device, and until when, under our signature.
//! Nothing is stored.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use bot::Platform;
use budget::{DeviceId, Timestamp};
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// Ten minutes: a platform's own code lasts five.
const LIFE: i64 = 10 * 60_000;

fn mac(key: &[u8; 32], platform: Platform, device: DeviceId, until: [u8; 8]) -> Option<Hmac<Sha256>> {
    let mac = <Hmac<Sha256> as Mac>::new_from_slice(key).ok()?;
    let mac = mac.chain_update(b"suanpan chat login\0").chain_update(platform.word()).chain_update(b"\0");
    Some(mac.chain_update(device.bytes()).chain_update(until))
}

/// A state for a device that is sent away. Empty, which lets nobody back in, only if the signature cannot be made.
pub(super) fn make(key: &[u8; 32], platform: Platform, device: DeviceId, now: Timestamp) -> String {
    let until = now.plus(LIFE).0.to_be_bytes();
    let Some(signature) = mac(key, platform, device, until).map(|mac| mac.finalize().into_bytes()) else {
        return String::new();
    };
    URL_SAFE_NO_PAD.encode([until.as_slice(), &signature].concat())
}

/// Whether a state is ours, of this device and platform, and not too old.
pub(super) fn is_good(key: &[u8; 32], state: &str, platform: Platform, device: DeviceId, now: Timestamp) -> bool {
    let Ok(bytes) = URL_SAFE_NO_PAD.decode(state) else { return false };
    let Some((until, signature)) = bytes.split_first_chunk::<8>() else { return false };
    let genuine = mac(key, platform, device, *until).is_some_and(|mac| mac.verify_slice(signature).is_ok());
    genuine && now.0 < i64::from_be_bytes(*until)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_device_that_was_sent_away_comes_back_and_in_time() {
        let (key, now) = ([1; 32], Timestamp(1_790_000_000_000));
        let (mine, other) = (DeviceId([1; 16]), DeviceId([2; 16]));
        let state = make(&key, Platform::WeCom, mine, now);
        let good = |state: &str, device, now| is_good(&key, state, Platform::WeCom, device, now);
        assert!(good(&state, mine, now.plus(LIFE - 1)));
        assert!(!good(&state, mine, now.plus(LIFE)), "too late");
        assert!(!good(&state, other, now), "another device");
        assert!(!is_good(&key, &state, Platform::DingTalk, mine, now), "another platform");
        assert!(!is_good(&[2; 32], &state, Platform::WeCom, mine, now), "another server");
        for broken in ["", "AAAA", "汉", &state[1..], &format!("{state}A")] {
            assert!(!good(broken, mine, now), "{broken}");
        }
    }
}
