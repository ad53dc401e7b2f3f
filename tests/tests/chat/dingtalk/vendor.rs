//! The simulator against DingTalk's own SDK: what our tests trust is checked by somebody else's client.

use std::path::{Path, PathBuf};
use std::process::Command;
use tests::botsim::dingtalk::{CLIENT_ID, CLIENT_SECRET, Simulator, TEMPLATE};

/// The SDK's Python, where `./dev test` installed it.
fn python() -> PathBuf {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let tools = std::env::var_os("SUANPAN_TOOLS").map_or_else(|| root.join(".tools"), PathBuf::from);
    tools.join("dingtalk-sdk/bin/python")
}

#[tokio::test(flavor = "multi_thread")]
async fn dingtalks_own_sdk_completes_a_cycle_against_the_simulator() {
    let python = python();
    if !python.exists() {
        eprintln!(
            "NOT CHECKED: DingTalk's SDK is not installed. To install it: \
             python3 -m venv .tools/dingtalk-sdk && \
             .tools/dingtalk-sdk/bin/pip install -r tests/vendor/requirements.txt"
        );
        return;
    }
    let simulator = Simulator::start().await.unwrap();
    let script = Path::new(env!("CARGO_MANIFEST_DIR")).join("vendor/dingtalk_stream_check.py");
    let mut command = Command::new(python);
    command.arg(script).args([simulator.base_url(), CLIENT_ID, CLIENT_SECRET, TEMPLATE]);
    let output = tokio::task::spawn_blocking(move || command.output()).await.unwrap().unwrap();
    let said = String::from_utf8_lossy(&output.stdout);
    let complained = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && said.starts_with("OK"), "{said}\n{complained}");
    assert_eq!(simulator.violations(), []);
}
