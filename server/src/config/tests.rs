use std::path::Path;

use super::*;

fn toml(text: &str) -> Result<Layers, ConfigError> {
    Layers::defaults().with_toml(Path::new("suanpan.toml"), text)
}

#[test]
fn defaults_are_usable() {
    let config = Config::from_layers(&Layers::defaults()).unwrap();
    assert_eq!(config.listen.to_string(), "127.0.0.1:8080");
    assert_eq!(config.tls, Tls::Off);
    assert_eq!(config.blob_bytes, 25 * 1024 * 1024);
    assert!(config.dingtalk.is_none());
}

#[test]
fn flags_win_over_environment_over_file() {
    let file = || toml("listen = '10.0.0.1:1'\nqueue = 100\nlog = 'debug'").unwrap();
    let variable = |name: &str| match name {
        "SUANPAN_LISTEN" => Some("10.0.0.2:2".to_owned()),
        "SUANPAN_QUEUE" => Some("200".to_owned()),
        _ => None,
    };
    let flag = |name: &str| (name == "listen").then(|| "10.0.0.3:3".to_owned());
    let config = Config::from_layers(&file().with_environment(variable).with_flags(flag)).unwrap();
    assert_eq!(config.listen.to_string(), "10.0.0.3:3");
    assert_eq!(config.queue, 200);
    assert_eq!(config.log, "debug");
}

#[test]
fn a_refusal_names_the_setting_and_where_it_came_from() {
    #[track_caller]
    fn check(layers: Result<Layers, ConfigError>, parts: &[&str]) {
        let error = layers.and_then(|l| Config::from_layers(&l).map(|_| ())).unwrap_err().to_string();
        for part in parts {
            assert!(error.contains(part), "{error} should name {part}");
        }
    }
    check(toml("listen = 'here'"), &["listen", "suanpan.toml", "address:port"]);
    check(toml("lisen = '1'"), &["suanpan.toml", "lisen"]);
    check(toml("queue = 1"), &["queue", "16 … 1000000"]);
    check(toml("[tls]\ncertificate = 'a.pem'"), &["tls.key", "tls.certificate"]);
    check(toml("[tls]\ncertificate = 'a'\nkey = 'b'\nself_signed = true"), &["tls.self_signed"]);
    check(toml("public_origin = 'expense.example.cn'"), &["public_origin", "https://"]);
    check(toml("[dingtalk]\nclient_id = 'a'"), &["dingtalk.client_secret"]);
    check(toml("[cluster]\nlisten = '10.0.0.5:8444'"), &["cluster.listen", "database"]);
    let on = |rest: &str| toml(&format!("database = 'postgres://a@b/c'\n[cluster]\nlisten = '0.0.0.0:8444'\n{rest}"));
    check(on(""), &["cluster.listen", "cluster.address"]);
    check(on("address = 'https://a'"), &["cluster.address", "host:port"]);
    check(on("address = 'a:1'\nnats = 'b:4222'"), &["cluster.nats", "nats://"]);
    check(toml("= 1"), &["suanpan.toml", "TOML"]);
    let quiet = Layers::defaults().with_environment(|name| (name == "SUANPAN_QUEUE").then(|| "hunter2".into()));
    let error = Config::from_layers(&quiet).unwrap_err().to_string();
    assert!(error.contains("SUANPAN_QUEUE") && !error.contains("hunter2"), "{error}");
}

#[test]
fn secrets_are_neither_flags_nor_shown() {
    let layers = toml("[dingtalk]\nclient_id = 'a'\ncard_template_id = 'c'\ncorporation = 'd'")
        .unwrap()
        .with_environment(|name| (name == "SUANPAN_DINGTALK_CLIENT_SECRET").then(|| "hunter2".into()))
        .with_flags(|name| name.contains("secret").then(|| "from a flag".into()));
    let config = Config::from_layers(&layers).unwrap();
    let dingtalk = config.dingtalk.as_ref().unwrap();
    assert_eq!(dingtalk.client_secret.reveal(), "hunter2");
    assert_eq!(dingtalk.robot_code, "a");
    assert!(!format!("{config:?}").contains("hunter2"));
}

#[test]
fn a_list_is_an_array_in_the_file_and_commas_elsewhere() {
    let names = |layers: Layers| match Config::from_layers(&layers).unwrap().tls {
        Tls::SelfSigned { names } => names,
        other => panic!("{other:?}"),
    };
    let file = toml("[tls]\nself_signed = true\nnames = ['a.lan', '192.168.1.20']").unwrap();
    assert_eq!(names(file.clone()), ["a.lan", "192.168.1.20"]);
    assert_eq!(names(file.with_flags(|n| (n == "tls-names").then(|| "b.lan, ::1".into()))), ["b.lan", "::1"]);
}

#[test]
fn every_key_is_named_once() {
    for (index, setting) in SETTINGS.iter().enumerate() {
        assert!(SETTINGS[..index].iter().all(|earlier| earlier.variable() != setting.variable()), "{}", setting.key);
    }
}

#[test]
fn the_reference_page_is_up_to_date() {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("../docs/CONFIGURATION.md");
    let page = std::fs::read_to_string(path).unwrap_or_default();
    assert_eq!(page, reference(), "run: cargo run -p server -- config reference > docs/CONFIGURATION.md");
}
