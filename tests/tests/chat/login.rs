//! Who opened a page: each platform's code, good once, and nobody from outside.

use super::apps::{dingtalk_at, wecom_at};
use super::feishu;
use bot::dingtalk::DingTalk;
use bot::feishu::Feishu;
use bot::surface::{ChatAdapter, ChatIdentity, Delivery, Platform, Recipient, SendError};
use bot::wechat::{WeChat, WeChatConfig};
use bot::wecom::WeCom;
use bot::{CardState, CardView, Secret};
use tests::botsim::{Botsim, dingtalk, feishu as sim_feishu, wechat};

#[tokio::test]
async fn dingtalk_knows_who_opened_the_page_once() {
    let sim = Botsim::start().await.unwrap();
    let app = DingTalk::new(dingtalk_at(&sim.base_url())).unwrap();
    let code = sim.dingtalk.login_code("lisi");
    let opener = app.person_of_code(dingtalk::CORPORATION, &code).await.unwrap();
    assert_eq!(opener.identity, ChatIdentity::new(Platform::DingTalk, dingtalk::CORPORATION, "lisi"));
    let again = app.person_of_code(dingtalk::CORPORATION, &code).await.unwrap_err();
    assert_eq!(again, SendError::Permanent("40078".into()), "a code is good once");
    assert!(app.login("https://s.example/back", "a b").address.contains("state=a+b"));
}

#[tokio::test]
async fn wecom_tells_members_from_outsiders() {
    let sim = Botsim::start().await.unwrap();
    let app = WeCom::new(wecom_at(&sim.base_url())).unwrap();
    let member = app.person_of_code(&sim.wecom.login_code(Some("LiSi"))).await.unwrap();
    assert_eq!(
        format!("{member:?}"),
        format!("Member({:?})", ChatIdentity::new(Platform::WeCom, "ww-suanpan", "lisi"))
    );
    assert_eq!(format!("{:?}", app.person_of_code(&sim.wecom.login_code(None)).await.unwrap()), "Outsider");
    assert_eq!(app.person_of_code("made up").await.unwrap_err(), SendError::Permanent("40029".into()));
    let signed = app.sign_page("https://app.example.com/m/?a=1#x", 1_794_000_000, "nonce").await.unwrap();
    assert_eq!(signed.signature, "caf02ca8abb879daac7b2cbcdfaac7240ecf8810");
    assert_eq!(sim.violations(), []);
}

#[tokio::test]
async fn feishu_refuses_another_company() {
    let sim = Botsim::start().await.unwrap();
    let app = Feishu::new(feishu::config(&sim)).unwrap();
    let ours = app.person_of_code(&sim.feishu.login_code(sim_feishu::TENANT, "ou_1")).await.unwrap();
    assert_eq!(ours, ChatIdentity::new(Platform::Feishu, sim_feishu::TENANT, "ou_1"));
    let other = app.person_of_code(&sim.feishu.login_code("tk-other", "ou_1")).await.unwrap_err();
    assert_eq!(other, SendError::Permanent("feishu.other_company".into()));
}

#[tokio::test]
async fn a_reminder_costs_one_consent_and_keeps_its_fields_types() {
    let sim = Botsim::start().await.unwrap();
    let app = WeChat::new(WeChatConfig {
        app_id: wechat::APP_ID.into(),
        app_secret: Secret::new(wechat::APP_SECRET),
        template_id: wechat::TEMPLATE.into(),
        state: "formal".into(),
        api_base: sim.base_url(),
    })
    .unwrap();
    let opener = app.person_of_code(&sim.wechat.login_code("openid-1")).await.unwrap();
    assert_eq!(opener.identity, ChatIdentity::new(Platform::WeChatMiniProgram, wechat::APP_ID, "openid-1"));
    let delivery = Delivery {
        key: "card-1".into(),
        view: CardView {
            request: "r1".into(),
            step: 0,
            revision: 1,
            title: "一个名字很长很长很长的部门的张三的差旅报销申请".into(),
            facts: vec![("金额".into(), "¥1,234.50".into())],
            state: CardState::Pending,
            actions: Vec::new(),
            detail_url: String::new(),
        },
        recipients: vec![Recipient { identity: opener.identity, tokens: Vec::new() }],
    };
    app.send(&delivery).await.unwrap();
    assert_eq!(sim.wechat.reminders(), [], "nobody agreed yet, and that is no failure");
    sim.wechat.consent("openid-1");
    app.send(&delivery).await.unwrap();
    app.send(&delivery).await.unwrap();
    let reminders = sim.wechat.reminders();
    assert_eq!(reminders.len(), 1, "one consent, one message");
    assert_eq!(reminders[0].data["amount2"]["value"], "1234.50");
    assert_eq!(reminders[0].page, "pages/detail/detail?request=r1");
    assert_eq!(sim.violations(), []);
}
