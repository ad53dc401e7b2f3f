//! What a card says, free of any platform: the question, the facts beside it, and how it stands.
//!
//! Built only by the server from the authority's truth; money and times arrive as text that is already formatted, so that
//! a card and the page show the same words. All wording is zh-CN.

use minicbor::{Decode, Encode};
use serde::{Deserialize, Serialize};

/// A card (卡片) at one moment: one request, at one step, as of one revision.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct CardView {
    /// The request that is to be decided.
    pub request: String,
    /// The step of its route (审批步骤) that this card asks about.
    pub step: u32,
    /// The revision of the request (版本) that this card shows. A decision counts for this revision only.
    pub revision: u32,
    /// The question in one line, such as `张三的报销`.
    pub title: String,
    /// What the approver needs to know, in order: name and value, such as `金额` and `¥1,000.00`.
    pub facts: Vec<(String, String)>,
    /// How the question stands.
    pub state: CardState,
    /// The buttons; shown only while the state is [`CardState::Pending`].
    pub actions: Vec<CardAction>,
    /// The page with everything else.
    pub detail_url: String,
}

impl CardView {
    /// Whether the card may show buttons at all: it is pending and has some.
    pub fn is_open(&self) -> bool {
        self.state == CardState::Pending && !self.actions.is_empty()
    }
}

/// How a card's question stands.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum CardState {
    /// Waiting for a decision (待处理).
    Pending,
    /// Somebody decided, here or elsewhere.
    Decided {
        /// The person's name, or `B 代 A` for a delegate.
        by: String,
        /// When, as text for people, such as `10-12 10:32`.
        at_text: String,
        /// What was decided.
        decision: Decision,
    },
    /// The request was edited after this card went out (单据已变更): the old amount and the new one.
    Changed {
        /// The amount that this card showed.
        from: String,
        /// The amount that the request has now.
        to: String,
    },
    /// The claimant took the request back (已撤回).
    Withdrawn,
    /// The card can no longer be used (已过期); the page can.
    Expired,
}

impl CardState {
    /// The state in words for the card's status line.
    pub fn text(&self) -> String {
        match self {
            Self::Pending => "待处理".to_owned(),
            Self::Decided { by, at_text, decision } => {
                format!("{} · {by} · {at_text}", decision.text())
            }
            Self::Changed { from, to } => format!("单据已变更 {from}→{to}"),
            Self::Withdrawn => "已撤回".to_owned(),
            Self::Expired => "已过期，请打开详情处理".to_owned(),
        }
    }

    /// The state as a stable word, for templates that colour by it.
    pub fn code(&self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Decided { decision, .. } => decision.code(),
            Self::Changed { .. } => "changed",
            Self::Withdrawn => "withdrawn",
            Self::Expired => "expired",
        }
    }
}

/// What was decided on a request. A card offers fewer verbs than the page, but shows them all.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Decision {
    /// 同意.
    Approved,
    /// 拒绝: the request ends.
    Rejected,
    /// 退回: the claimant may change it and submit again.
    Returned,
}

impl Decision {
    /// The decision in words.
    pub fn text(self) -> &'static str {
        match self {
            Self::Approved => "已同意",
            Self::Rejected => "已拒绝",
            Self::Returned => "已退回",
        }
    }

    /// The decision as a stable word.
    pub fn code(self) -> &'static str {
        match self {
            Self::Approved => "approved",
            Self::Rejected => "rejected",
            Self::Returned => "returned",
        }
    }
}

/// A button of a card.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, Encode, Decode)]
#[serde(rename_all = "snake_case")]
#[cbor(index_only)]
pub enum CardAction {
    /// 同意.
    #[n(0)]
    Approve,
    /// 拒绝.
    #[n(1)]
    Reject,
}

impl CardAction {
    /// Every button there is.
    pub const ALL: [Self; 2] = [Self::Approve, Self::Reject];

    /// The button as a stable word, part of parameter names.
    pub fn code(self) -> &'static str {
        match self {
            Self::Approve => "approve",
            Self::Reject => "reject",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{CardState, Decision};

    #[test]
    fn states_read_as_a_person_would_say_them() {
        let decided =
            CardState::Decided { by: "李四".into(), at_text: "10-12 10:32".into(), decision: Decision::Approved };
        assert_eq!(decided.text(), "已同意 · 李四 · 10-12 10:32");
        let changed = CardState::Changed { from: "5,200.00".into(), to: "9,200.00".into() };
        assert_eq!(changed.text(), "单据已变更 5,200.00→9,200.00");
    }
}
