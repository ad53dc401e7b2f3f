//! What went wrong in a page without anybody seeing it: console errors and breaches of the content policy.

use super::Browser;
use crate::fault::Result;
use serde_json::json;

/// Kept in the tab's own storage, so that a reload does not lose what came before it.
const WATCH: &str = "addEventListener('securitypolicyviolation', event => {
    const kept = JSON.parse(sessionStorage.getItem('policy-violations') || '[]');
    kept.push(`${event.violatedDirective}: ${event.blockedURI} at ${event.sourceFile}:${event.lineNumber} ${event.sample}`);
    sessionStorage.setItem('policy-violations', JSON.stringify(kept));
});";

/// How the browser says that there is no network or no server. That is what an offline test asks for.
const UNREACHABLE: [&str; 5] = [
    "net::ERR_INTERNET_DISCONNECTED",
    "net::ERR_CONNECTION_REFUSED",
    "net::ERR_CONNECTION_RESET",
    "net::ERR_CONNECTION_CLOSED",
    "net::ERR_EMPTY_RESPONSE",
];

impl Browser {
    pub(super) async fn watch(&self) -> Result<()> {
        self.devtools("Page.addScriptToEvaluateOnNewDocument", json!({ "source": WATCH })).await?;
        Ok(())
    }

    /// The errors that the page has put on its console since this was last asked, except that a server could
    /// not be reached.
    pub async fn console_errors(&self) -> Result<Vec<String>> {
        let entries = self.session()?.get_log("browser").await?;
        Ok(entries
            .into_iter()
            .filter(|entry| entry.level == "SEVERE")
            .map(|entry| entry.message)
            .filter(|message| !UNREACHABLE.iter().any(|reason| message.contains(reason)))
            .collect())
    }

    /// The breaches of the content security policy in this tab and address.
    pub async fn policy_violations(&self) -> Result<Vec<String>> {
        let kept = self.evaluate("sessionStorage.getItem('policy-violations') || '[]'").await?;
        Ok(serde_json::from_str(kept.as_str().unwrap_or("[]"))?)
    }
}
