//! What a device does with its allowance: it signs each spend, and its last word.

use budget::ledger::{Action, Purse, Signature};
use sync::signature::{close_message, spend_message};

/// Signs every spend that is not signed.
pub(crate) fn sign_spends(purse: &mut Purse, sign: impl Fn(&[u8]) -> Vec<u8>) {
    for (sequence, hash) in purse.unsigned().collect::<Vec<_>>() {
        purse.sign(sequence, Signature(sign(&spend_message(&hash))));
    }
}

/// Closes the allowance and signs that.
pub(crate) fn last_word(purse: &mut Purse, sign: impl Fn(&[u8]) -> Vec<u8>) -> Action {
    match purse.close() {
        Action::Close { allowance, count, last, .. } => {
            let signature = Some(Signature(sign(&close_message(allowance, count, &last))));
            Action::Close { allowance, count, last, signature }
        }
        other => other,
    }
}
