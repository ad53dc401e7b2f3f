//! The approver's tap in DingTalk: our client and stream against the simulated platform.

#[cfg(test)]
mod dingtalk {
    mod desk;
    mod faults;
    mod office;
    mod outbox;
    mod taps;
    mod vendor;
}
