//! From settings to platforms that are ready to be started.

use std::sync::Arc;

use bot::callback::HttpCallback;
use bot::dingtalk::stream::{self, Stream};
use bot::dingtalk::{DingTalk, DingTalkConfig, HttpCallbackConfig};
use bot::feishu::Feishu;
use bot::feishu::callback::FeishuCallbacks;
use bot::wechat::WeChat;
use bot::wecom::WeCom;
use bot::wecom::ai_bot::{self, AiBot};
use bot::wecom::callback::WeComCallbacks;
use bot::{ChatAdapter, ConfigError, Platform, TapHandler, TokenKeys};

use super::desk::Desk;
use crate::config::Config;
use crate::http::AppState;

/// A platform before it is started.
pub(super) struct Ready {
    pub(super) adapter: Arc<dyn ChatAdapter>,
    pub(super) desk: Desk,
    /// Accounts that an administrator binds: user there, login here.
    pub(super) bindings: Vec<(String, String)>,
    /// Verifies what the platform calls us with.
    pub(super) door: Option<Arc<dyn HttpCallback>>,
    /// Connects to the platform, where we call it.
    pub(super) listen: Option<Listen>,
    /// The platform as one that knows who opened a page.
    pub(super) opener: Option<Knows>,
}

/// A platform that knows who opened a page.
pub(super) enum Knows {
    DingTalk(DingTalk),
    WeCom(WeCom),
    WeChat(WeChat),
}

/// Starts a connection that hands taps to the server.
type Listen = Box<dyn FnOnce(Arc<dyn TapHandler>) -> Listener + Send>;

/// A connection on which a platform tells us of taps.
pub(super) enum Listener {
    DingTalk(Stream),
    AiBot(ai_bot::Running),
}

impl Listener {
    pub(super) async fn stop(self) {
        match self {
            Self::DingTalk(stream) => stream.stop().await,
            Self::AiBot(running) => running.stop().await,
        }
    }
}

/// Every platform that is configured.
pub(super) fn ready(app: &AppState) -> Result<Vec<Ready>, ConfigError> {
    let config = &app.config;
    let desk = |platform, corporation: &str| Desk {
        platform,
        corporation: corporation.to_owned(),
        origin: origin(config),
        keys: TokenKeys::new(*app.keys.card_token.reveal(), None),
        one_tap_limit: config.chat.one_tap_limit,
    };
    let mut ready = Vec::new();
    if let Some(settings) = &config.dingtalk {
        ready.push(dingtalk(settings, desk(Platform::DingTalk, &settings.corporation))?);
    }
    if let Some((settings, bindings)) = &config.chat.wecom {
        let wecom = WeCom::new(settings.clone())?;
        ready.push(Ready {
            adapter: Arc::new(wecom.clone()),
            desk: desk(Platform::WeCom, &settings.corporation),
            bindings: bindings.clone(),
            door: Some(Arc::new(WeComCallbacks::new(settings)?)),
            listen: None,
            opener: Some(Knows::WeCom(wecom)),
        });
    }
    if let Some((settings, bindings)) = &config.chat.ai_bot {
        let bot = AiBot::new(settings.clone())?;
        ready.push(Ready {
            adapter: Arc::new(bot.clone()),
            desk: desk(Platform::WeComAiBot, &settings.corporation),
            bindings: bindings.clone(),
            door: None,
            listen: Some(Box::new(move |handler| Listener::AiBot(bot.start(handler)))),
            opener: None,
        });
    }
    if let Some((settings, bindings)) = &config.chat.feishu {
        ready.push(Ready {
            adapter: Arc::new(Feishu::new(settings.clone())?),
            desk: desk(Platform::Feishu, &settings.tenant),
            bindings: bindings.clone(),
            door: Some(Arc::new(FeishuCallbacks::new(settings))),
            listen: None,
            opener: None,
        });
    }
    if let Some(settings) = &config.chat.wechat {
        let wechat = WeChat::new(settings.clone())?;
        ready.push(Ready {
            adapter: Arc::new(wechat.clone()),
            desk: desk(Platform::WeChatMiniProgram, &settings.app_id),
            bindings: Vec::new(),
            door: None,
            listen: None,
            opener: Some(Knows::WeChat(wechat)),
        });
    }
    Ok(ready)
}

fn dingtalk(settings: &crate::config::DingTalk, desk: Desk) -> Result<Ready, ConfigError> {
    let oapi_base = if settings.api_base == bot::dingtalk::API_BASE {
        bot::dingtalk::OAPI_BASE.to_owned()
    } else {
        settings.api_base.clone()
    };
    let http_callback =
        settings.callback.clone().map(|(route_key, api_secret)| HttpCallbackConfig { route_key, api_secret });
    let door: Option<Arc<dyn HttpCallback>> = http_callback
        .as_ref()
        .map(|http| Arc::new(bot::dingtalk::http::CardCallbacks::new(http.api_secret.clone())) as _);
    let app = DingTalk::new(DingTalkConfig {
        client_id: settings.client_id.clone(),
        client_secret: settings.client_secret.clone(),
        card_template_id: settings.card_template_id.clone(),
        robot_code: settings.robot_code.clone(),
        api_base: settings.api_base.clone(),
        oapi_base,
        http_callback,
        to_do: settings.to_do.clone(),
    })?;
    Ok(Ready {
        adapter: Arc::new(app.clone()),
        desk,
        bindings: settings.bindings.clone(),
        door,
        // Messages to the robot come by the stream, whichever way taps come.
        opener: Some(Knows::DingTalk(app.clone())),
        listen: Some(Box::new(move |handler| Listener::DingTalk(stream::start(&app, handler)))),
    })
}

/// What people type to come here.
pub(super) fn origin(config: &Config) -> String {
    config.public_origin.clone().unwrap_or_else(|| {
        let scheme = if config.is_https() { "https" } else { "http" };
        format!("{scheme}://{}", config.listen)
    })
}
