//! S1 and the whole path of one claim: captured with no signal, submitted, approved, paid, and the budget moves.

use budget::Money;
use sha2::{Digest, Sha256};
use std::fs;
use std::path::PathBuf;
use tests::fault::Result;
use tests::person::Person;
use tests::place;
use tests::suanpan::Suanpan;

/// A file and what it comes to.
struct Document {
    file: PathBuf,
    amount: String,
    /// Whether the app vouches for the amount. If not, a person looks at it and confirms.
    proven: bool,
    /// Whether its day lies in a period that has a budget.
    this_year: bool,
}

fn own(name: &str, amount: &str, proven: bool) -> Document {
    let file = place::workspace().join("tests/data").join(name);
    Document { file, amount: amount.to_owned(), proven, this_year: true }
}

/// The original of every file is kept byte for byte, named by its hash.
fn check_originals(server: &Suanpan, documents: &[Document]) -> Result<()> {
    for document in documents {
        let bytes = fs::read(&document.file)?;
        let name = hex::encode(Sha256::digest(&bytes));
        let (folder, rest) = name.split_at(2);
        let kept = server.data().join("blobs").join(folder).join(rest);
        assert!(fs::read(kept)? == bytes, "{}", document.file.display());
    }
    Ok(())
}

/// Captures in the tunnel, loses the page and the browser, submits, and is approved after a restart of the server.
async fn whole_path(title: &str, documents: &[Document], total: &str, screens: &str) -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let mut claimant = Person::signs_in(&server, "zhangwei").await?;
    server.kill().await?;

    // No signal: capture, fill in, lose the page.
    for (index, document) in documents.iter().enumerate() {
        if index == 0 {
            claimant.captures(&document.file).await?;
        } else {
            claimant.adds(&document.file).await?;
        }
    }
    claimant.phone.fill("claim-title", title).await?;
    complete_lines(&claimant, documents).await?;
    claimant.phone.wait_for_text("claim-total", total).await?;
    claimant.phone.reload().await?;
    claimant.phone.wait_for_text("claim-total", total).await?;
    claimant.phone.wait_for_count("invoice", documents.len()).await?;
    claimant.phone.screenshot(&format!("{screens}-draft-offline")).await?;
    claimant.submits().await?;
    claimant.phone.wait_for("waits").await?;
    claimant.phone.screenshot(&format!("{screens}-submitted-offline")).await?;

    // The phone is killed; nothing that was typed is lost.
    claimant.phone.kill_and_reopen().await?;
    claimant.opens_claim(title).await?;
    claimant.phone.wait_for_text("claim-total", total).await?;

    // Signal.
    server.start().await?;
    claimant.sees_state("审批中").await?;
    claimant.is_up_to_date().await?;
    claimant.saw_no_fault().await?;
    check_originals(&server, documents)?;

    // The server restarts before the approval.
    server.stop().await?;
    server.start().await?;
    let head = Person::signs_in(&server, "wangqiang").await?;
    head.opens_approval(title).await?;
    head.phone.wait_for_text("approval-total", total).await?;
    head.phone.screenshot(&format!("{screens}-approval")).await?;
    head.approves().await?;
    // A phone that was put away at once would send its decision the next time it is opened.
    let mut approvers = vec![head];
    for login in later_approvers(total) {
        let approver = Person::signs_in(&server, login).await?;
        approver.opens_approval(title).await?;
        approver.approves().await?;
        approvers.push(approver);
    }
    claimant.opens_claim(title).await?;
    claimant.sees_state("已同意").await?;
    for approver in approvers {
        approver.saw_no_fault().await?;
        approver.phone.quit().await?;
    }

    let cashier = Person::signs_in(&server, "chuna").await?;
    cashier.pays(title).await?;
    cashier.sees_state("已付款").await?;
    cashier.saw_no_fault().await?;
    cashier.phone.quit().await?;
    claimant.sees_state("已付款").await?;
    claimant.phone.screenshot(&format!("{screens}-paid")).await?;
    claimant.saw_no_fault().await?;
    claimant.phone.quit().await?;

    server.stop().await?;
    server.run("fsck", &[]).await?;
    Ok(())
}

/// Who agrees after the head of the department: finance above 1,000, the general manager above 5,000.
fn later_approvers(total: &str) -> Vec<&'static str> {
    let total = Money::parse(total).unwrap_or_default();
    let above = |yuan| Money::from_yuan(yuan).is_some_and(|limit| total > limit);
    let mut logins = Vec::new();
    if above(1_000) {
        logins.push("caiwu");
    }
    if above(5_000) {
        logins.push("zongjing");
    }
    logins
}

/// What no document says and a person has to: which account, and yes to amounts that nobody vouches for.
async fn complete_lines(claimant: &Person, documents: &[Document]) -> Result<()> {
    let phone = &claimant.phone;
    for (index, document) in documents.iter().enumerate() {
        if !document.proven {
            phone.click("line-confirm").await?;
        }
        phone.wait_for_value("line-amount", index, &document.amount).await?;
        if !document.this_year {
            phone.fill_at("line-date", index, &tests::person::today().to_string()).await?;
        }
        phone.click_at("line-account", index).await?;
        phone.choose("TRAVEL-TRANSPORT").await?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn s1_three_invoices_in_a_tunnel() -> Result<()> {
    let documents = [
        own("paper-48.90.xml", "48.90", true),
        own("toner-166.00.pdf", "166.00", true),
        own("rail-553.00.ofd", "553.00", true),
    ];
    whole_path("上海出差", &documents, "767.90", "s1").await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn s1_a_photograph_goes_the_same_way() -> Result<()> {
    whole_path("客户午餐", &[own("dinner-388.50.jpg", "388.50", false)], "388.50", "photo").await
}

/// The same with documents that were not made by this project, one of each shape, where a folder of them is given.
#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn s1_with_the_sample_documents() -> Result<()> {
    let Some(samples) = place::samples() else {
        println!("NOT CHECKED: no folder of sample documents was given");
        return Ok(());
    };
    let sample = |name: &str, amount: &str, proven| Document {
        file: samples.join(name),
        amount: amount.to_owned(),
        proven,
        this_year: false,
    };
    let documents = [
        sample("synth/sdp_05.xml", "1306.03", true),
        sample("public/einvoice_special_2024.ofd", "4449.00", true),
        sample("public/einvoice_made_up.pdf", "2000.00", true),
        sample("synth/sdp_02_photo.jpg", "2198.32", false),
    ];
    whole_path("样本发票", &documents, "9,953.35", "samples").await
}
