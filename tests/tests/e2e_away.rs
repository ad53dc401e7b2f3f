//! S10 in the browser: the head goes away, hands over with two taps, and comes back; then agrees to several at once.

use tests::fault::Result;
use tests::person::Person;
use tests::place;
use tests::suanpan::Suanpan;

/// A claim over one document that nothing speaks against.
async fn hands_in(claimant: &Person, title: &str, document: &str) -> Result<()> {
    claimant.captures(&place::workspace().join("tests/data").join(document)).await?;
    claimant.phone.fill("claim-title", title).await?;
    claimant.phone.click("line-account").await?;
    claimant.phone.choose("TRAVEL-TRANSPORT").await?;
    claimant.submits().await?;
    claimant.sees_state("审批中").await
}

/// Whether the inbox has a row with this title, once it is up to date.
async fn waits_for(person: &Person, title: &str) -> Result<bool> {
    person.goes_to("/approvals").await?;
    person.is_up_to_date().await?;
    Ok(person.phone.texts("approval-row").await?.iter().any(|row| row.contains(title)))
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn s10_leave_and_a_batch() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let clerk = Person::signs_in(&server, "zhangwei").await?;
    let delegate = Person::signs_in(&server, "lina").await?;
    let mut head = Person::signs_in(&server, "wangqiang").await?;
    hands_in(&clerk, "客户拜访", "paper-48.90.xml").await?;
    hands_in(&delegate, "自己的票", "toner-166.00.pdf").await?;

    // Two taps: the row, then the person.
    head.goes_to("/me").await?;
    head.phone.click("delegate").await?;
    head.phone.wait_for("delegate-to").await?;
    let violations = head.phone.inspect("delegate").await?;
    assert!(violations.is_empty(), "{violations:?}");
    head.phone.click_with_text("delegate-to", "李娜").await?;
    head.phone.wait_for_text("delegation", "李娜 代您审批").await?;
    head.phone.screenshot("delegated").await?;

    // The clerk's waits for the delegate now, in the head's place; her own goes one level up.
    assert!(!waits_for(&delegate, "自己的票").await?, "nobody decides on their own request");
    delegate.opens_approval("客户拜访").await?;
    delegate.phone.wait_for_text("acting", "王强").await?;
    delegate.approves().await?;
    clerk.opens_claim("客户拜访").await?;
    clerk.sees_state("已同意").await?;
    clerk.phone.wait_for_text("timeline", "代").await?;
    clerk.phone.screenshot("timeline-in-place-of").await?;
    let chief = Person::signs_in(&server, "zongjing").await?;
    chief.opens_approval("自己的票").await?;
    chief.approves().await?;
    chief.saw_no_fault().await?;
    chief.phone.quit().await?;

    // Back again: what is new comes to the head, who agrees to everything that raises no question at once.
    head.goes_to("/me").await?;
    head.phone.click("delegate").await?;
    head.phone.click("delegate-end").await?;
    head.phone.wait_for_text("delegation", "您不在时").await?;
    hands_in(&clerk, "高铁", "rail-553.00.ofd").await?;
    hands_in(&delegate, "住宿", "lodging-1060.00.ofd").await?;
    for title in ["高铁", "住宿"] {
        head.opens_approval(title).await?;
    }
    head.goes_to("/approvals").await?;
    head.phone.click("batch").await?;
    head.phone.wait_for("batch-row").await?;
    let violations = head.phone.inspect("batch").await?;
    assert!(violations.is_empty(), "{violations:?}");
    // One is left out with a tap and stays.
    head.phone.click_with_text("batch-row", "住宿").await?;
    head.phone.screenshot("batch-left-out").await?;
    head.phone.click("batch-approve").await?;
    head.phone.wait_for("undo").await?;
    head.phone.wait_gone("undo").await?;
    clerk.opens_claim("高铁").await?;
    clerk.sees_state("已同意").await?;
    assert!(waits_for(&head, "住宿").await?, "what was left out still waits");

    for person in [clerk, delegate, head] {
        person.saw_no_fault().await?;
        person.phone.quit().await?;
    }
    server.stop().await?;
    server.run("fsck", &[]).await?;
    Ok(())
}
