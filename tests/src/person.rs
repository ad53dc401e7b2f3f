//! Somebody with a phone: signs in and does what the scenarios say, in their words.

use crate::browser::Browser;
use crate::fault::{Fault, Result};
use crate::suanpan::Suanpan;
use std::path::Path;

/// The password of everybody in the demo company.
pub const PASSWORD: &str = "suanpan-demo";

/// A person of the demo company, signed in on a phone of their own.
pub struct Person {
    /// Their phone.
    pub phone: Browser,
    server: String,
}

impl Person {
    /// Signs in, and waits until the app works without the network.
    pub async fn signs_in(server: &Suanpan, login: &str) -> Result<Self> {
        let person = Self { phone: Browser::phone().await?, server: server.url() };
        person.goes_to("/").await?;
        person.types_password(login, PASSWORD).await?;
        person.phone.wait_for("new-claim").await?;
        person.is_up_to_date().await?;
        person.phone.wait_until_offline_ready().await?;
        Ok(person)
    }

    /// Fills in the form and sends it.
    pub async fn types_password(&self, login: &str, password: &str) -> Result<()> {
        self.phone.fill("sign-in-name", login).await?;
        self.phone.fill("sign-in-password", password).await?;
        self.phone.click("sign-in-submit").await
    }

    /// Opens a page anew.
    pub async fn goes_to(&self, path: &str) -> Result<()> {
        self.phone.open(&format!("{}{path}", self.server)).await
    }

    /// Waits until the badge says that everything is here and sent.
    pub async fn is_up_to_date(&self) -> Result<()> {
        self.phone.wait_for_text("sync", "已同步").await
    }

    /// Begins a claim by choosing a file under 拍票, and waits until it stands in the claim.
    pub async fn captures(&self, file: &Path) -> Result<()> {
        self.goes_to("/capture").await?;
        self.phone.upload("capture-file", file).await?;
        self.phone.wait_for_count("invoice", 1).await?;
        self.phone.wait_for_count("line", 1).await
    }

    /// Adds a file to the claim that is open, and waits until it stands there.
    pub async fn adds(&self, file: &Path) -> Result<()> {
        let (invoices, lines) = (self.phone.count("invoice").await?, self.phone.count("line").await?);
        self.phone.upload("add-file", file).await?;
        self.phone.wait_for_count("invoice", invoices + 1).await?;
        self.phone.wait_for_count("line", lines + 1).await
    }

    /// Begins a claim without an invoice and fills in its only line.
    pub async fn writes_claim(&self, title: &str, amount: &str, account: &str) -> Result<()> {
        self.goes_to("/claims/new").await?;
        self.phone.fill("claim-title", title).await?;
        self.phone.click("add-line").await?;
        self.phone.fill("line-amount", amount).await?;
        self.phone.fill("line-date", &today().to_string()).await?;
        self.phone.click("line-account").await?;
        self.phone.choose(account).await
    }

    /// Hands the open claim in, and waits until the page says so.
    pub async fn submits(&self) -> Result<()> {
        self.phone.click("submit").await?;
        self.phone.wait_gone("submit").await
    }

    /// Opens the request with this title in the list of own claims.
    pub async fn opens_claim(&self, title: &str) -> Result<()> {
        self.goes_to("/").await?;
        self.phone.click_with_text("claim-row", title).await
    }

    /// Opens the request with this title in the inbox.
    pub async fn opens_approval(&self, title: &str) -> Result<()> {
        self.goes_to("/approvals").await?;
        self.phone.click_with_text("approval-row", title).await
    }

    /// Agrees with one tap, and waits until the decision is on its way: the bar to undo it is gone.
    pub async fn approves(&self) -> Result<()> {
        self.phone.click("approve").await?;
        self.phone.wait_for("undo").await?;
        self.phone.wait_gone("undo").await
    }

    /// Rejects or returns with a reason; `verb` is `reject` or `return`.
    pub async fn says_no(&self, verb: &str, reason: &str) -> Result<()> {
        self.phone.click(verb).await?;
        self.phone.wait_for("reason-sheet").await?;
        self.phone.fill("reason", reason).await?;
        self.phone.click("confirm-reason").await
    }

    /// Registers the payment of the request with this title.
    pub async fn pays(&self, title: &str) -> Result<()> {
        self.goes_to("/approvals").await?;
        self.phone.choose_segment("pay").await?;
        self.phone.screenshot("to-pay").await?;
        self.phone.click_with_text("approval-row", title).await?;
        self.phone.click("pay").await
    }

    /// Waits until the state that the page shows contains these words.
    pub async fn sees_state(&self, words: &str) -> Result<()> {
        self.phone.wait_for_text("state", words).await
    }

    /// Waits until a line of the budget has so much left, as its page says. What the page shows first is what this
    /// phone was last told.
    pub async fn sees_available(&self, line: &str, amount: &str) -> Result<()> {
        self.goes_to(&format!("/budget/{line}")).await?;
        self.phone.wait_for_text("available", &format!("¥{amount}")).await
    }

    /// Nothing went wrong behind the page: no error in the console, no violation of the content policy.
    pub async fn saw_no_fault(&self) -> Result<()> {
        let mut faults = self.phone.console_errors().await?;
        // The network was cut on purpose; the browser's own line about it is no fault of the app.
        faults.retain(|fault| !fault.contains("net::ERR_") && !fault.contains("WebSocket connection to"));
        faults.extend(self.phone.policy_violations().await?);
        match faults.first() {
            None => Ok(()),
            Some(_) => Err(Fault::new(faults.join("\n"))),
        }
    }
}

/// Today in China.
pub fn today() -> budget::Date {
    use std::time::{SystemTime, UNIX_EPOCH};
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let now = i64::try_from(now.as_millis()).unwrap_or_default();
    budget::Timestamp(now).china_date()
}
