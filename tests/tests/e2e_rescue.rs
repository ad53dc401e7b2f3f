//! A phone whose server is out of reach for long: what only it has is taken along in a file, and back on another phone.

use std::fs;
use tests::fault::Result;
use tests::person::Person;
use tests::place;
use tests::suanpan::Suanpan;

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn what_never_reached_the_server_is_taken_along_and_back() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let (lost, other) = (Person::signs_in(&server, "zhangwei").await?, Person::signs_in(&server, "lina").await?);
    server.kill().await?;
    let document = place::workspace().join("tests/data/toner-166.00.pdf");
    lost.goes_to("/claims/new").await?;
    lost.phone.fill("claim-title", "上海<出差>").await?;
    lost.adds(&document).await?;
    let amount = lost.phone.value("line-amount").await?;
    lost.goes_to("/me").await?;
    let file = lost.phone.saves("rescue-save").await?;
    lost.phone.screenshot("rescue-saved").await?;

    // Any browser shows it.
    lost.phone.open(&format!("file://{}", file.display())).await?;
    lost.phone.screenshot("rescue-file").await?;
    let shown = lost.phone.evaluate("document.body.innerText").await?;
    let shown = shown.as_str().unwrap_or_default();
    assert!(shown.contains("上海<出差>") && shown.contains(&amount) && shown.contains("toner-166.00.pdf"), "{shown}");

    // The phone is gone. Another one of the same person takes it back.
    let folder = tempfile::tempdir()?;
    let kept = folder.path().join("救援.html");
    fs::copy(&file, &kept)?;
    lost.phone.quit().await?;
    server.start().await?;
    let new = Person::signs_in(&server, "zhangwei").await?;
    new.goes_to("/me").await?;
    new.phone.upload("rescue-take", &kept).await?;
    new.phone.wait_for_text("toasts", "已恢复 1 张草稿").await?;
    new.goes_to("/").await?;
    new.phone.click_with_text("claim-row", "上海<出差>").await?;
    new.phone.wait_for_count("invoice", 1).await?;
    new.phone.wait_for_value("line-amount", 0, &amount).await?;
    new.is_up_to_date().await?;

    // Again makes nothing twice; a stranger's file and one that is none are refused with a reason.
    new.goes_to("/me").await?;
    new.phone.upload("rescue-take", &kept).await?;
    new.phone.wait_for_text("toasts", "已在本机").await?;
    other.goes_to("/me").await?;
    other.phone.upload("rescue-take", &kept).await?;
    other.phone.wait_for_text("toasts", "另一个人").await?;
    fs::write(&kept, "<p>something else</p>")?;
    new.phone.upload("rescue-take", &kept).await?;
    new.phone.wait_for_text("toasts", "不是救援文件").await?;
    new.saw_no_fault().await?;
    other.phone.quit().await?;
    new.phone.quit().await
}
