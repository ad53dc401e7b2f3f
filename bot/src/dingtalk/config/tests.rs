use super::{DingTalkConfig, endpoint_is_trusted};
use crate::Secret;
use reqwest::Url;

fn config(api_base: &str) -> DingTalkConfig {
    DingTalkConfig {
        client_id: "ding-client".into(),
        client_secret: Secret::new("s3cret"),
        card_template_id: "template.schema".into(),
        robot_code: "ding-client".into(),
        api_base: api_base.into(),
        oapi_base: api_base.into(),
        http_callback: None,
        to_do: None,
    }
}

#[test]
fn the_api_is_encrypted_or_on_this_machine() {
    for good in ["https://api.dingtalk.com", "http://127.0.0.1:9000", "http://[::1]:9000/", "http://localhost:1"] {
        assert!(config(good).check().is_ok(), "{good}");
    }
    for bad in [
        "http://api.dingtalk.com",
        "http://127.0.0.1.evil.example",
        "https://api.dingtalk.com/v1.0",
        "https://user@api.dingtalk.com",
        "ftp://127.0.0.1",
        "api.dingtalk.com",
        "",
    ] {
        assert!(config(bad).check().is_err(), "{bad}");
    }
}

#[test]
fn the_stream_goes_to_dingtalk_or_in_tests_to_this_machine() {
    let check =
        |base: &str, endpoint: &str| endpoint_is_trusted(&Url::parse(base).unwrap(), &Url::parse(endpoint).unwrap());
    let public = "https://api.dingtalk.com";
    assert!(check(public, "wss://wss-open-connection.dingtalk.com:443/connect"));
    for bad in [
        "ws://wss-open-connection.dingtalk.com/connect",
        "wss://dingtalk.com.evil.example/connect",
        "wss://evildingtalk.com/connect",
        "wss://x@wss-open-connection.dingtalk.com/connect",
        "ws://127.0.0.1:9000/connect",
    ] {
        assert!(!check(public, bad), "{bad}");
    }
    assert!(check("http://127.0.0.1:9000", "ws://127.0.0.1:9000/connect"));
    assert!(!check("http://127.0.0.1:9000", "ws://10.0.0.1:9000/connect"));
}

#[test]
fn the_secret_is_not_printed_and_empty_settings_are_named() {
    let mut settings = config("https://api.dingtalk.com");
    assert!(!format!("{settings:?}").contains("s3cret"));
    settings.robot_code = " ".into();
    let refused = settings.check().unwrap_err();
    assert_eq!((refused.code(), refused.to_string().as_str()), ("chat.config.empty", "robot_code is empty"));
}
