//! One claim in several hands: tabs and phones that write without a network, a disk that is full, a tab that dies, and a
//! phone that was taken away.

use std::time::Duration;
use tests::device::Device;
use tests::fault::{Fault, Result};
use tests::person::{PASSWORD, Person};
use tests::place;
use tests::suanpan::Suanpan;

/// Begins a claim and returns its path once its first word is kept on the device.
async fn begins_claim(person: &Person, title: &str) -> Result<String> {
    person.goes_to("/claims/new").await?;
    person.phone.fill("claim-title", title).await?;
    loop {
        let address = person.phone.address().await?;
        if let Some((_, path)) = address.split_once("/claims/").filter(|(_, path)| *path != "new") {
            return Ok(format!("/claims/{path}"));
        }
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn two_tabs_and_two_phones_write_one_claim_offline_and_come_together() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let (old, new) = (Person::signs_in(&server, "zhangwei").await?, Person::signs_in(&server, "zhangwei").await?);
    let claim = begins_claim(&old, "出差").await?;
    old.is_up_to_date().await?;
    new.goes_to(&claim).await?;
    new.phone.wait_for_value("claim-title", 0, "出差").await?;
    server.kill().await?;

    // One tab writes the title, another of the same phone the purpose; each sees what the other wrote.
    old.phone.fill("claim-title", "上海出差").await?;
    let first = old.phone.tab().await?;
    let second = old.phone.open_beside().await?;
    old.phone.turn_to(&second).await?;
    old.goes_to(&claim).await?;
    old.phone.wait_for_value("claim-title", 0, "上海出差").await?;
    old.phone.fill("claim-purpose", "拜访客户").await?;
    old.phone.turn_to(&first).await?;
    old.phone.wait_for_value("claim-purpose", 0, "拜访客户").await?;
    // The other phone names the same trip otherwise.
    new.phone.fill("claim-title", "北京出差").await?;

    server.start().await?;
    for person in [&old, &new] {
        person.phone.wait_for_count("conflict", 1).await?;
        person.phone.wait_for_value("claim-purpose", 0, "拜访客户").await?;
        let sides = person.phone.text("conflict").await?;
        assert!(sides.contains("上海出差") && sides.contains("北京出差"), "{sides}");
    }
    new.phone.screenshot("two-versions").await?;
    new.phone.click_with_text("conflict-side", "上海出差").await?;
    for person in [&old, &new] {
        person.phone.wait_for_count("conflict", 0).await?;
        person.phone.wait_for_value("claim-title", 0, "上海出差").await?;
        person.is_up_to_date().await?;
    }
    new.saw_no_fault().await?;
    new.phone.quit().await?;
    old.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_tab_that_is_killed_between_capture_and_save_leaves_a_whole_claim() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let person = Person::signs_in(&server, "zhangwei").await?;
    let claim = begins_claim(&person, "出差").await?;
    let address = person.phone.address().await?;
    person.is_up_to_date().await?;
    server.kill().await?;

    let document = place::workspace().join("tests/data/toner-166.00.pdf");
    for moment in [0, 40, 120, 400] {
        let beside = person.phone.open_beside().await?;
        person.phone.upload("add-file", &document).await?;
        tokio::time::sleep(Duration::from_millis(moment)).await;
        person.phone.crash_and_open(beside, &address).await?;
        person.phone.wait_for_value("claim-title", 0, "出差").await?;
    }
    // Whatever was saved is whole; the same invoice again is the same invoice.
    person.phone.upload("add-file", &document).await?;
    person.phone.wait_for_count("invoice", 1).await?;
    person.phone.wait_for_count("line", 1).await?;
    server.start().await?;
    person.goes_to(&claim).await?;
    person.is_up_to_date().await?;
    person.phone.wait_for_count("invoice", 1).await?;
    person.phone.wait_for_count("line", 1).await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_full_phone_says_so_and_keeps_what_it_has() -> Result<()> {
    let server = Suanpan::demo().await?;
    let mut person = Person::signs_in(&server, "zhangwei").await?;
    let claim = begins_claim(&person, "出差").await?;
    person.is_up_to_date().await?;
    person.phone.kill_and_reopen().await?;
    let document = place::workspace().join("tests/data/toner-166.00.pdf");
    person.phone.allow_storage(&server.url(), Some(1)).await?;
    person.goes_to(&claim).await?;
    person.phone.wait_for_value("claim-title", 0, "出差").await?;
    person.phone.upload("add-file", &document).await?;
    person.phone.wait_for_text("trouble", "本机空间不足").await?;
    person.phone.screenshot("storage-full").await?;
    // No claim names a file that is nowhere.
    person.phone.wait_for_count("invoice", 0).await?;
    person.phone.wait_for_value("claim-title", 0, "出差").await?;

    // The phone has room again: what waited is kept and read without being chosen anew.
    person.phone.allow_storage(&server.url(), None).await?;
    person.phone.wait_for_count("trouble", 0).await?;
    person.phone.wait_for_count("invoice", 1).await?;
    person.phone.wait_for_count("line", 1).await?;
    person.is_up_to_date().await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_phone_that_was_taken_away_offline_forgets_everything_when_it_comes_back() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let person = Person::signs_in(&server, "zhangwei").await?;
    server.kill().await?;
    begins_claim(&person, "不该留下的").await?;
    person.phone.open("about:blank").await?;

    server.start().await?;
    let office = Device::sign_in(&server.url(), "zhangwei", PASSWORD).await?;
    let (_, devices) = office.ask("/api/devices", None).await?;
    let devices = devices.as_array().cloned().unwrap_or_default();
    let lost = devices.iter().find(|device| device.get("current") == Some(&serde_json::Value::Bool(false)));
    let lost = lost.and_then(|device| device.get("id")?.as_str()).ok_or_else(|| Fault::new(format!("{devices:?}")))?;
    office.revoke(lost).await?;
    person.goes_to("/").await?;
    person.phone.wait_for("sign-in-name").await?;
    person.phone.wait_for_text("session-ended", "停用").await?;
    person.phone.screenshot("revoked").await?;
    let left = person.phone.looks_into_database(ROWS).await?;
    assert_eq!(left, serde_json::json!([]), "what a revoked phone still has");

    // It may be enrolled again, and what it had not handed over is gone.
    person.types_password("zhangwei", PASSWORD).await?;
    person.phone.wait_for("new-claim").await?;
    person.is_up_to_date().await?;
    let titles = person.phone.texts("claim-row").await?;
    assert!(!titles.iter().any(|title| title.contains("不该留下的")), "{titles:?}");
    person.phone.quit().await
}

/// The names of stores that hold anything, and of other databases.
const ROWS: &str = r"
    const all = await indexedDB.databases();
    const left = all.map(({ name }) => name).filter((name) => name !== 'suanpan');
    for (const name of database.objectStoreNames) {
      const count = await answer(store(name).count());
      if (count > 0) left.push(`${name}: ${count}`);
    }
    return left;";
