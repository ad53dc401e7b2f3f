//! The approver's tap on every platform: our adapters against the simulated platforms.

#[cfg(test)]
mod chat {
    mod ai_bot;
    mod apps;
    mod desk;
    mod door;
    mod feishu;
    mod login;
    mod vendor;
    mod wecom;
    mod dingtalk {
        mod extras;
        mod faults;
        mod office;
        mod outbox;
        mod taps;
    }
}
