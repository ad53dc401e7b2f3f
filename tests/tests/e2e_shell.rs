//! The shell of the app, before anybody has signed in: it starts, it starts with no network, it says when it
//! cannot start, it is installed, and it is updated only when the person agrees.

use std::fs;
use std::path::Path;
use tests::browser::Browser;
use tests::fault::Result;
use tests::place;
use tests::suanpan::Suanpan;

async fn check_nothing_went_wrong(browser: &Browser) -> Result<()> {
    assert_eq!(browser.console_errors().await?, Vec::<String>::new());
    assert_eq!(browser.policy_violations().await?, Vec::<String>::new());
    Ok(())
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn after_one_visit_it_starts_with_no_server() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let mut browser = Browser::phone().await?;
    browser.open(&server.url()).await?;
    browser.wait_gone("boot").await?;
    browser.wait_until_offline_ready().await?;
    check_nothing_went_wrong(&browser).await?;

    server.kill().await?;
    browser.reload().await?;
    browser.wait_gone("boot").await?;
    browser.open(&format!("{}/claims/anything/deep", server.url())).await?;
    browser.wait_gone("boot").await?;
    browser.kill_and_reopen().await?;
    browser.open(&server.url()).await?;
    browser.wait_gone("boot").await?;
    check_nothing_went_wrong(&browser).await?;
    browser.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn a_program_that_does_not_arrive_is_said_and_can_be_tried_again() -> Result<()> {
    let server = Suanpan::demo().await?;
    let browser = Browser::phone().await?;
    for lost in ["*_bg.wasm", "*/app-*.js"] {
        browser.block(&[lost]).await?;
        browser.open(&server.url()).await?;
        browser.wait_for_text("boot-fault", "没有打开成功").await?;
        browser.screenshot("boot-fault").await?;
        browser.block(&[]).await?;
        browser.click("boot-retry").await?;
        browser.wait_gone("boot").await?;
    }
    browser.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn it_can_be_installed() -> Result<()> {
    let server = Suanpan::demo().await?;
    let browser = Browser::phone().await?;
    browser.open(&server.url()).await?;
    browser.wait_until_offline_ready().await?;
    let errors = browser.installability_errors().await?;
    assert_eq!(errors, Vec::<String>::new());
    browser.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn an_update_waits_until_it_is_asked_for() -> Result<()> {
    let mut server = Suanpan::demo().await?;
    let browser = Browser::phone().await?;
    browser.open(&server.url()).await?;
    browser.wait_until_offline_ready().await?;
    let before = caches(&browser).await?;
    assert_eq!(before.len(), 1);

    let next = next_version()?;
    server.deploy(next.path()).await?;
    browser.reload().await?;
    let waiting = "navigator.serviceWorker.getRegistration().then(async found => {
        await found.update();
        while (!found.waiting) await new Promise(done => setTimeout(done, 50));
        return true;
    })";
    assert_eq!(browser.evaluate(waiting).await?, true);
    assert_eq!(caches(&browser).await?.len(), 2, "the old one still serves");

    let skip = "navigator.serviceWorker.getRegistration().then(found => new Promise(done => {
        navigator.serviceWorker.addEventListener('controllerchange', () => done(true));
        found.waiting.postMessage('skip');
    }))";
    assert_eq!(browser.evaluate(skip).await?, true);
    browser.reload().await?;
    // An update brings all files, so it is complete without the page's asking.
    browser.wait_until_offline_ready().await?;
    let after = caches(&browser).await?;
    assert_eq!(after.len(), 1);
    assert_ne!(after, before);
    browser.quit().await
}

async fn caches(browser: &Browser) -> Result<Vec<String>> {
    let names = browser.evaluate("caches.keys()").await?;
    Ok(serde_json::from_value(names)?)
}

/// A copy of the built app whose service worker calls itself another version.
fn next_version() -> Result<tempfile::TempDir> {
    let copy = tempfile::tempdir()?;
    for entry in fs::read_dir(place::dist()?)? {
        let entry = entry?;
        fs::copy(entry.path(), copy.path().join(entry.file_name()))?;
    }
    let worker = copy.path().join("sw.js");
    let text = fs::read_to_string(&worker)?;
    let changed = text.replacen("const VERSION = \"", "const VERSION = \"next-", 1);
    assert_ne!(text, changed, "the version is where it is looked for");
    fs::write(&worker, changed)?;
    remove_if_there(&copy.path().join("sw.js.br"))?;
    Ok(copy)
}

fn remove_if_there(path: &Path) -> Result<()> {
    if path.exists() {
        fs::remove_file(path)?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn the_first_page_can_be_used_by_everybody() -> Result<()> {
    let server = Suanpan::demo().await?;
    let mut browser = Browser::phone().await?;
    browser.open(&server.url()).await?;
    browser.wait_gone("boot").await?;
    assert_eq!(browser.inspect("first").await?, Vec::<String>::new());
    check_nothing_went_wrong(&browser).await?;
    browser.quit().await
}
