//! What a command may do.

use serde::{Deserialize, Serialize};

use super::{Charge, Draw, Signature, Spend};
use crate::{AllowanceId, Code, CodingBlock, DeviceId, DocumentId, LineId, Money, Timestamp};

/// What to do.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase", tag = "action")]
pub enum Action {
    /// Release a budget to a line (下达).
    #[n(0)]
    Appropriate {
        /// The line.
        #[n(0)]
        line: Code,
        /// How much more it may spend.
        #[n(1)]
        amount: Money,
    },
    /// Move budget between lines (调剂).
    #[n(1)]
    Transfer {
        /// The line that gives; it must have that much available, whatever its control.
        #[n(0)]
        from: Code,
        /// The line that gets.
        #[n(1)]
        to: Code,
        /// How much.
        #[n(2)]
        amount: Money,
    },
    /// Hold money for a request (占用): every charge or none.
    #[n(2)]
    Reserve {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// Its lines.
        #[n(1)]
        charges: Vec<Charge>,
    },
    /// Set what one line holds to another amount (调整占用); only the difference is checked. With nothing, all that
    /// the line holds is given back.
    #[n(3)]
    Adjust {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// The claim line.
        #[n(1)]
        line: LineId,
        /// What it shall hold, with tax.
        #[n(2)]
        amount: Money,
        /// What of it is tax that lines without tax do not count.
        #[cbor(n(3), skip_if = "Money::is_zero_ref")]
        #[serde(default, skip_serializing_if = "Money::is_zero_ref")]
        tax: Money,
    },
    /// Spend what a request holds (执行).
    #[n(4)]
    Consume {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// What each line spends.
        #[n(1)]
        draws: Vec<Draw>,
        /// Whether this is the last payment, so that the rest of every line is given back.
        #[n(2)]
        close: bool,
    },
    /// Give back all that a request still holds (释放).
    #[n(5)]
    Release {
        /// The request.
        #[n(0)]
        document: DocumentId,
    },
    /// Take spending back, as after a red-letter invoice (红冲); the newest spending of a line first.
    #[n(6)]
    Reverse {
        /// The request.
        #[n(0)]
        document: DocumentId,
        /// What each line takes back.
        #[n(1)]
        draws: Vec<Draw>,
    },
    /// Take budget back from a line (收回); it must have that much available, whatever its control.
    #[n(7)]
    Withdraw {
        /// The line.
        #[n(0)]
        line: Code,
        /// How much less it may spend.
        #[n(1)]
        amount: Money,
    },
    /// Book spending that happened elsewhere (入账): draws what the request holds on each line and
    /// checks the rest, or a line that holds nothing, like any other spending.
    #[n(8)]
    Post {
        /// The request that it answers, or an id of its own.
        #[n(0)]
        document: DocumentId,
        /// What was spent.
        #[n(1)]
        charges: Vec<Charge>,
        /// Whether nothing more comes, so that the rest of every line is given back.
        #[n(2)]
        close: bool,
    },
    /// Let a request charge periods that are closed (跨期入账), by decision of the finance department.
    #[n(9)]
    Admit {
        /// The request.
        #[n(0)]
        document: DocumentId,
    },
    /// Open the next year (结转): what open requests hold moves with its money, under the policy
    /// also what is free.
    #[n(10)]
    CarryForward {
        /// Where each line goes on.
        #[n(0)]
        lines: Vec<Carry>,
        /// What moves.
        #[n(1)]
        policy: CarryPolicy,
    },
    /// Close the last year (年末失效): what the lines still have available is gone.
    #[n(11)]
    Lapse {
        /// The lines; the periods that they fix must be past their closing.
        #[n(0)]
        lines: Vec<Code>,
        /// Whether open requests lose what they hold there, so that it lapses too.
        #[n(1)]
        release: bool,
    },
    /// Set money aside that a device may spend offline (额度授予).
    #[n(12)]
    Allow {
        /// Minted for this grant.
        #[n(0)]
        allowance: AllowanceId,
        /// The only device that may spend it.
        #[n(1)]
        device: DeviceId,
        /// What it may be spent on.
        #[n(2)]
        block: CodingBlock,
        /// How much.
        #[n(3)]
        amount: Money,
        /// From here on the device may not spend. Nothing is given back by that.
        #[n(4)]
        expires: Timestamp,
    },
    /// Report what a device spent (额度核销): all spends since the last that was acknowledged, in order.
    /// Known ones are passed over.
    #[n(13)]
    Settle {
        /// The allowance.
        #[n(0)]
        allowance: AllowanceId,
        /// The spends.
        #[n(1)]
        spends: Vec<Spend>,
    },
    /// The device's last word (额度关闭): it will not spend again, so the rest is given back.
    #[n(14)]
    Close {
        /// The allowance.
        #[n(0)]
        allowance: AllowanceId,
        /// How many spends it made.
        #[n(1)]
        count: u32,
        /// The hash of the last, or of the grant when there is none.
        #[cbor(n(2), with = "minicbor::bytes")]
        last: [u8; 32],
        /// The device's signature over all of this.
        #[n(3)]
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<Signature>,
    },
    /// Give the rest back without the device (强制关闭), by decision of an administrator. What it
    /// spent and did not report comes back as exceptions.
    #[n(15)]
    ForceClose {
        /// The allowance.
        #[n(0)]
        allowance: AllowanceId,
    },
}

/// Where a line of one year goes on in the next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(map)]
pub struct Carry {
    /// The line of the year that ends; its period must have a closing.
    #[n(0)]
    pub from: Code,
    /// The line of the next year.
    #[n(1)]
    pub to: Code,
}

/// What goes from one year into the next (结转策略).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, minicbor::Encode, minicbor::Decode)]
#[serde(rename_all = "camelCase")]
#[cbor(index_only)]
pub enum CarryPolicy {
    /// What open requests hold, with its money (仅结转已占用).
    #[n(0)]
    CommittedOnly,
    /// That, and what is free (全部结转).
    #[n(1)]
    All,
    /// Nothing: requests draw on the old year until it lapses (不结转).
    #[n(2)]
    None,
}
