//! A real Chromium, driven by its own chromedriver, with a profile of its own.
//!
//! Elements are named by `data-test`. Every helper waits until what it needs is there and says, when it gives
//! up, what it was waiting for. A missing browser is an error, never a skipped test.

mod disk;
mod driver;
mod faults;
mod hands;
mod look;

pub(crate) use driver::use_ring;
pub use look::{Screen, Theme};

use crate::fault::{Fault, Result};
use driver::Driver;
use serde_json::{Value, json};
use std::time::{Duration, Instant};
use tempfile::TempDir;
use thirtyfour::{WebDriver, WindowHandle};

/// How long a helper waits. Two slow cores run browser, server and compiler at once.
const PATIENCE: Duration = Duration::from_secs(20);

/// How often it looks.
const INTERVAL: Duration = Duration::from_millis(50);

/// One person's browser. Two of them share nothing.
pub struct Browser {
    session: Option<WebDriver>,
    screen: Screen,
    theme: Theme,
    driver: Driver,
    profile: TempDir,
}

/// One of a browser's windows.
pub struct Tab(WindowHandle);

impl Drop for Browser {
    fn drop(&mut self) {
        if let Some(session) = self.session.take() {
            // A test failed. The handle would ask a driver that is about to die to end the session.
            let _ = session.leak();
            driver::kill_left_behind(self.profile.path());
        }
    }
}

impl Browser {
    /// Opens a browser with a new profile.
    pub async fn start(screen: Screen, theme: Theme) -> Result<Self> {
        let profile = tempfile::Builder::new().prefix("suanpan-profile-").tempdir()?;
        let mut browser = Self { session: None, screen, theme, profile, driver: Driver::start().await? };
        browser.begin_session().await?;
        Ok(browser)
    }

    /// A phone in light colours: what most people hold.
    pub async fn phone() -> Result<Self> {
        Self::start(Screen::Phone, Theme::Light).await
    }

    async fn begin_session(&mut self) -> Result<()> {
        let session = self.driver.session(self.profile.path()).await?;
        self.session = Some(session);
        self.watch().await?;
        self.apply_look().await
    }

    fn session(&self) -> Result<&WebDriver> {
        self.session.as_ref().ok_or_else(|| Fault::new("the browser is not running"))
    }

    /// Goes to an address and returns when the page has loaded.
    pub async fn open(&self, url: &str) -> Result<()> {
        self.session()?.goto(url).await.map_err(|error| Fault::during(&format!("opening {url}"), error))
    }

    /// Loads the page again.
    pub async fn reload(&self) -> Result<()> {
        Ok(self.session()?.refresh().await?)
    }

    /// The address shown.
    pub async fn address(&self) -> Result<String> {
        Ok(self.session()?.current_url().await?.to_string())
    }

    /// Kills the browser the way a phone's system does, with no warning, and starts it again with the same
    /// profile on an empty page: all that was not yet stored is gone.
    pub async fn kill_and_reopen(&mut self) -> Result<()> {
        if let Some(session) = self.session.take() {
            // The session dies with the browser; its handle must not try to end it in order.
            session.leak()?;
        }
        driver::kill_browser(self.profile.path()).await?;
        self.begin_session().await
    }

    /// Opens an empty window of the same browser beside the page, for what comes after the page's end.
    pub async fn open_beside(&self) -> Result<Tab> {
        Ok(Tab(self.session()?.new_window().await?))
    }

    /// The window that is in front.
    pub async fn tab(&self) -> Result<Tab> {
        Ok(Tab(self.session()?.window().await?))
    }

    /// Puts a window of the browser in front.
    pub async fn turn_to(&self, tab: &Tab) -> Result<()> {
        self.session()?.switch_to_window(tab.0.clone()).await?;
        self.watch().await?;
        self.apply_look().await
    }

    /// Allows a page so many bytes on the disk in all, or as many as there are. A database that is open trusts for half a
    /// minute what it was allowed before.
    pub async fn allow_storage(&self, origin: &str, bytes: Option<u64>) -> Result<()> {
        let mut request = json!({ "origin": origin });
        if let (Some(bytes), Some(request)) = (bytes, request.as_object_mut()) {
            request.insert("quotaSize".into(), json!(bytes));
        }
        self.devtools("Storage.overrideQuotaForOrigin", request).await?;
        let told = self.devtools("Storage.getUsageAndQuota", json!({ "origin": origin })).await?;
        if told.get("overrideActive").and_then(Value::as_bool) == Some(bytes.is_some()) {
            return Ok(());
        }
        Err(Fault::new(format!("the browser allows {told}")))
    }

    /// Ends the page's program with no warning, as a phone does with one that takes too much memory, and opens `url`
    /// in the window beside it. The page hears nothing of it; the browser lives on.
    pub async fn crash_and_open(&self, beside: Tab, url: &str) -> Result<()> {
        if self.devtools("Page.crash", json!({})).await.is_ok() {
            return Err(Fault::new("the page answered after its end"));
        }
        self.turn_to(&beside).await?;
        self.open(url).await
    }

    /// Ends the browser in order. Dropping it kills it.
    pub async fn quit(mut self) -> Result<()> {
        match self.session.take() {
            Some(session) => Ok(session.quit().await?),
            None => Ok(()),
        }
    }

    /// Tells the page that the network is gone. This reaches the page's own requests only: a service worker's
    /// and open sockets live on, so a test of working offline stops the server as well.
    pub async fn go_offline(&self) -> Result<()> {
        self.network(true).await
    }

    /// Tells the page that the network is back.
    pub async fn go_online(&self) -> Result<()> {
        self.network(false).await
    }

    async fn network(&self, offline: bool) -> Result<()> {
        self.devtools("Network.enable", json!({})).await?;
        let conditions = json!({
            "offline": offline, "latency": 0, "downloadThroughput": -1, "uploadThroughput": -1,
        });
        self.devtools("Network.emulateNetworkConditions", conditions).await?;
        Ok(())
    }

    /// Lets no request through whose address matches one of these patterns, such as `*.wasm`; none at all with
    /// an empty list.
    pub async fn block(&self, patterns: &[&str]) -> Result<()> {
        self.devtools("Network.enable", json!({})).await?;
        self.devtools("Network.setBlockedURLs", json!({ "urls": patterns })).await?;
        Ok(())
    }

    /// What keeps the app from being installed on the home screen.
    pub async fn installability_errors(&self) -> Result<Vec<String>> {
        let answer = self.devtools("Page.getInstallabilityErrors", json!({})).await?;
        let errors = answer
            .get("installabilityErrors")
            .and_then(Value::as_array)
            .ok_or_else(|| Fault::new("the browser does not judge installability"))?;
        Ok(errors.iter().map(Value::to_string).collect())
    }

    /// Waits until the app can start with no network: its service worker is active and has cached all it lists.
    pub async fn wait_until_offline_ready(&self) -> Result<()> {
        let ready = "navigator.serviceWorker.ready.then(async () => {
            const names = (await caches.keys()).filter(name => name.startsWith('shell-'));
            if (names.length !== 1) return false;
            const cache = await caches.open(names[0]);
            return !!(await cache.match('/')) && !!(await cache.match('/reader_bg.wasm'))
                && !!(await cache.match('/reader_loader.js')) && !!(await cache.match('/reader.js'));
        })";
        self.until("the app is stored for use offline", async || {
            Ok(self.evaluate(ready).await?.as_bool().filter(|ready| *ready).map(drop))
        })
        .await
    }

    /// The value of a JavaScript expression in the page; a promise is waited for.
    pub async fn evaluate(&self, expression: &str) -> Result<Value> {
        let request = json!({
            "expression": expression, "awaitPromise": true, "returnByValue": true,
        });
        let answer = self.devtools("Runtime.evaluate", request).await?;
        if let Some(exception) = answer.get("exceptionDetails") {
            return Err(Fault::new(format!("in the page: {exception}")));
        }
        Ok(answer.pointer("/result/value").cloned().unwrap_or(Value::Null))
    }

    async fn devtools(&self, method: &str, parameters: Value) -> Result<Value> {
        self.session()?.cdp().send_raw(method, parameters).await.map_err(|error| Fault::during(method, error))
    }

    /// Tries again and again until there is an answer. An error is taken as "not yet": pages replace their
    /// elements while they are being looked at.
    pub async fn until<T>(&self, what: &str, attempt: impl AsyncFn() -> Result<Option<T>>) -> Result<T> {
        let started = Instant::now();
        loop {
            let last = match attempt().await {
                Ok(Some(answer)) => return Ok(answer),
                Ok(None) => String::new(),
                Err(fault) => format!(" ({fault:?})"),
            };
            if started.elapsed() > PATIENCE {
                return Err(Fault::new(format!("waited {} s in vain until {what}{last}", PATIENCE.as_secs())));
            }
            tokio::time::sleep(INTERVAL).await;
        }
    }
}
