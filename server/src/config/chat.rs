//! The chat platforms' settings beside DingTalk's.

use bot::Secret;
use bot::feishu::FeishuConfig;
use bot::wechat::WeChatConfig;
use bot::wecom::WeComConfig;
use bot::wecom::ai_bot::AiBotConfig;
use budget::Money;

use super::{ConfigError, Layers};
use crate::authority::notice::Group;

/// Accounts that an administrator binds: user id on the platform, login here.
pub(crate) type Bindings = Vec<(String, String)>;

/// What is told of chat.
#[derive(Debug, Clone, Default)]
pub struct ChatConfig {
    /// Above this total an approval needs the page, not one tap; `None` for no limit.
    pub one_tap_limit: Option<Money>,
    /// Where the day's checkpoint of the journal is sent; `None` for nowhere.
    pub checkpoint_group: Option<Group>,
    /// WeCom's self-built app (企业微信自建应用).
    pub wecom: Option<(WeComConfig, Bindings)>,
    /// WeCom's AI bot (智能机器人).
    pub ai_bot: Option<(AiBotConfig, Bindings)>,
    /// Feishu (飞书).
    pub feishu: Option<(FeishuConfig, Bindings)>,
    /// The WeChat mini-program (微信小程序).
    pub wechat: Option<WeChatConfig>,
}

impl ChatConfig {
    pub(super) fn from_layers(layers: &Layers) -> Result<Self, ConfigError> {
        Ok(Self {
            one_tap_limit: one_tap_limit(layers)?,
            checkpoint_group: checkpoint_group(layers)?,
            wecom: wecom(layers)?,
            ai_bot: ai_bot(layers)?,
            feishu: feishu(layers)?,
            wechat: wechat(layers)?,
        })
    }
}

fn one_tap_limit(layers: &Layers) -> Result<Option<Money>, ConfigError> {
    let Some(text) = layers.optional::<String>("chat.one_tap_limit")? else {
        return Ok(None);
    };
    let limit = text.parse::<Money>().ok().filter(|limit| !limit.is_negative());
    limit.map(Some).ok_or_else(|| layers.refused("chat.one_tap_limit", "金额（元），如 5000 · an amount in yuan, 5000"))
}

/// A group of a platform that is on and that can be written to.
fn checkpoint_group(layers: &Layers) -> Result<Option<Group>, ConfigError> {
    let Some(text) = layers.optional::<String>("chat.checkpoint_group")? else {
        return Ok(None);
    };
    let on = layers.optional::<String>("dingtalk.client_id")?.is_some();
    let group = text.split_once(':').filter(|(surface, id)| *surface == "dingtalk" && !id.is_empty() && on);
    let group = group.map(|(surface, id)| Group { surface: surface.to_owned(), id: id.to_owned() });
    let expected = "dingtalk:群的 openConversationId，并已启用钉钉 · dingtalk:openConversationId, with DingTalk on";
    group.map(Some).ok_or_else(|| layers.refused("chat.checkpoint_group", expected))
}

fn wecom(layers: &Layers) -> Result<Option<(WeComConfig, Bindings)>, ConfigError> {
    let Some(agent) = layers.optional("wecom.agent")? else {
        return Ok(None);
    };
    let needed = needed(layers, "wecom.agent");
    let config = WeComConfig {
        corporation: needed("wecom.corporation")?,
        agent,
        secret: Secret::new(needed("wecom.secret")?),
        token: Secret::new(needed("wecom.token")?),
        encoding_aes_key: Secret::new(needed("wecom.encoding_aes_key")?),
        api_base: layers.parse("wecom.api_base")?,
    };
    Ok(Some((config, bindings(layers, "wecom.bindings")?)))
}

fn ai_bot(layers: &Layers) -> Result<Option<(AiBotConfig, Bindings)>, ConfigError> {
    let Some(bot_id) = layers.optional("wecom_ai_bot.id")? else {
        return Ok(None);
    };
    let needed = needed(layers, "wecom_ai_bot.id");
    let config = AiBotConfig {
        corporation: needed("wecom_ai_bot.corporation")?,
        bot_id,
        secret: Secret::new(needed("wecom_ai_bot.secret")?),
        address: layers.parse("wecom_ai_bot.address")?,
    };
    Ok(Some((config, bindings(layers, "wecom_ai_bot.bindings")?)))
}

fn feishu(layers: &Layers) -> Result<Option<(FeishuConfig, Bindings)>, ConfigError> {
    let Some(app_id) = layers.optional("feishu.app_id")? else {
        return Ok(None);
    };
    let needed = needed(layers, "feishu.app_id");
    let config = FeishuConfig {
        app_id,
        app_secret: Secret::new(needed("feishu.app_secret")?),
        encrypt_key: Secret::new(needed("feishu.encrypt_key")?),
        verification_token: Secret::new(needed("feishu.verification_token")?),
        tenant: needed("feishu.tenant")?,
        api_base: layers.parse("feishu.api_base")?,
    };
    Ok(Some((config, bindings(layers, "feishu.bindings")?)))
}

fn wechat(layers: &Layers) -> Result<Option<WeChatConfig>, ConfigError> {
    let Some(app_id) = layers.optional("wechat.app_id")? else {
        return Ok(None);
    };
    let needed = needed(layers, "wechat.app_id");
    Ok(Some(WeChatConfig {
        app_id,
        app_secret: Secret::new(needed("wechat.app_secret")?),
        template_id: needed("wechat.template_id")?,
        state: layers.parse("wechat.state")?,
        api_base: layers.parse("wechat.api_base")?,
    }))
}

/// DingTalk's taps over HTTP: both settings or none.
pub(super) fn dingtalk_callback(layers: &Layers) -> Result<Option<(String, Secret)>, ConfigError> {
    let Some(key) = layers.optional("dingtalk.callback_route_key")? else {
        return Ok(None);
    };
    let secret = needed(layers, "dingtalk.callback_route_key")("dingtalk.callback_secret")?;
    Ok(Some((key, Secret::new(secret))))
}

fn needed<'a>(layers: &'a Layers, because: &'static str) -> impl Fn(&'static str) -> Result<String, ConfigError> + 'a {
    move |key| layers.optional::<String>(key)?.ok_or_else(|| layers.missing(key, because))
}

/// `user=login` pairs.
pub(super) fn bindings(layers: &Layers, key: &'static str) -> Result<Bindings, ConfigError> {
    let pair = |text: String| {
        let (user, login) = text.split_once('=')?;
        let (user, login) = (user.trim(), login.trim());
        (!user.is_empty() && !login.is_empty()).then(|| (user.to_owned(), login.to_owned()))
    };
    let pairs: Option<Bindings> = layers.list(key).into_iter().map(pair).collect();
    pairs.ok_or_else(|| layers.refused(key, "用户ID=登录名 · user=login"))
}
