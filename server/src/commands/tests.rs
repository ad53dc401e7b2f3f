//! Commands as a person types them.

use super::*;

fn code(arguments: &[&str]) -> ExitCode {
    let program = std::iter::once("suanpan").chain(arguments.iter().copied());
    run(program.map(OsString::from))
}

#[track_caller]
fn check(arguments: &[&str], expected: u8) {
    // An ExitCode cannot be compared, but it can be shown.
    assert_eq!(format!("{:?}", code(arguments)), format!("{:?}", ExitCode::from(expected)), "{arguments:?}");
}

#[test]
fn the_command_line_is_sound() {
    arguments::command().debug_assert();
}

#[test]
fn a_wrong_command_or_setting_is_usage() {
    check(&["--help"], DONE);
    check(&["--version"], DONE);
    check(&["config", "reference"], DONE);
    check(&["nothing"], USAGE);
    check(&["fsck", "--queue", "1"], USAGE);
    check(&["fsck", "--config", "/nonexistent/suanpan.toml"], USAGE);
    check(&["fsck", "--dingtalk-client-secret", "x"], USAGE);
}

#[test]
fn a_folder_without_a_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    check(&["fsck", "--data", folder.path().to_str().unwrap()], REFUSED);
}

#[test]
fn a_file_that_cannot_be_opened_is_a_no() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("empty.pdf");
    std::fs::write(&file, b"").unwrap();
    // What is no invoice is said to be unreadable, and that is an answer.
    check(&["read", file.to_str().unwrap(), "--engine", "none"], DONE);
    check(&["read", folder.path().to_str().unwrap(), "--json", "--engine", "none"], DONE);
    check(&["read", "/nonexistent.pdf", "--json", "--engine", "none"], NO);
    check(&["read", file.to_str().unwrap(), "--engine", "magic"], USAGE);
}

#[test]
fn flags_reach_their_settings() {
    let matches = arguments::command()
        .try_get_matches_from([
            "suanpan",
            "serve",
            "--listen",
            "10.0.0.1:9",
            "--tls-self-signed",
            "--tls-names",
            "a.lan",
        ])
        .unwrap();
    let (_, matches) = matches.subcommand().unwrap();
    let config = config(matches).unwrap();
    assert_eq!(config.listen.to_string(), "10.0.0.1:9");
    assert_eq!(config.tls, crate::config::Tls::SelfSigned { names: vec!["a.lan".into()] });
}

#[test]
fn the_demo_company_is_in_order_and_its_export_verifies() {
    let folder = tempfile::tempdir().unwrap();
    let data = folder.path().join("data").display().to_string();
    let export = folder.path().join("journal.jsonl");
    let file = export.display().to_string();
    check(&["demo", "--data", &data], DONE);
    check(&["demo", "--data", &data], DONE);
    check(&["fsck", "--data", &data], DONE);
    check(&["audit", "export", &file, "--data", &data], DONE);
    check(&["audit", "verify", &file], DONE);
    // One digit of one leaf, as somebody would who wants another amount in the books.
    let text = std::fs::read_to_string(&export).unwrap();
    let (head, tail) = text.rsplit_once("\"hash\":\"").unwrap();
    let digit = if tail.starts_with('0') { '1' } else { '0' };
    std::fs::write(&export, format!("{head}\"hash\":\"{digit}{}", &tail[1..])).unwrap();
    check(&["audit", "verify", &file], NO);
    check(&["audit", "verify", "/nonexistent"], REFUSED);
}
