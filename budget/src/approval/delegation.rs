//! Delegations are checked when they are made, with the example that breaks them.

use serde::{Deserialize, Serialize};

use crate::organisation::Delegation;
use crate::{Organisation, PersonId, RequestId, Timestamp};

/// Why a delegation is refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "camelCase", tag = "code")]
pub enum DelegationFault {
    /// To oneself.
    #[error("a delegation to oneself")]
    ToSelf,
    /// It ends before it begins.
    #[error("it ends at {} and begins at {}", ends.0, starts.0)]
    DatesReversed {
        /// Begins.
        starts: Timestamp,
        /// Ends.
        ends: Timestamp,
    },
    /// It is over already.
    #[error("it is over already")]
    Over {
        /// When it ended.
        ends: Timestamp,
    },
    /// One of the two does not work here.
    #[error("{person} does not work here")]
    Left {
        /// Who.
        person: PersonId,
    },
    /// The delegate is away in that time and may not pass it on.
    #[error("{person} is away themselves from {}", starts.0)]
    DelegateAway {
        /// The delegate.
        person: PersonId,
        /// From when.
        starts: Timestamp,
        /// Whom they named.
        to: PersonId,
    },
    /// All that would move is what the delegate submitted: nobody decides on their own.
    #[error("all that would move are the delegate's own requests, such as {request}")]
    ToClaimant {
        /// An example.
        request: RequestId,
    },
}

impl DelegationFault {
    /// The stable code that texts and clients use.
    pub const fn code(&self) -> &'static str {
        match self {
            Self::ToSelf => "delegation_to_self",
            Self::DatesReversed { .. } => "dates_reversed",
            Self::Over { .. } => "delegation_over",
            Self::Left { .. } => "person_left",
            Self::DelegateAway { .. } => "delegate_away",
            Self::ToClaimant { .. } => "delegation_to_claimant",
        }
    }
}

/// Whether a delegation may be made now. `open` are the open requests that wait for `from`, each with its claimant.
pub fn check_delegation(
    delegation: &Delegation,
    organisation: &Organisation,
    now: Timestamp,
    open: &[(RequestId, PersonId)],
) -> Result<(), DelegationFault> {
    let Delegation { from, to, starts, ends, .. } = *delegation;
    if from == to {
        return Err(DelegationFault::ToSelf);
    }
    if ends <= starts {
        return Err(DelegationFault::DatesReversed { starts, ends });
    }
    if ends <= now {
        return Err(DelegationFault::Over { ends });
    }
    if let Some(person) = [from, to].into_iter().find(|person| organisation.active(*person).is_none()) {
        return Err(DelegationFault::Left { person });
    }
    let away = organisation.delegations.iter().find(|d| d.from == to && d.starts < ends && starts < d.ends);
    if let Some(away) = away.filter(|_| !delegation.redelegable) {
        return Err(DelegationFault::DelegateAway { person: to, starts: away.starts, to: away.to });
    }
    if let Some((request, _)) = open.first().filter(|_| open.iter().all(|(_, claimant)| *claimant == to)) {
        return Err(DelegationFault::ToClaimant { request: *request });
    }
    Ok(())
}
