//! Our apps as the simulated platforms know them.

use bot::Secret;
use bot::dingtalk::DingTalkConfig;
use bot::wecom::WeComConfig;
use tests::botsim::{dingtalk, wecom};

/// Our app at a DingTalk that answers at `base`.
pub(crate) fn dingtalk_at(base: &str) -> DingTalkConfig {
    DingTalkConfig {
        client_id: dingtalk::CLIENT_ID.into(),
        client_secret: Secret::new(dingtalk::CLIENT_SECRET),
        card_template_id: dingtalk::TEMPLATE.into(),
        robot_code: dingtalk::CLIENT_ID.into(),
        api_base: base.into(),
        oapi_base: base.into(),
        http_callback: None,
        to_do: None,
    }
}

/// Our app at a WeCom that answers at `base`.
pub(crate) fn wecom_at(base: &str) -> WeComConfig {
    WeComConfig {
        corporation: wecom::CORPORATION.into(),
        agent: wecom::AGENT,
        secret: Secret::new(wecom::SECRET),
        token: Secret::new(wecom::TOKEN),
        encoding_aes_key: Secret::new(wecom::AES_KEY),
        api_base: base.into(),
    }
}
