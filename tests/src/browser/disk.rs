//! What a browser leaves on the disk: files that a page saves, and its own database.

use super::Browser;
use crate::fault::{Fault, Result};
use serde_json::json;
use std::fs;
use std::path::{Path, PathBuf};

impl Browser {
    /// Presses what saves a file, and waits until the file is whole.
    pub async fn saves(&self, test: &str) -> Result<PathBuf> {
        let folder = self.profile.path().join("saved");
        fs::create_dir_all(&folder)?;
        let request = json!({ "behavior": "allow", "downloadPath": folder });
        self.devtools("Browser.setDownloadBehavior", request).await?;
        let before = files(&folder)?;
        self.click(test).await?;
        self.until(&format!("“{test}” saves a file"), async || {
            let new = files(&folder)?.into_iter().find(|file| !before.contains(file));
            Ok(new.filter(|file| file.extension().is_some_and(|ending| ending != "crdownload")))
        })
        .await
    }

    /// What a script returns that looks into the page's own database: `database` is open, `store(NAME, MODE)` is one of its
    /// stores, and `answer(REQUEST)` waits for it.
    pub async fn looks_into_database(&self, script: &str) -> Result<serde_json::Value> {
        let whole = format!(
            "(async () => {{
              const answer = (asked) => new Promise((done, failed) => {{
                asked.onsuccess = () => done(asked.result);
                asked.onerror = () => failed(asked.error);
              }});
              const database = await answer(indexedDB.open('suanpan'));
              const store = (name, mode) => database.transaction(name, mode).objectStore(name);
              try {{ {script} }} finally {{ database.close(); }}
            }})()"
        );
        self.evaluate(&whole).await
    }

    /// Whether any file of the browser's database holds these bytes.
    pub fn database_holds(&self, bytes: &[u8]) -> Result<bool> {
        let files = files(&self.profile.path().join("Default/IndexedDB"))?;
        if files.is_empty() {
            return Err(Fault::new("the browser has no database"));
        }
        for file in files {
            if fs::read(file)?.windows(bytes.len()).any(|window| window == bytes) {
                return Ok(true);
            }
        }
        Ok(false)
    }
}

/// Every file below a folder.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            found.extend(files(&entry.path())?);
        } else {
            found.push(entry.path());
        }
    }
    Ok(found)
}
