//! The table of settings.

use super::setting::{Kind, Setting};

mod chat;

use chat::CHAT;

/// Every setting there is, in the order of the reference.
pub const SETTINGS: &[Setting] = &joined([FIRST, CHAT, REST]);

const COUNT: usize = FIRST.len() + CHAT.len() + REST.len();

#[allow(clippy::indexing_slicing, reason = "what is out of bounds in a constant does not compile")]
const fn joined(parts: [&[Setting]; 3]) -> [Setting; COUNT] {
    let mut all = [parts[0][0]; COUNT];
    let (mut next, mut part) = (0, 0);
    while part < parts.len() {
        let mut row = 0;
        while row < parts[part].len() {
            all[next] = parts[part][row];
            next += 1;
            row += 1;
        }
        part += 1;
    }
    all
}

/// The rows before the chat platforms'.
const FIRST: &[Setting] = &[
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
        key: "cluster.listen",
        kind: Kind::Address,
        default: "",
        about: "多台服务共用一个 PostgreSQL 数据库时，彼此联络的监听地址，如 10.0.0.5:8444；各台须共用原件目录。留空则单独运行。Where this server listens for others on the same PostgreSQL database; all of them need the same originals. Empty works alone.",
    },
    Setting {
        key: "cluster.address",
        kind: Kind::Text,
        default: "",
        about: "其他服务联络本机所用的主机:端口；留空则与 cluster.listen 相同。Where the others reach this server, host:port; empty is cluster.listen.",
    },
    Setting {
        key: "cluster.nats",
        kind: Kind::Secret,
        default: "",
        about: "在各台服务之间传递变更通知的 NATS，如 nats://用户:密码@10.0.0.9:4222；留空则由 PostgreSQL 传递。The NATS server that tells the servers what moved; empty tells it by PostgreSQL.",
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
];

/// The rows after the chat platforms'.
const REST: &[Setting] = &[
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
        key: "s3.bucket",
        kind: Kind::Text,
        default: "",
        about: "原件所用的 S3 兼容存储桶；设置后原件存入其中，此前的原件留在数据目录并从那里读取。The bucket of an S3-compatible store; setting it keeps originals there. Those from before stay in the data folder and are read from it.",
    },
    Setting {
        key: "s3.endpoint",
        kind: Kind::Text,
        default: "",
        about: "存储地址，如 https://minio.example.cn:9000；留空则用亚马逊。Where the store answers; empty for Amazon.",
    },
    Setting { key: "s3.region", kind: Kind::Text, default: "us-east-1", about: "存储区域。The store's region." },
    Setting {
        key: "s3.access_key_id",
        kind: Kind::Text,
        default: "",
        about: "访问密钥的 ID。The id of the access key.",
    },
    Setting {
        key: "s3.secret_access_key", kind: Kind::Secret, default: "", about: "访问密钥。The secret access key."
    },
    Setting {
        key: "s3.prefix",
        kind: Kind::Text,
        default: "",
        about: "桶内对象名的前缀，如 suanpan。What the names of objects begin with, such as suanpan.",
    },
    Setting {
        key: "s3.virtual_hosts",
        kind: Kind::Switch,
        default: "false",
        about: "桶名已在存储地址里，如 https://桶.oss-cn-hangzhou.aliyuncs.com。The bucket's name is in the endpoint already.",
    },
    Setting {
        key: "trusted_hops",
        kind: Kind::Number { least: 0, most: 8 },
        default: "0",
        about: "前方可信反向代理的层数；0 表示忽略 X-Forwarded-For。Trusted proxies in front; 0 ignores X-Forwarded-For.",
    },
    Setting {
        key: "automerge_repo",
        kind: Kind::Switch,
        default: "false",
        about: "让标准的 automerge-repo 程序经 /sync/automerge-repo?access_token=令牌 读写单据草稿；其改动不带设备签名，由服务器为会话担保。反向代理的日志请勿记录查询参数。Lets stock automerge-repo programs read and write drafts at /sync/automerge-repo?access_token=TOKEN; their changes carry no signature of a device, the server vouches for the session. Keep queries out of a proxy's log.",
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
