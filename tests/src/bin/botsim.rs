//! Runs the simulated chat platforms for a person: `cargo run -p tests --bin botsim [ADDRESS [SUANPAN]]`, where SUANPAN is
//! the origin that takes callbacks.
//!
//! Prints what Suanpan has to be told, as variables of its environment; `./dev run --chat` passes them on.

use std::error::Error;
use std::net::SocketAddr;
use tests::botsim::{Botsim, ai_bot, dingtalk, feishu, wechat, wecom};

#[tokio::main]
async fn main() -> Result<(), Box<dyn Error>> {
    let address: SocketAddr = std::env::args().nth(1).unwrap_or_else(|| "127.0.0.1:8090".to_owned()).parse()?;
    let simulator = Botsim::start_on(address).await?;
    if let Some(origin) = std::env::args().nth(2) {
        simulator.wecom.assume_callback(&format!("{origin}/api/chat/callback/wecom"));
        simulator.feishu.assume_callback(&format!("{origin}/api/chat/callback/feishu"));
    }
    let base = simulator.base_url();
    let variables = [
        ("DINGTALK_CLIENT_ID", dingtalk::CLIENT_ID.to_owned()),
        ("DINGTALK_CLIENT_SECRET", dingtalk::CLIENT_SECRET.to_owned()),
        ("DINGTALK_CARD_TEMPLATE_ID", dingtalk::TEMPLATE.to_owned()),
        ("DINGTALK_CORPORATION", dingtalk::CORPORATION.to_owned()),
        ("DINGTALK_API_BASE", base.clone()),
        ("WECOM_CORPORATION", wecom::CORPORATION.to_owned()),
        ("WECOM_AGENT", wecom::AGENT.to_string()),
        ("WECOM_SECRET", wecom::SECRET.to_owned()),
        ("WECOM_TOKEN", wecom::TOKEN.to_owned()),
        ("WECOM_ENCODING_AES_KEY", wecom::AES_KEY.to_owned()),
        ("WECOM_API_BASE", base.clone()),
        ("WECOM_AI_BOT_CORPORATION", wecom::CORPORATION.to_owned()),
        ("WECOM_AI_BOT_ID", ai_bot::BOT_ID.to_owned()),
        ("WECOM_AI_BOT_SECRET", ai_bot::SECRET.to_owned()),
        ("WECOM_AI_BOT_ADDRESS", simulator.ai_bot.address()),
        ("FEISHU_APP_ID", feishu::APP_ID.to_owned()),
        ("FEISHU_APP_SECRET", feishu::APP_SECRET.to_owned()),
        ("FEISHU_ENCRYPT_KEY", feishu::ENCRYPT_KEY.to_owned()),
        ("FEISHU_VERIFICATION_TOKEN", feishu::VERIFICATION_TOKEN.to_owned()),
        ("FEISHU_TENANT", feishu::TENANT.to_owned()),
        ("FEISHU_API_BASE", base.clone()),
        ("WECHAT_APP_ID", wechat::APP_ID.to_owned()),
        ("WECHAT_APP_SECRET", wechat::APP_SECRET.to_owned()),
        ("WECHAT_TEMPLATE_ID", wechat::TEMPLATE.to_owned()),
        ("WECHAT_API_BASE", base.clone()),
    ];
    for (name, value) in variables {
        println!("SUANPAN_{name}={value}");
    }
    println!("# phones: {base}/");
    simulator.wait().await;
    Ok(())
}
