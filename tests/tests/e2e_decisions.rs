//! Decisions that go the other way: returned, mended and handed in again; a decision on content that changed.

use tests::fault::Result;
use tests::person::Person;
use tests::suanpan::Suanpan;

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn returned_mended_and_handed_in_again() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let claimant = Person::signs_in(&server, "zhangwei").await?;
    let head = Person::signs_in(&server, "wangqiang").await?;
    claimant.writes_claim("客户拜访", "360.50", "TRAVEL-TRANSPORT").await?;
    claimant.submits().await?;
    claimant.sees_state("审批中").await?;

    head.opens_approval("客户拜访").await?;
    head.says_no("return", "请补充拜访对象").await?;
    claimant.phone.wait_for_text("returned", "请补充拜访对象").await?;
    claimant.phone.screenshot("returned").await?;
    claimant.phone.fill("claim-purpose", "拜访上海星河智能").await?;
    claimant.submits().await?;
    claimant.sees_state("审批中").await?;

    head.opens_approval("客户拜访").await?;
    head.approves().await?;
    claimant.sees_state("已同意").await?;
    for person in [claimant, head] {
        person.saw_no_fault().await?;
        person.phone.quit().await?;
    }
    server.stop().await?;
    server.run("fsck", &[]).await?;
    Ok(())
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_decision_on_an_older_revision_says_what_changed() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let claimant = Person::signs_in(&server, "zhangwei").await?;
    let mut head = Person::signs_in(&server, "wangqiang").await?;
    claimant.writes_claim("展会差旅", "520", "TRAVEL-HOTEL").await?;
    claimant.submits().await?;
    claimant.sees_state("审批中").await?;
    head.opens_approval("展会差旅").await?;
    head.phone.wait_for_text("approval-total", "520.00").await?;

    // The head is in a lift: agrees to 520 with no signal, and the phone is put away.
    server.kill().await?;
    head.approves().await?;
    head.phone.kill_and_reopen().await?;

    // Meanwhile the claimant withdraws, writes 920 and hands it in again.
    server.start().await?;
    claimant.phone.click("withdraw").await?;
    claimant.phone.wait_for("submit").await?;
    claimant.phone.fill("line-amount", "920").await?;
    claimant.submits().await?;
    claimant.sees_state("审批中").await?;
    claimant.is_up_to_date().await?;

    // The head looks again.
    head.opens_approval("展会差旅").await?;
    head.phone.wait_for_text("refused", "520.00").await?;
    head.phone.wait_for_text("refused", "920.00").await?;
    head.phone.screenshot("stale-approval").await?;
    claimant.sees_state("审批中").await?;
    head.phone.click("refused-drop").await?;
    head.phone.wait_for_text("approval-total", "920.00").await?;
    head.approves().await?;
    claimant.sees_state("已同意").await?;
    for person in [claimant, head] {
        person.saw_no_fault().await?;
        person.phone.quit().await?;
    }
    server.stop().await?;
    server.run("fsck", &[]).await?;
    Ok(())
}
