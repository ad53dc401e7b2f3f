//! Bad input: each gets a clear sentence, nothing is lost and nothing crashes.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;
use tests::fault::Result;
use tests::person::{PASSWORD, Person};
use tests::place;
use tests::suanpan::Suanpan;

fn own(name: &str) -> PathBuf {
    place::workspace().join("tests/data").join(name)
}

/// The sentence that the page says about a file.
async fn check_remark(person: &Person, file: &Path, words: &str) -> Result<()> {
    person.phone.upload("add-file", file).await?;
    person.phone.wait_for_text("remark", words).await?;
    person.phone.reload().await?;
    // What was typed is still there.
    person.phone.wait_for_value("claim-title", 0, "打印耗材").await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn files_that_are_no_invoice_are_named() -> Result<()> {
    let server = Suanpan::demo().await?;
    let person = Person::signs_in(&server, "zhangwei").await?;
    let folder = tempfile::tempdir()?;
    let huge = folder.path().join("huge.pdf");
    fs::write(&huge, vec![b'x'; 60 << 20])?;
    let nothing = folder.path().join("nothing.txt");
    fs::write(&nothing, "这不是发票")?;

    person.goes_to("/claims/new").await?;
    person.phone.fill("claim-title", "打印耗材").await?;
    // A claim gets its address once its first word is kept on the device.
    while person.phone.address().await?.ends_with("/new") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    check_remark(&person, &own("empty.pdf"), "空").await?;
    check_remark(&person, &huge, "文件太大").await?;
    check_remark(&person, &nothing, "发票").await?;
    check_remark(&person, &own("bomb.ofd"), "过大").await?;
    person.phone.screenshot("bad-file").await?;

    // A document without text is kept with the claim, and its line is filled in by hand.
    person.phone.upload("add-file", &own("no-text.pdf")).await?;
    person.phone.wait_for("invoice").await?;
    person.phone.wait_for("line").await?;
    person.saw_no_fault().await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_tab_that_is_killed_between_two_keystrokes_loses_none() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let person = Person::signs_in(&server, "zhangwei").await?;
    person.phone.wait_until_offline_ready().await?;
    person.goes_to("/claims/new").await?;
    person.phone.fill("claim-title", "出差").await?;
    while person.phone.address().await?.ends_with("/new") {
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    let address = person.phone.address().await?;
    server.kill().await?;

    for purpose in ["与客户谈到很晚", "与客户谈到很晚，改签次日", "退票"] {
        let beside = person.phone.open_beside().await?;
        person.phone.fill("claim-purpose", purpose).await?;
        person.phone.crash_and_open(beside, &address).await?;
        person.phone.wait_for_value("claim-purpose", 0, purpose).await?;
        person.phone.wait_for_value("claim-title", 0, "出差").await?;
    }

    // What stands there again is kept like anything else: it is there after one more death.
    let beside = person.phone.open_beside().await?;
    person.phone.crash_and_open(beside, &address).await?;
    person.phone.wait_for_value("claim-purpose", 0, "退票").await?;
    person.phone.quit().await
}

/// Raises every limit of the budget that the device keeps, as whoever can run a script in its page could: with its key.
const FORGE: &str = r"
    const key = await answer(store('meta').get('vault'));
    let changed = 0;
    for (const name of await answer(store('views').getAllKeys())) {
      if (!name.endsWith('view/budget')) continue;
      const { nonce, sealed } = await answer(store('views').get(name));
      const place = { name: 'AES-GCM', iv: nonce, additionalData: new TextEncoder().encode('views/' + name) };
      const bytes = new Uint8Array(await crypto.subtle.decrypt(place, key, sealed));
      const text = Array.from(bytes, (byte) => String.fromCharCode(byte)).join('');
      for (const { index } of text.matchAll(/(?<=limit.:)[1-8]/g)) { bytes[index] += 1; changed += 1; }
      const forged = { nonce, sealed: await crypto.subtle.encrypt(place, key, bytes) };
      await answer(store('views', 'readwrite').put(forged, name));
    }
    return changed;";

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_budget_that_the_server_has_not_signed_is_not_shown() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let person = Person::signs_in(&server, "zhangwei").await?;
    person.phone.wait_until_offline_ready().await?;
    person.goes_to("/budget").await?;
    person.phone.wait_for("budget-row").await?;
    person.is_up_to_date().await?;
    server.kill().await?;

    person.phone.reload().await?;
    person.phone.wait_for("budget-row").await?;
    let changed = person.phone.looks_into_database(FORGE).await?;
    assert!(changed.as_u64() > Some(0), "{changed}");
    person.phone.reload().await?;
    person.goes_to("/me").await?;
    person.phone.wait_for_text("sync-trouble", "签名").await?;
    person.phone.screenshot("forged-budget").await?;
    person.goes_to("/budget").await?;
    person.phone.wait_for_count("budget-row", 0).await?;

    // The server's own word replaces it, and nothing is wrong any more.
    server.start().await?;
    person.phone.wait_for("budget-row").await?;
    person.goes_to("/me").await?;
    person.phone.wait_for_count("sync-trouble", 0).await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_claim_with_no_line_says_what_is_missing() -> Result<()> {
    let server = Suanpan::demo().await?;
    let person = Person::signs_in(&server, "zhangwei").await?;
    person.goes_to("/claims/new").await?;
    person.phone.fill("claim-title", "空单").await?;
    person.phone.click("submit").await?;
    person.phone.wait_for("problems").await?;
    assert_eq!(person.phone.count("problem").await?, 1);
    person.phone.screenshot("no-line").await?;
    person.phone.click("add-line").await?;
    person.phone.wait_for_count("problem", 3).await?;
    person.saw_no_fault().await?;
    person.phone.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn five_wrong_passwords_lock_for_a_while() -> Result<()> {
    let server = Suanpan::demo().await?;
    let browser = tests::browser::Browser::phone().await?;
    browser.open(&server.url()).await?;
    for _ in 0..5 {
        browser.fill("sign-in-name", "zhangwei").await?;
        browser.fill("sign-in-password", "wrong").await?;
        browser.click("sign-in-submit").await?;
        browser.wait_for("sign-in-error").await?;
        browser.wait_for_text("sign-in-submit", "登录").await?;
    }
    browser.fill("sign-in-password", PASSWORD).await?;
    browser.click("sign-in-submit").await?;
    browser.wait_for_text("sign-in-error", "15").await?;
    browser.screenshot("locked").await?;
    assert_eq!(browser.value("sign-in-name").await?, "zhangwei");
    assert_eq!(browser.policy_violations().await?, Vec::<String>::new());
    browser.quit().await
}
