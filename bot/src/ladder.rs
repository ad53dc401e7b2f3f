//! The ladder that a tap climbs before the authority is asked: company, account, button, approver, card, standing,
//! time. Pure; each rung refuses by a name of its own.
//!
//! What comes after it, in one transaction of the server's: is the step still open, at this revision, and is the person
//! still its approver (compare and set). A tap that fails a rung decides nothing, whatever else it says.

use crate::card::CardAction;
use crate::tap::{Refusal, Tap};
use crate::token::{ActionToken, TokenError, TokenKeys};

/// What the server knows about a tap before it looks at the request.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    /// The company that the platform's app belongs to.
    pub corporation: &'a str,
    /// The person that the user is bound to; `None` for a user who is not bound.
    pub person: Option<&'a str>,
    /// Whether that person still belongs to the company.
    pub active: bool,
    /// The moment, in Unix milliseconds.
    pub now: u64,
}

/// Where a tap stopped.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Stop {
    /// Nobody here is bound to this account (未绑定).
    Unbound,
    /// Refused, with what the button said if it was ours, so that the right card can be shown.
    Refused(Refusal, Option<Box<ActionToken>>),
}

impl Stop {
    /// The stable code, for logs.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Unbound => "tap.unbound",
            Self::Refused(why, _) => why.code(),
        }
    }
}

/// Climbs the ladder. `card_of` names the card that a token belongs to; a token on another card has been moved there.
pub fn climb(
    tap: &Tap,
    known: &Known<'_>,
    keys: &TokenKeys,
    card_of: impl Fn(&ActionToken) -> Option<String>,
) -> Result<ActionToken, Stop> {
    let refuse = |why, token: &ActionToken| Err(Stop::Refused(why, Some(Box::new(token.clone()))));
    if tap.corporation != known.corporation {
        return Err(Stop::Refused(Refusal::OtherCompany, None));
    }
    let person = known.person.ok_or(Stop::Unbound)?;
    let (token, expired) = match keys.verify(&tap.token, known.now) {
        Ok(token) => (token, false),
        Err(TokenError::Expired(token)) => (*token, true),
        Err(_) => return Err(Stop::Refused(Refusal::InvalidButton, None)),
    };
    if token.approver != person {
        return refuse(Refusal::NotYours, &token);
    }
    if card_of(&token).as_deref() != Some(tap.card.as_str()) {
        return refuse(Refusal::InvalidButton, &token);
    }
    if !known.active {
        return refuse(Refusal::Left, &token);
    }
    if expired {
        return refuse(Refusal::Expired, &token);
    }
    Ok(token)
}

/// Whether a decision on this amount may be made by one tap. `limit` is in the amount's own unit (fen); `None` allows
/// every amount. Only an approval spends money, so only an approval is held back.
pub fn one_tap_is_enough(action: CardAction, amount: i64, limit: Option<i64>) -> bool {
    action != CardAction::Approve || limit.is_none_or(|limit| amount <= limit)
}

#[cfg(test)]
mod tests {
    use super::{Known, Stop, climb, one_tap_is_enough};
    use crate::card::CardAction;
    use crate::secret::Secret;
    use crate::surface::Platform;
    use crate::tap::{Refusal, Tap};
    use crate::token::{ActionToken, TokenKeys};

    const NOW: u64 = 1_794_000_000_000;

    fn keys() -> TokenKeys {
        TokenKeys::new([7; 32], None)
    }

    fn token() -> ActionToken {
        ActionToken {
            request: "request".into(),
            step: 1,
            revision: 3,
            approver: "li".into(),
            action: CardAction::Approve,
            expires_at: NOW + 1,
        }
    }

    fn tap() -> Tap {
        Tap {
            platform: Platform::WeCom,
            corporation: "ww1".into(),
            user: "lisi".into(),
            card: "card of request".into(),
            token: keys().sign(&token()).unwrap(),
            delivery_key: "1".into(),
            details: None,
            evidence: Secret::new("<xml/>"),
        }
    }

    fn known() -> Known<'static> {
        Known { corporation: "ww1", person: Some("li"), active: true, now: NOW }
    }

    fn stopped(tap: &Tap, known: &Known<'_>) -> &'static str {
        let card_of = |token: &ActionToken| Some(format!("card of {}", token.request));
        match climb(tap, known, &keys(), card_of) {
            Ok(_) => "through",
            Err(stop) => stop.code(),
        }
    }

    #[test]
    fn an_honest_tap_gets_through() {
        assert_eq!(stopped(&tap(), &known()), "through");
    }

    #[test]
    fn every_rung_refuses_by_its_own_name() {
        let moved = Tap { card: "card of another".into(), ..tap() };
        let mut damaged = tap();
        damaged.token.replace_range(20..21, if damaged.token.get(20..21) == Some("A") { "B" } else { "A" });
        let foreign = Tap { token: TokenKeys::new([8; 32], None).sign(&token()).unwrap(), ..tap() };
        for (tap, known, code) in [
            (Tap { corporation: "ww2".into(), ..tap() }, known(), "tap.other_company"),
            (tap(), Known { person: None, ..known() }, "tap.unbound"),
            (tap(), Known { person: Some("zhang"), ..known() }, "tap.not_yours"),
            (tap(), Known { active: false, ..known() }, "tap.left"),
            (tap(), Known { now: NOW + 1, ..known() }, "tap.expired"),
            (Tap { token: String::new(), ..tap() }, known(), "tap.invalid_button"),
            (damaged, known(), "tap.invalid_button"),
            (foreign, known(), "tap.invalid_button"),
            (moved, known(), "tap.invalid_button"),
        ] {
            assert_eq!(stopped(&tap, &known), code);
        }
    }

    #[test]
    fn a_refusal_names_the_card_only_when_the_button_was_ours() {
        let card_of = |_: &ActionToken| Some("card of request".to_owned());
        let late = climb(&tap(), &Known { now: NOW + 1, ..known() }, &keys(), card_of).unwrap_err();
        assert_eq!(late, Stop::Refused(Refusal::Expired, Some(Box::new(token()))));
        let forged = climb(&Tap { token: "AAAA".into(), ..tap() }, &known(), &keys(), card_of).unwrap_err();
        assert_eq!(forged, Stop::Refused(Refusal::InvalidButton, None));
    }

    #[test]
    fn a_high_amount_is_approved_on_the_page() {
        assert!(one_tap_is_enough(CardAction::Approve, 500_000, Some(500_000)));
        assert!(!one_tap_is_enough(CardAction::Approve, 500_001, Some(500_000)));
        assert!(one_tap_is_enough(CardAction::Reject, 500_001, Some(500_000)));
        assert!(one_tap_is_enough(CardAction::Approve, i64::MAX, None));
    }
}
