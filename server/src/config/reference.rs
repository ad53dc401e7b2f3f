//! The reference page, made from the table.

use std::fmt::Write;

use super::setting::Kind;
use super::settings::SETTINGS;

const HEAD: &str = "\
# 配置 · Configuration

<!-- Made by `suanpan config reference`; a test holds this page equal to the table in server/src/config/settings.rs. -->

每项设置依次取自：默认值、配置文件（`--config 文件`，TOML）、环境变量、命令行参数；后者优先。
Each setting is taken from its default, the file (`--config FILE`, TOML), the environment and the flags; the later wins.

密钥类设置没有命令行参数，因为同一台机器上的其他用户可以看到它们。
Secrets have no flag, because every user of the machine can read those.

| 设置 · key | 环境变量 · variable | 参数 · flag | 类型 · kind | 默认 · default | 说明 · what it does |
|---|---|---|---|---|---|
";

const EXAMPLE: &str = "
## 示例 · Example

```toml
data = \"/var/lib/suanpan\"
listen = \"0.0.0.0:8443\"
public_origin = \"https://expense.example.cn\"

[tls]
certificate = \"/etc/suanpan/fullchain.pem\"
key = \"/etc/suanpan/privkey.pem\"

[dingtalk]
client_id = \"dingxxxxxxxx\"
card_template_id = \"xxxxxxxx.schema\"
corporation = \"dingxxxxxxxxxxxxxxxx\"
# client_secret: SUANPAN_DINGTALK_CLIENT_SECRET
```
";

/// The page, as Markdown.
pub fn reference() -> String {
    let mut page = HEAD.to_owned();
    for setting in SETTINGS {
        let flag = setting.flag().map_or_else(|| "—".to_owned(), |flag| format!("`--{flag}`"));
        let default = if setting.default.is_empty() { "—".to_owned() } else { format!("`{}`", setting.default) };
        // Writing to a String cannot fail.
        let _ = writeln!(
            page,
            "| `{}` | `{}` | {flag} | {} | {default} | {} |",
            setting.key,
            setting.variable(),
            kind(setting.kind),
            setting.about,
        );
    }
    page.push_str(EXAMPLE);
    page
}

fn kind(kind: Kind) -> String {
    match kind {
        Kind::Path => "路径 · path".to_owned(),
        Kind::Address => "地址 · address".to_owned(),
        Kind::Text => "文本 · text".to_owned(),
        Kind::Secret => "密钥 · secret".to_owned(),
        Kind::List => "列表 · list".to_owned(),
        Kind::Number { least, most } => format!("{least}–{most}"),
        Kind::Switch => "开关 · switch".to_owned(),
    }
}
