//! Places of the app and their addresses.
//!
//! Promise: every address leads somewhere, and every place has one address.

use std::fmt;

use budget::{Code, RequestId};

/// A place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Route {
    /// 报销: the list.
    Claims,
    /// A claim that is only begun with its first change.
    NewClaim,
    /// One claim.
    Claim(RequestId),
    /// 拍票
    Capture,
    /// 审批: the inbox.
    Approvals,
    /// One request in the inbox.
    Approval(RequestId),
    /// 预算: the lines.
    Budget,
    /// One budget line.
    BudgetLine(Code),
    /// 我的
    Me,
    /// Nowhere.
    Unknown,
}

/// The page that a place is on; a list and what is open beside it are one page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Area {
    /// 报销
    Claims,
    /// 拍票
    Capture,
    /// 审批
    Approvals,
    /// 预算
    Budget,
    /// 我的
    Me,
    /// Nowhere.
    Unknown,
}

impl Route {
    /// The place at a path.
    pub(crate) fn of(path: &str) -> Self {
        let mut parts = path.trim_matches('/').split('/');
        let (first, second) = (parts.next().unwrap_or_default(), parts.next());
        if parts.next().is_some() {
            return Self::Unknown;
        }
        match (first, second) {
            // Signing in stands at every place; an old link to it leads to the first one.
            ("" | "sign-in" | "claims", None) => Self::Claims,
            ("claims", Some("new")) => Self::NewClaim,
            ("claims", Some(id)) => id.parse().map_or(Self::Unknown, Self::Claim),
            ("capture", None) => Self::Capture,
            ("approvals", None) => Self::Approvals,
            ("approvals", Some(id)) => id.parse().map_or(Self::Unknown, Self::Approval),
            ("budget", None) => Self::Budget,
            ("budget", Some(line)) => Code::new(line).map_or(Self::Unknown, Self::BudgetLine),
            ("me", None) => Self::Me,
            _ => Self::Unknown,
        }
    }

    /// The page that it is on.
    pub(crate) const fn area(&self) -> Area {
        match self {
            Self::Claims | Self::NewClaim | Self::Claim(_) => Area::Claims,
            Self::Capture => Area::Capture,
            Self::Approvals | Self::Approval(_) => Area::Approvals,
            Self::Budget | Self::BudgetLine(_) => Area::Budget,
            Self::Me => Area::Me,
            Self::Unknown => Area::Unknown,
        }
    }
}

impl fmt::Display for Route {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Claims | Self::Unknown => f.write_str("/"),
            Self::NewClaim => f.write_str("/claims/new"),
            Self::Claim(id) => write!(f, "/claims/{id}"),
            Self::Capture => f.write_str("/capture"),
            Self::Approvals => f.write_str("/approvals"),
            Self::Approval(id) => write!(f, "/approvals/{id}"),
            Self::Budget => f.write_str("/budget"),
            Self::BudgetLine(line) => write!(f, "/budget/{line}"),
            Self::Me => f.write_str("/me"),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_leads_to_its_place_and_back() {
        let id = RequestId([7; 16]);
        let routes = [
            Route::Claims,
            Route::NewClaim,
            Route::Claim(id),
            Route::Capture,
            Route::Approvals,
            Route::Approval(id),
            Route::Budget,
            Route::BudgetLine(Code::new("MKT-2026Q4").unwrap()),
            Route::Me,
        ];
        for route in routes {
            assert_eq!(Route::of(&route.to_string()), route);
        }
    }

    #[test]
    fn what_is_no_address_leads_nowhere() {
        for path in ["/claims/anything", "/claims/anything/deep", "/nowhere", "/me/2", "/budget/市场", "/capture/x"] {
            assert_eq!(Route::of(path), Route::Unknown, "{path}");
        }
        assert_eq!(Route::of("/sign-in"), Route::Claims);
        assert_eq!(Route::of(""), Route::Claims);
    }
}
