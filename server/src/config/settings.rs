//! The table of settings.

/// One setting.
#[derive(Debug, Clone, Copy)]
pub struct Setting {
    /// Its key in the file; a dot stands for a section.
    pub key: &'static str,
    /// What its value is.
    pub kind: Kind,
    /// Its value when nobody says otherwise; empty for none.
    pub default: &'static str,
    /// What it does, for the reference and the help.
    pub about: &'static str,
}

/// What a value is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Kind {
    /// A file or folder.
    Path,
    /// An address and port.
    Address,
    /// Free text.
    Text,
    /// Text that is never shown and cannot be a flag.
    Secret,
    /// Texts separated by commas; in the file, an array.
    List,
    /// A whole number between two bounds.
    Number {
        /// The smallest.
        least: u32,
        /// The largest.
        most: u32,
    },
    /// `true` or `false`; as a flag, its presence.
    Switch,
}

impl Setting {
    /// The environment variable: `tls.self_signed` is `SUANPAN_TLS_SELF_SIGNED`.
    pub fn variable(&self) -> String {
        format!("SUANPAN_{}", self.key.replace('.', "_").to_uppercase())
    }

    /// The flag without its dashes: `tls.self_signed` is `tls-self-signed`. Secrets have none.
    pub fn flag(&self) -> Option<String> {
        (self.kind != Kind::Secret).then(|| self.key.replace(['.', '_'], "-"))
    }
}

/// Every setting there is.
pub const SETTINGS: &[Setting] = &[
    Setting {
        key: "data",
        kind: Kind::Path,
        default: "data",
        about: "数据目录：数据库、原件、密钥。只有运行服务的用户可读。The data folder: database, originals, keys; readable by its owner only.",
    },
    Setting {
        key: "database",
        kind: Kind::Text,
        default: "",
        about: "PostgreSQL 15+ 数据库地址，如 postgres://suanpan@db.example.cn/suanpan；留空则用数据目录内的 SQLite。经网络的连接一律加密并核对证书，除非写明 sslmode=disable。Where the books are kept; empty keeps them in SQLite in the data folder. Over a network the connection is encrypted and checked, unless sslmode=disable.",
    },
    Setting {
        key: "database_password",
        kind: Kind::Secret,
        default: "",
        about: "数据库密码。The database's password.",
    },
    Setting {
        key: "database_authorities",
        kind: Kind::Path,
        default: "",
        about: "为数据库服务器证书担保的证书（PEM）；留空则用本机信任的机构。Certificates, PEM, that vouch for the database server; empty uses those that this machine trusts.",
    },
    Setting {
        key: "listen",
        kind: Kind::Address,
        default: "127.0.0.1:8080",
        about: "监听地址。局域网试用请设为 0.0.0.0:8443 并启用 TLS。The address to listen on; for other devices use 0.0.0.0:8443 with TLS.",
    },
    Setting {
        key: "public_origin",
        kind: Kind::Text,
        default: "",
        about: "用户在浏览器里输入的网址，如 https://expense.example.cn；在反向代理之后必须设置。What people type to come here; needed behind a proxy.",
    },
    Setting {
        key: "web", kind: Kind::Path, default: "dist", about: "构建好的网页目录。The folder of the built app."
    },
    Setting {
        key: "tls.certificate",
        kind: Kind::Path,
        default: "",
        about: "TLS 证书链（PEM）。The certificate chain, PEM.",
    },
    Setting {
        key: "tls.key",
        kind: Kind::Path,
        default: "",
        about: "TLS 私钥（PEM）。The certificate's private key, PEM.",
    },
    Setting {
        key: "tls.self_signed",
        kind: Kind::Switch,
        default: "false",
        about: "自制证书，仅供局域网试用；浏览器会警告。Makes a certificate for a LAN trial; browsers will warn.",
    },
    Setting {
        key: "tls.names",
        kind: Kind::List,
        default: "localhost,127.0.0.1",
        about: "自制证书所用的主机名和地址，如 192.168.1.20。The names and addresses of the self-made certificate.",
    },
    Setting {
        key: "dingtalk.client_id",
        kind: Kind::Text,
        default: "",
        about: "钉钉应用的 Client ID（AppKey）；设置后启用钉钉。The DingTalk application's client id; setting it turns DingTalk on.",
    },
    Setting {
        key: "dingtalk.client_secret",
        kind: Kind::Secret,
        default: "",
        about: "钉钉应用的 Client Secret（AppSecret）。The DingTalk application's client secret.",
    },
    Setting {
        key: "dingtalk.card_template_id",
        kind: Kind::Text,
        default: "",
        about: "审批卡片的模板 ID。The template of the approval card.",
    },
    Setting {
        key: "dingtalk.robot_code",
        kind: Kind::Text,
        default: "",
        about: "机器人编码；默认与 Client ID 相同。The robot's code; by default the client id.",
    },
    Setting {
        key: "dingtalk.corporation",
        kind: Kind::Text,
        default: "",
        about: "企业的 CorpId；其他企业的点击一律无效。The company's CorpId; taps from any other count for nothing.",
    },
    Setting {
        key: "dingtalk.bindings",
        kind: Kind::List,
        default: "",
        about: "由管理员绑定的账号，如 manager01=li.si；其他人在应用内自行绑定。Accounts that an administrator binds, user=login; others bind themselves in the app.",
    },
    Setting {
        key: "dingtalk.api_base",
        kind: Kind::Text,
        default: "https://api.dingtalk.com",
        about: "钉钉接口地址；仅在联调模拟器时修改。Where DingTalk's API answers; changed only for a simulator.",
    },
    Setting {
        key: "dingtalk.callback_route_key",
        kind: Kind::Text,
        default: "",
        about: "以 HTTP 接收卡片回调时登记的路由键；默认走 Stream，更安全。The route key of taps over HTTP; by default they come by the stream, which is safer.",
    },
    Setting {
        key: "dingtalk.callback_secret",
        kind: Kind::Secret,
        default: "",
        about: "登记 HTTP 回调时的 apiSecret。The apiSecret registered with the HTTP callback.",
    },
    Setting {
        key: "dingtalk.to_do",
        kind: Kind::Text,
        default: "",
        about: "OA 待办的流程编码；设置后待审单据也出现在钉钉待办里。The process of OA to-dos; setting it turns them on.",
    },
    Setting {
        key: "chat.one_tap_limit",
        kind: Kind::Text,
        default: "",
        about: "超过此金额（元）的同意须在页面上完成；留空则不限。Above this total in yuan an approval needs the page; empty for no limit.",
    },
    Setting {
        key: "chat.checkpoint_group",
        kind: Kind::Text,
        default: "",
        about: "每天接收日志检查点的群，如 dingtalk:cid…；留空则不发送。The group that gets the journal's checkpoint each day, dingtalk:openConversationId; empty for none.",
    },
    Setting {
        key: "wecom.agent",
        kind: Kind::Text,
        default: "",
        about: "企业微信自建应用的 AgentId；设置后启用企业微信。The WeCom app's AgentId; setting it turns WeCom on.",
    },
    Setting {
        key: "wecom.corporation",
        kind: Kind::Text,
        default: "",
        about: "企业微信的企业 ID。The company's id in WeCom.",
    },
    Setting {
        key: "wecom.secret",
        kind: Kind::Secret,
        default: "",
        about: "企业微信应用的 Secret。The WeCom app's Secret.",
    },
    Setting {
        key: "wecom.token",
        kind: Kind::Secret,
        default: "",
        about: "“接收消息”的 Token；回调地址为 /api/chat/callback/wecom。The Token of received messages; the callback is /api/chat/callback/wecom.",
    },
    Setting {
        key: "wecom.encoding_aes_key",
        kind: Kind::Secret,
        default: "",
        about: "“接收消息”的 EncodingAESKey。The EncodingAESKey of received messages.",
    },
    Setting {
        key: "wecom.bindings",
        kind: Kind::List,
        default: "",
        about: "由管理员绑定的账号，如 lisi=li.si。Accounts that an administrator binds, user=login.",
    },
    Setting {
        key: "wecom.api_base",
        kind: Kind::Text,
        default: "https://qyapi.weixin.qq.com",
        about: "企业微信接口地址；仅在联调模拟器时修改。Where WeCom's API answers; changed only for a simulator.",
    },
    Setting {
        key: "wecom_ai_bot.id",
        kind: Kind::Text,
        default: "",
        about: "企业微信智能机器人的 BotID；设置后启用长连接，无需公网地址。The AI bot's id; setting it turns the long connection on, which needs no public address.",
    },
    Setting {
        key: "wecom_ai_bot.corporation",
        kind: Kind::Text,
        default: "",
        about: "智能机器人所属的企业 ID。The company that the AI bot belongs to.",
    },
    Setting {
        key: "wecom_ai_bot.secret",
        kind: Kind::Secret,
        default: "",
        about: "智能机器人长连接的 Secret。The AI bot's secret.",
    },
    Setting {
        key: "wecom_ai_bot.bindings",
        kind: Kind::List,
        default: "",
        about: "由管理员绑定的账号。Accounts that an administrator binds, user=login.",
    },
    Setting {
        key: "wecom_ai_bot.address",
        kind: Kind::Text,
        default: "wss://openws.work.weixin.qq.com",
        about: "长连接地址；仅在联调模拟器时修改。Where the long connection goes; changed only for a simulator.",
    },
    Setting {
        key: "feishu.app_id",
        kind: Kind::Text,
        default: "",
        about: "飞书应用的 App ID；设置后启用飞书。The Feishu app's id; setting it turns Feishu on.",
    },
    Setting {
        key: "feishu.app_secret",
        kind: Kind::Secret,
        default: "",
        about: "飞书应用的 App Secret。The Feishu app's secret.",
    },
    Setting {
        key: "feishu.encrypt_key",
        kind: Kind::Secret,
        default: "",
        about: "事件与回调的 Encrypt Key；回调地址为 /api/chat/callback/feishu。The Encrypt Key; the callback is /api/chat/callback/feishu.",
    },
    Setting {
        key: "feishu.verification_token",
        kind: Kind::Secret,
        default: "",
        about: "事件与回调的 Verification Token。The Verification Token.",
    },
    Setting {
        key: "feishu.tenant",
        kind: Kind::Text,
        default: "",
        about: "企业的 tenant_key；其他企业的点击一律无效。The company's tenant_key; taps from any other count for nothing.",
    },
    Setting {
        key: "feishu.bindings",
        kind: Kind::List,
        default: "",
        about: "由管理员绑定的账号，open_id=登录名。Accounts that an administrator binds, open_id=login.",
    },
    Setting {
        key: "feishu.api_base",
        kind: Kind::Text,
        default: "https://open.feishu.cn",
        about: "飞书接口地址；仅在联调模拟器时修改。Where Feishu's API answers; changed only for a simulator.",
    },
    Setting {
        key: "wechat.app_id",
        kind: Kind::Text,
        default: "",
        about: "微信小程序的 AppID；设置后启用小程序。The mini-program's AppID; setting it turns it on.",
    },
    Setting {
        key: "wechat.app_secret",
        kind: Kind::Secret,
        default: "",
        about: "微信小程序的 AppSecret。The mini-program's AppSecret.",
    },
    Setting {
        key: "wechat.template_id",
        kind: Kind::Text,
        default: "",
        about: "订阅消息模板 ID（thing1、amount2、phrase3）。The subscribe message's template.",
    },
    Setting {
        key: "wechat.state",
        kind: Kind::Text,
        default: "formal",
        about: "订阅消息打开的版本：formal、trial、developer。Which version a reminder opens.",
    },
    Setting {
        key: "wechat.api_base",
        kind: Kind::Text,
        default: "https://api.weixin.qq.com",
        about: "微信接口地址；仅在联调模拟器时修改。Where WeChat's API answers; changed only for a simulator.",
    },
    Setting {
        key: "tessdata",
        kind: Kind::Path,
        default: "/usr/share/tesseract-ocr/5/tessdata",
        about: "Tesseract 语言数据目录（含 chi_sim）；留空则不识别照片文字。Tesseract's language data with chi_sim; empty reads no text of photographs.",
    },
    Setting {
        key: "models",
        kind: Kind::Path,
        default: "",
        about: "照片识别模型目录；留空则在程序旁的 models 目录中查找。The networks that read photographs; empty looks for a folder models beside the program.",
    },
    Setting {
        key: "verification",
        kind: Kind::Path,
        default: "",
        about: "人工查验目录：waiting.csv 为待查验发票，结果写入 results.csv；留空则只做本地校验。Where people answer for the tax authority: waiting.csv says what to ask, results.csv takes the answers; empty asks nobody.",
    },
    Setting {
        key: "log",
        kind: Kind::Text,
        default: "warn,server=info,bot=info",
        about: "日志级别，如 warn,server=debug。What is logged, such as warn,server=debug.",
    },
    Setting {
        key: "queue",
        kind: Kind::Number { least: 16, most: 1_000_000 },
        default: "8192",
        about: "等待写入的请求上限，超出即回复 503。Changes that may wait for the writer; more are answered 503.",
    },
    Setting {
        key: "access_token_minutes",
        kind: Kind::Number { least: 1, most: 60 },
        default: "10",
        about: "访问令牌有效分钟数。How many minutes an access token lasts.",
    },
    Setting {
        key: "blob_megabytes",
        kind: Kind::Number { least: 1, most: 200 },
        default: "25",
        about: "单个原件的上限（MB）。The largest original, in megabytes of 1,048,576 bytes.",
    },
    Setting {
        key: "trusted_hops",
        kind: Kind::Number { least: 0, most: 8 },
        default: "0",
        about: "前方可信反向代理的层数；0 表示忽略 X-Forwarded-For。Trusted proxies in front; 0 ignores X-Forwarded-For.",
    },
    Setting {
        key: "systems",
        kind: Kind::List,
        default: "",
        about: "财务系统等程序所用的登录名，如 erp；它们按 rate.system 限流，不按个人限流。Logins that programs use, a finance system's own; they have the budget of rate.system and not a person's.",
    },
    Setting {
        key: "rate.person",
        kind: Kind::Number { least: 1, most: 10_000 },
        default: "30",
        about: "每人每秒请求数；短时可用完十秒的量。Requests a second of one person, over all of their devices; ten seconds' worth at once.",
    },
    Setting {
        key: "rate.system",
        kind: Kind::Number { least: 1, most: 10_000 },
        default: "200",
        about: "每个系统每秒请求数；一次请求可过账 5000 张凭证。Requests a second of one system, ten seconds' worth at once; each may post 5,000 vouchers.",
    },
    Setting {
        key: "rate.address",
        kind: Kind::Number { least: 1, most: 100_000 },
        default: "200",
        about: "每个地址每秒请求数，登录前后都算；一个地址后面可能是整个办公室。Requests a second of one address, before and after sign-in, ten seconds' worth at once; a whole office may stand behind one.",
    },
];
