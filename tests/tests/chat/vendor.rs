//! The simulated platforms and our envelopes against other people's clients: what our tests trust is checked by somebody
//! else's code. Where the SDKs are not installed (`./dev test` installs them) this says so and checks nothing.

use super::apps::{dingtalk_at, wecom_at};
use super::desk::Desk;
use super::door;
use bot::callback::HttpCallback;
use bot::dingtalk::DingTalk;
use bot::feishu::Feishu;
use bot::feishu::callback::FeishuCallbacks;
use bot::surface::{ChatAdapter, ChatIdentity, Notice, Platform};
use bot::tap::{Tap, TapOutcome};
use bot::wecom::WeCom;
use bot::wecom::ai_bot::{AiBot, AiBotConfig};
use bot::wecom::callback::WeComCallbacks;
use bot::{Secret, TapHandler};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::Duration;
use tests::botsim::{Botsim, ai_bot, dingtalk, feishu, wecom};

/// Where `./dev test` installed the SDKs.
fn tools() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    std::env::var_os("SUANPAN_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from)
}

/// The program for a script, and the folder that the script is to run in.
fn runner(script: &str) -> Option<(PathBuf, PathBuf)> {
    let vendor = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor");
    let (program, needed) = if Path::new(script).extension().is_some_and(|ending| ending == "py") {
        let python = tools().join("chat-sdk/bin/python");
        (python.clone(), python)
    } else {
        (PathBuf::from("node"), vendor.join("node_modules/dingtalk-stream"))
    };
    if needed.exists() {
        return Some((program, vendor));
    }
    eprintln!("NOT CHECKED: the vendors' SDKs are not installed; ./dev test installs them");
    None
}

/// Runs a script with arguments and something on its standard input; what it printed.
fn run(script: &str, arguments: &[&str], input: &[u8]) -> Option<String> {
    let (program, vendor) = runner(script)?;
    let mut child = Command::new(program)
        .current_dir(&vendor)
        .arg(vendor.join(script))
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success(), "{script}: {said}\n{}", String::from_utf8_lossy(&output.stderr));
    Some(said)
}

/// A full cycle of one SDK against fresh simulators, which must find nothing to complain about.
async fn check(script: &'static str, arguments: impl FnOnce(&Botsim) -> Vec<String>) -> Option<Botsim> {
    let sim = Botsim::start().await.unwrap();
    let arguments = arguments(&sim);
    let ran = tokio::task::spawn_blocking(move || {
        let arguments: Vec<&str> = arguments.iter().map(String::as_str).collect();
        run(script, &arguments, b"")
    });
    let said = ran.await.unwrap()?;
    assert!(said.lines().any(|line| line == "OK"), "{said}");
    assert_eq!(sim.violations(), []);
    Some(sim)
}

/// What passed between a client and the platform, with every id left out: calls with their status, in order.
fn transcript(sim: &Botsim) -> Vec<(String, u16)> {
    let of_the_card = |entry: &tests::botsim::Entry| match entry.call.as_str() {
        "open" | "connect" | "token" | "create" | "update" => true,
        "ack" => entry.detail["messageId"].as_str().is_some_and(|id| id.starts_with("tap-")),
        _ => false,
    };
    sim.dingtalk.log().into_iter().filter(of_the_card).map(|entry| (entry.call, entry.status)).collect()
}

/// The same story as the Python check, told by our own client.
async fn our_transcript() -> Vec<(String, u16)> {
    let sim = Botsim::start().await.unwrap();
    let app = DingTalk::new(dingtalk_at(&sim.base_url())).unwrap();
    let desk = Arc::new(Desk::new(Arc::new(app.clone()), dingtalk::CORPORATION));
    let handler: Arc<dyn TapHandler> = desk.clone();
    let stream = bot::dingtalk::stream::start(&app, handler);
    let connected = |count| {
        let sim = &sim;
        async move {
            for _ in 0..1_500 {
                if sim.calls("connect") >= count {
                    return;
                }
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
            panic!("never: {count} sockets");
        }
    };
    connected(1).await;
    desk.send("card-1", "boss").await.unwrap();
    sim.dingtalk.tap(dingtalk::TapRequest::new("card-1", "boss", "approve")).await;
    desk.update("card-1", "boss").await.unwrap();
    sim.dingtalk.fault(dingtalk::Fault::Disconnect);
    connected(2).await;
    let told = transcript(&sim);
    stream.stop().await;
    told
}

/// What passed between a client and one of the other platforms, with every id left out: what was called and what became of
/// it, in order. Pings come when they come.
fn calls_of(sim: &Botsim, platform: &str) -> Vec<(String, u16, String)> {
    let told = sim.log().into_iter().filter(|entry| entry.call.starts_with(platform) && entry.detail["cmd"] != "ping");
    told.map(|entry| (entry.call, entry.status, entry.detail["cmd"].as_str().unwrap_or_default().to_owned())).collect()
}

/// The story of wechatpy's check, told by our own client.
async fn our_wecom() -> Vec<(String, u16, String)> {
    let sim = Botsim::start().await.unwrap();
    let wecom = WeCom::new(wecom_at(&sim.base_url())).unwrap();
    let desk = Arc::new(Desk::new(Arc::new(wecom.clone()), wecom::CORPORATION));
    let callbacks = Arc::new(WeComCallbacks::new(&wecom_at(&sim.base_url())).unwrap());
    let handler: Arc<dyn TapHandler> = desk.clone();
    let url = door::serve(callbacks, handler, sim.clock.clone()).await;
    sim.wecom.set_callback(&url).await.unwrap();
    desk.send("exp-1", "boss").await.unwrap();
    sim.wecom.press("exp-1", "boss", "approve", None).await;
    desk.update("exp-1", "boss").await.unwrap();
    wecom.person_of_code(&sim.wecom.login_code(Some("lisi"))).await.unwrap();
    wecom.sign_page("https://suanpan.example/", 1_794_000_000, "nonce").await.unwrap();
    calls_of(&sim, "wecom")
}

/// The story of Feishu's check.
async fn our_feishu() -> Vec<(String, u16, String)> {
    let sim = Botsim::start().await.unwrap();
    let config = super::feishu::config(&sim);
    let desk = Arc::new(Desk::new(Arc::new(Feishu::new(config.clone()).unwrap()), feishu::TENANT));
    let handler: Arc<dyn TapHandler> = desk.clone();
    let url = door::serve(Arc::new(FeishuCallbacks::new(&config)), handler, sim.clock.clone()).await;
    sim.feishu.set_callback(&url).await.unwrap();
    desk.send("card-1", "boss").await.unwrap();
    sim.feishu.press("card-1", "boss", "approve", None).await;
    desk.update("card-1", "boss").await.unwrap();
    calls_of(&sim, "feishu")
}

/// The story of Tencent's AI bot check.
async fn our_ai_bot() -> Vec<(String, u16, String)> {
    let sim = Botsim::start().await.unwrap();
    let bot = AiBot::new(AiBotConfig {
        corporation: "ww1".into(),
        bot_id: ai_bot::BOT_ID.into(),
        secret: Secret::new(ai_bot::SECRET),
        address: sim.ai_bot.address(),
    });
    let bot = bot.unwrap();
    let desk = Arc::new(Desk::new(Arc::new(bot.clone()), "ww1"));
    let handler: Arc<dyn TapHandler> = desk.clone();
    let running = bot.start(handler);
    for _ in 0..500 {
        if sim.ai_bot.connected() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    desk.send("exp-1", "boss").await.unwrap();
    sim.ai_bot.press("exp-1", "boss", "approve", None).await;
    let notice = Notice { title: "您有待办".into(), lines: Vec::new(), url: String::new() };
    bot.notify(&ChatIdentity::new(Platform::WeComAiBot, "ww1", "boss"), &notice).await.unwrap();
    let told = calls_of(&sim, "ai_bot");
    running.stop().await;
    told
}

fn dingtalk_arguments(sim: &Botsim) -> Vec<String> {
    vec![sim.base_url(), dingtalk::CLIENT_ID.into(), dingtalk::CLIENT_SECRET.into(), dingtalk::TEMPLATE.into()]
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalks_python_stream_sdk_tells_the_same_story_as_our_client() {
    if let Some(sim) = check("dingtalk_stream_check.py", dingtalk_arguments).await {
        assert_eq!(transcript(&sim), our_transcript().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalks_node_stream_sdk() {
    check("dingtalk_stream_check.mjs", dingtalk_arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn alibabas_openapi_sdk() {
    check("alibabacloud_check.py", dingtalk_arguments).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn wechatpy_the_second_implementation_of_wecom_tells_the_same_story_as_our_client() {
    let arguments = |sim: &Botsim| {
        let agent = wecom::AGENT.to_string();
        [&sim.base_url(), wecom::CORPORATION, wecom::SECRET, wecom::TOKEN, wecom::AES_KEY, &agent]
            .map(str::to_owned)
            .into()
    };
    if let Some(sim) = check("wechatpy_check.py", arguments).await {
        assert_eq!(calls_of(&sim, "wecom"), our_wecom().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn tencents_ai_bot_sdk_tells_the_same_story_as_our_client() {
    let arguments =
        |sim: &Botsim| vec![sim.base_url(), sim.ai_bot.address(), ai_bot::BOT_ID.to_owned(), ai_bot::SECRET.to_owned()];
    if let Some(sim) = check("aibot_check.py", arguments).await {
        assert_eq!(calls_of(&sim, "ai_bot"), our_ai_bot().await);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn feishus_sdk_tells_the_same_story_as_our_client() {
    let arguments = |sim: &Botsim| {
        [&sim.base_url(), feishu::APP_ID, feishu::APP_SECRET, feishu::ENCRYPT_KEY, feishu::VERIFICATION_TOKEN]
            .map(str::to_owned)
            .into()
    };
    if let Some(sim) = check("lark_check.py", arguments).await {
        assert_eq!(calls_of(&sim, "feishu"), our_feishu().await);
    }
}

#[test]
fn our_sealed_replies_are_opened_by_two_other_implementations() {
    let callbacks = WeComCallbacks::new(&wecom_at(bot::wecom::API_BASE)).unwrap();
    let tap = Tap {
        platform: Platform::WeCom,
        corporation: wecom::CORPORATION.into(),
        user: "zhangsan".into(),
        card: "exp-1".into(),
        token: String::new(),
        delivery_key: String::new(),
        details: None,
        evidence: Secret::new(""),
    };
    let reply = callbacks.answer(&tap, &TapOutcome::Unbound, 1_794_000_001_000).body;
    let words = "请先在网页登录并绑定账号，再回来审批";
    if let Some(said) = run("wecom_crypto_open.mjs", &[wecom::TOKEN, wecom::AES_KEY], &reply) {
        assert!(said.contains("update_button") && said.contains(words), "{said}");
    }
    let agent = wecom::AGENT.to_string();
    let arguments =
        ["http://unused", wecom::CORPORATION, wecom::SECRET, wecom::TOKEN, wecom::AES_KEY, &agent, "--open"];
    if let Some(said) = run("wechatpy_check.py", &arguments, &reply) {
        assert!(said.contains("<CreateTime>1794000001</CreateTime>") && said.contains(words), "{said}");
    }
}
