//! The commands and their flags; the settings' flags come from the table.

use std::path::PathBuf;

use clap::{Arg, ArgAction, ArgMatches, Command, value_parser};

use crate::config::{Kind, SETTINGS};

/// The argument that names the configuration file.
pub(super) const FILE: &str = "config";
/// The files that `read` reads.
pub(super) const FILES: &str = "files";
/// Whether `read` answers in JSON.
pub(super) const JSON: &str = "json";
/// Which engines `read` recognises photographs with.
pub(super) const ENGINE: &str = "engine";
/// The folder in which `read` draws where it found what.
pub(super) const EXPLAIN: &str = "explain";
/// The day on which `read-one` reads.
pub(super) const TODAY: &str = "today";
/// The name of the file that `read-one` reads.
pub(super) const NAME: &str = "name";
/// Where `audit export` writes and what `audit verify` reads.
pub(super) const EXPORT: &str = "export";
/// A checkpoint that was kept elsewhere, for `audit verify`.
pub(super) const CHECKPOINT: &str = "checkpoint";

const CODES: &str = "\
退出码 · exit codes:
  0  完成 · done
  1  结果为否：有文件打不开，或检查发现问题 · the answer is no: a file cannot be opened, a check found faults
  2  命令或配置有误 · the command or the configuration cannot be used
  3  数据目录、地址或系统拒绝 · the data folder, the address or the system refused

全部设置 · all settings: suanpan config reference";

/// The whole command line.
pub(super) fn command() -> Command {
    let command = Command::new("suanpan")
        .version(env!("CARGO_PKG_VERSION"))
        .about("算盘：离线可用的报销、审批与预算 · Suanpan: claims, approvals and budgets that work offline")
        .after_help(CODES)
        .subcommand_required(true)
        .arg_required_else_help(true)
        .subcommand(Command::new("serve").about("启动服务 · run the server"))
        .subcommand(Command::new("demo").about("在数据目录中创建演示公司 · create the demo company in the data folder"))
        .subcommand(read())
        .subcommand(
            Command::new(crate::reader::COMMAND)
                .hide(true)
                .arg(Arg::new(TODAY).required(true))
                .arg(Arg::new(NAME).default_value("")),
        )
        .subcommand(Command::new("fsck").about("检查数据库与原件是否完好 · check the database and the originals"))
        .subcommand(audit())
        .subcommand(
            Command::new("config")
                .about("配置 · configuration")
                .subcommand_required(true)
                .subcommand(Command::new("reference").about("打印全部设置（Markdown）· print all settings")),
        )
        .arg(
            Arg::new(FILE)
                .long(FILE)
                .env("SUANPAN_CONFIG")
                .global(true)
                .value_name("FILE")
                .value_parser(value_parser!(PathBuf))
                .help("配置文件（TOML）· the configuration file"),
        );
    SETTINGS.iter().fold(command, |command, setting| match setting.flag() {
        None => command,
        Some(flag) => command.arg(argument(flag, setting.kind, setting.about)),
    })
}

/// The text of a setting's flag, when it was given.
pub(super) fn flag(matches: &ArgMatches, name: &str) -> Option<String> {
    if matches.try_get_one::<bool>(name).is_ok_and(|given| given == Some(&true)) {
        return Some("true".to_owned());
    }
    matches.try_get_one::<String>(name).ok().flatten().cloned()
}

fn argument(flag: String, kind: Kind, about: &'static str) -> Arg {
    let argument = Arg::new(flag.clone()).long(flag).global(true).help_heading("设置 · settings").help(about);
    match kind {
        Kind::Switch => argument.action(ArgAction::SetTrue),
        Kind::Path => argument.value_name("PATH"),
        Kind::Address => argument.value_name("ADDRESS:PORT"),
        Kind::List => argument.value_name("A,B"),
        Kind::Number { .. } => argument.value_name("NUMBER"),
        Kind::Text | Kind::Secret => argument.value_name("TEXT"),
    }
}

fn read() -> Command {
    Command::new("read")
        .about("识别发票文件并显示依据 · read invoice files and show where each field came from")
        .arg(
            Arg::new(FILES)
                .value_name("FILE")
                .required(true)
                .num_args(1..)
                .value_parser(value_parser!(PathBuf))
                .help("XML、OFD、PDF、JPEG、PNG，或目录 · or a folder"),
        )
        .arg(
            Arg::new(ENGINE)
                .long(ENGINE)
                .value_name("NAME")
                .value_parser(["both", "paddle", "tesseract", "none"])
                .default_value("both")
                .help("照片文字识别引擎 · what recognises the text of photographs"),
        )
        .arg(
            Arg::new(EXPLAIN)
                .long(EXPLAIN)
                .value_name("FOLDER")
                .value_parser(value_parser!(PathBuf))
                .help("在此目录中画出每个字段的位置 · draw where each field stands, into this folder"),
        )
        .arg(
            Arg::new(JSON)
                .long(JSON)
                .action(ArgAction::SetTrue)
                .help("每个文件输出一行 JSON · answer with one line of JSON a file"),
        )
}

fn audit() -> Command {
    let file = |help: &'static str| {
        Arg::new(EXPORT).value_name("FILE").required(true).value_parser(value_parser!(PathBuf)).help(help)
    };
    Command::new("audit")
        .about("导出或验证审计日志 · export or verify the audit log")
        .subcommand_required(true)
        .subcommand(
            Command::new("export")
                .about("导出全部记录与检查点 · export all entries and checkpoints")
                .arg(file("写入的文件 · the file to write")),
        )
        .subcommand(
            Command::new("verify")
                .about("不依赖服务器，独立验证导出文件 · verify an export without the server")
                .arg(file("导出的文件 · the exported file"))
                .arg(
                    Arg::new(CHECKPOINT)
                        .long(CHECKPOINT)
                        .value_name("FILE")
                        .value_parser(value_parser!(PathBuf))
                        .help("另行保存的检查点 · a checkpoint that was kept elsewhere"),
                ),
        )
}
