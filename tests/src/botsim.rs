//! Strict simulators of the chat platforms, with the phones of their users.
//!
//! The promise: what passes here follows the platforms' published rules. Every rule that a caller breaks is written down as
//! a violation, even where the real platform would let it pass today. Where the documents are silent the simulators are
//! lenient with what the vendors' own SDKs do, and those SDKs complete full cycles against them (`tests/vendor`). What
//! they cannot prove is that the real platforms do the same; docs/CHAT.md lists what is open.
//!
//! - In Rust tests: [`Botsim::start`]; every platform is a field with its own verbs.
//! - For a person: `./dev run --chat`, then open the printed address: one phone per user and platform.
//! - Control over HTTP: `/_sim/phones`, `/_sim/press`, `/_sim/write`, `/_sim/faults`, `/_sim/clock`, `/_sim/callback`,
//!   `/_sim/code`, `/_sim/consent`, `/_sim/journal`.

#![allow(clippy::indexing_slicing, reason = "a serde_json Value indexed by a name gives null for what is missing")]

pub mod ai_bot;
pub mod clock;
mod common;
mod control;
pub mod dingtalk;
pub mod feishu;
pub mod wechat;
pub mod wecom;

use ai_bot::AiBot;
use axum::middleware;
use clock::Clock;
use common::Common;
use feishu::Feishu;
use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use wechat::WeChat;
use wecom::WeCom;

pub use common::{CallFault, Pressed, Shown};
pub use dingtalk::{Entry, Violation};

/// All platforms on one address. Dropping it stops them.
#[derive(Debug)]
pub struct Botsim {
    /// 钉钉.
    pub dingtalk: dingtalk::Simulator,
    /// 企业微信.
    pub wecom: WeCom,
    /// 企业微信智能机器人.
    pub ai_bot: AiBot,
    /// 微信小程序.
    pub wechat: WeChat,
    /// 飞书.
    pub feishu: Feishu,
    /// The clock of all of them.
    pub clock: Clock,
    common: Arc<Common>,
    server: JoinHandle<()>,
}

impl Botsim {
    /// Starts on a free port of the loopback address.
    pub async fn start() -> io::Result<Self> {
        Self::start_on(SocketAddr::from(([127, 0, 0, 1], 0))).await
    }

    /// Starts on a given address.
    pub async fn start_on(address: SocketAddr) -> io::Result<Self> {
        let listener = TcpListener::bind(address).await?;
        let clock = Clock::default();
        let common = Arc::new(Common::new(listener.local_addr()?, clock.clone()));
        let dingtalk = dingtalk::Simulator::part(listener.local_addr()?, clock.clone());
        let wecom = WeCom::new(Arc::clone(&common)).ok_or_else(|| io::Error::other("the WeCom key is unusable"))?;
        let ai_bot = AiBot::new(Arc::clone(&common));
        let (wechat, feishu) = (WeChat::new(Arc::clone(&common)), Feishu::new(Arc::clone(&common)));
        let calls = wecom.routes().merge(wechat.routes()).merge(feishu.routes());
        let calls = calls.layer(middleware::from_fn_with_state(Arc::clone(&common), common::faulty));
        let mine = control::Control {
            dingtalk: dingtalk.handle(),
            wecom: wecom.clone(),
            ai_bot: ai_bot.clone(),
            wechat: wechat.clone(),
            feishu: feishu.clone(),
            common: Arc::clone(&common),
        };
        let router = calls.merge(ai_bot.routes()).merge(dingtalk.router()).merge(control::routes(mine));
        let server = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                eprintln!("the chat simulators stopped: {error}");
            }
        });
        Ok(Self { dingtalk, wecom, ai_bot, wechat, feishu, clock, common, server })
    }

    /// Where all of them listen, such as `http://127.0.0.1:40123`.
    pub fn base_url(&self) -> String {
        format!("http://{}", self.common.address)
    }

    /// Every card on every phone, or on one user's.
    pub fn phones(&self, user: Option<&str>) -> Vec<Shown> {
        let mut shown = self.dingtalk.phone(user);
        shown.extend(self.wecom.phone(user));
        shown.extend(self.ai_bot.phone(user));
        shown.extend(self.feishu.phone(user));
        shown
    }

    /// Makes the next call of a path of WeCom, WeChat or Feishu go wrong. DingTalk has [`dingtalk::Simulator::fault`].
    pub fn fault(&self, fault: CallFault) {
        self.common.arm(fault);
    }

    /// Every call so far, of every platform.
    pub fn log(&self) -> Vec<Entry> {
        let mut log = self.dingtalk.log();
        log.extend(self.common.log());
        log.sort_by_key(|entry| entry.at);
        log
    }

    /// How many calls of one kind were made, such as `wecom.update`.
    pub fn calls(&self, call: &str) -> usize {
        self.log().iter().filter(|entry| entry.call == call && entry.violations.is_empty()).count()
    }

    /// Every rule that was broken so far.
    pub fn violations(&self) -> Vec<Violation> {
        self.log().into_iter().flat_map(|entry| entry.violations).collect()
    }

    /// Runs until the server stops.
    pub async fn wait(mut self) {
        // An error means that the server is gone, which is what was waited for.
        drop((&mut self.server).await);
    }
}

impl Drop for Botsim {
    fn drop(&mut self) {
        self.server.abort();
    }
}
