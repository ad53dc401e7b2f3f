//! The database of a device in the browser itself, under the same history of steps as the server's two.

use std::fs;
use std::path::Path;

use tests::browser::Browser;
use tests::fault::Result;
use tests::place;
use tests::suanpan::Suanpan;

fn copy_all(from: &Path, to: &Path) -> Result<()> {
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        fs::copy(entry.path(), to.join(entry.file_name()))?;
    }
    Ok(())
}

#[tokio::test]
#[ignore = "needs a browser: ./dev test runs it"]
async fn it_keeps_what_every_store_keeps() -> Result<()> {
    let web = tempfile::tempdir()?;
    copy_all(&place::dist()?, web.path())?;
    copy_all(&place::store_check()?, web.path())?;
    let mut server = Suanpan::demo().await?;
    server.deploy(web.path()).await?;
    let browser = Browser::phone().await?;
    browser.open(&server.url()).await?;
    browser.wait_gone("boot").await?;
    for seed in 0..6 {
        let check = format!(
            "import('/store_check.js').then(async store => {{ await store.default({{ module_or_path: '/store_check_bg.wasm' }}); return await store.check({seed}); }})"
        );
        assert_eq!(browser.evaluate(&check).await?, "", "what went wrong");
    }
    browser.quit().await
}
