//! The browser harness itself: what it does reaches the page, and what it reports it has really seen. A check
//! that cannot fail would let every other test pass.

use axum::Router;
use axum::response::Html;
use axum::routing::get;
use tests::browser::{Browser, Screen, Theme};
use tests::fault::Result;
use tests::place;
use tokio::net::TcpListener;

/// Serves a page of our own making until the test ends, and opens it.
async fn show(browser: &Browser, body: &str, policy: &'static str) -> Result<()> {
    let html = format!(
        "<!doctype html><html lang=zh-CN><meta charset=utf-8><title>harness</title>
         <meta name=viewport content='width=device-width'><link rel=icon href=data:,><main>{body}</main>"
    );
    let answer = get(move || async move { ([("content-security-policy", policy)], Html(html)) });
    let listener = TcpListener::bind(("127.0.0.1", 0)).await?;
    let url = format!("http://{}/", listener.local_addr()?);
    tokio::spawn(axum::serve(listener, Router::new().fallback(answer)).into_future());
    browser.open(&url).await
}

const NO_POLICY: &str = "";

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn hands_reach_the_page() -> Result<()> {
    let browser = Browser::phone().await?;
    show(
        &browser,
        "<input data-test=name value=before>
         <input data-test=day type=date>
         <select data-test=kind><option value=a>差旅</option><option value=b>招待</option></select>
         <input data-test=file type=file hidden>
         <button data-test=slow disabled>慢</button>
         <p data-test=row>一</p><p data-test=row>二</p><p data-test=row hidden>三</p>
         <p data-test=heard></p>
         <script>
           const heard = [], at = name => document.querySelector(`[data-test=${name}]`);
           const hear = text => { heard.push(text); at('heard').textContent = heard.join(' '); };
           for (const name of ['name', 'day', 'kind']) at(name).addEventListener('change', e => hear(e.target.value));
           at('file').addEventListener('change', e => hear(e.target.files[0].name));
           at('slow').addEventListener('click', () => hear('clicked'));
           for (const row of document.querySelectorAll('[data-test=row]'))
             row.addEventListener('click', () => hear(row.textContent));
           setTimeout(() => at('slow').disabled = false, 500);
         </script>",
        NO_POLICY,
    )
    .await?;
    browser.fill("name", "上海 客户").await?;
    browser.fill("day", "2026-10-12").await?;
    browser.fill("kind", "招待").await?;
    browser.upload("file", &place::workspace().join("Cargo.toml")).await?;
    browser.click("slow").await?;
    browser.click_with_text("row", "二").await?;
    let all = "上海 客户 2026-10-12 b Cargo.toml clicked 二";
    browser.wait_for_text("heard", all).await?;
    assert_eq!(browser.value("name").await?, "上海 客户");
    assert_eq!(browser.texts("row").await?, ["一", "二"]);
    assert_eq!(browser.count("row").await?, 2);
    browser.fill("name", "").await?;
    assert_eq!(browser.value("name").await?, "");
    browser.wait_gone("nothing-of-this-name").await?;
    browser.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn what_goes_wrong_is_seen() -> Result<()> {
    let browser = Browser::phone().await?;
    show(&browser, "<h1>好</h1>", NO_POLICY).await?;
    assert_eq!(browser.accessibility_violations().await?, Vec::<String>::new());
    assert_eq!(browser.console_errors().await?, Vec::<String>::new());
    assert_eq!(browser.policy_violations().await?, Vec::<String>::new());

    show(
        &browser,
        "<p style='color:#ccc;background:#fff'>看不清</p><img alt='' src=picture.png>
         <script>console.error('said aloud'); setTimeout(() => { throw new Error('thrown') });</script>",
        "img-src 'none'",
    )
    .await?;
    let violations = browser.accessibility_violations().await?.join("\n");
    assert!(violations.contains("color-contrast"), "{violations}");
    let errors = browser.console_errors().await?.join("\n");
    assert!(errors.contains("said aloud") && errors.contains("thrown"), "{errors}");
    let policy = browser.policy_violations().await?.join("\n");
    assert!(policy.contains("img-src"), "{policy}");
    browser.quit().await
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn screens_themes_and_the_network_are_what_the_page_sees() -> Result<()> {
    let mut browser = Browser::phone().await?;
    show(&browser, "<h1>好</h1>", NO_POLICY).await?;
    for (screen, width) in [(Screen::Phone, 390), (Screen::Desktop, 1280)] {
        for (theme, dark) in [(Theme::Light, false), (Theme::Dark, true)] {
            browser.look(screen, theme).await?;
            assert_eq!(browser.evaluate("innerWidth").await?, width);
            let query = "matchMedia('(prefers-color-scheme: dark)').matches";
            assert_eq!(browser.evaluate(query).await?, dark);
        }
    }
    assert_eq!(browser.evaluate("navigator.language").await?, "zh-CN");
    browser.go_offline().await?;
    assert_eq!(browser.evaluate("navigator.onLine").await?, false);
    browser.go_online().await?;
    assert_eq!(browser.evaluate("navigator.onLine").await?, true);
    browser.quit().await
}
