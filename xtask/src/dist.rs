//! The files of a built app, and when a phone downloads each.

use crate::Result;
use std::fs;
use std::path::{Path, PathBuf};

/// The file that makes the page start again without a network.
pub(crate) const SERVICE_WORKER: &str = "sw.js";

/// The page itself; its address is `/`.
pub(crate) const PAGE: &str = "index.html";

/// The program that keeps the replica, in a worker of its own: names Trunk gives it, which carry no hash.
const KEEPER: [&str; 3] = ["keeper.js", "keeper_bg.wasm", "keeper_loader.js"];

/// The program that reads invoices, in a worker of its own: names Trunk gives it, which carry no hash.
const READER: [&str; 3] = ["reader.js", "reader_bg.wasm", "reader_loader.js"];

/// When a phone downloads a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum When {
    /// Before the first page works: page, style, program, manifest, icons, and the service worker. With this a person
    /// signs in, and a device that was here before shows and takes everything.
    First,
    /// In the background, once the first page stands: the keeper of the replica. The first list of a new device, and
    /// the way of anything typed to the server, wait for it.
    Next,
    /// In the background, after that: what reads invoices.
    Later,
}

/// One file of a built app.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct File {
    /// The path under the built app's folder, with `/` between names.
    pub(crate) name: String,
    /// Where it is now.
    pub(crate) path: PathBuf,
}

impl File {
    /// When a phone downloads it.
    pub(crate) fn when(&self) -> When {
        match self.name.as_str() {
            name if KEEPER.contains(&name) => When::Next,
            name if READER.contains(&name) => When::Later,
            _ => When::First,
        }
    }

    /// The address under which the server gives it.
    pub(crate) fn url(&self) -> String {
        if self.name == PAGE { "/".to_owned() } else { format!("/{}", self.name) }
    }

    /// Whether the name carries a hash of the content, so that a copy never goes stale: `app-<hash>.js`.
    pub(crate) fn is_hashed(&self) -> bool {
        let stem = self.name.split('.').next().unwrap_or_default();
        let stem = stem.strip_suffix("_bg").unwrap_or(stem);
        stem.rsplit_once('-').is_some_and(|(_, hash)| {
            (12..=16).contains(&hash.len()) && hash.bytes().all(|byte| byte.is_ascii_hexdigit())
        })
    }

    /// Where its brotli form lies, whether or not there is one.
    pub(crate) fn brotli_path(&self) -> PathBuf {
        let mut name = self.path.clone().into_os_string();
        name.push(".br");
        name.into()
    }
}

/// Every file of the app built in `root`, in the order of their names, except brotli forms and names that
/// begin with a dot (notes of the build, which no page asks for).
pub(crate) fn files(root: &Path) -> Result<Vec<File>> {
    let mut found = Vec::new();
    walk(root, "", &mut found)?;
    found.sort();
    Ok(found)
}

fn walk(folder: &Path, prefix: &str, found: &mut Vec<File>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| format!("{}: {error}", folder.display()))?;
    for entry in entries {
        let entry = entry?;
        let path = entry.path();
        let own_name = entry.file_name();
        let own_name = own_name.to_string_lossy();
        let name = format!("{prefix}{own_name}");
        if own_name.starts_with('.') {
            continue;
        }
        if entry.file_type()?.is_dir() {
            walk(&path, &format!("{name}/"), found)?;
        } else if path.extension().is_none_or(|extension| extension != "br") {
            found.push(File { name, path });
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str) -> File {
        File { name: name.into(), path: name.into() }
    }

    #[test]
    fn a_hash_in_the_name_is_seen() {
        for hashed in ["app-3f9d0a1b2c4d5e6f.js", "app-3f9d0a1b2c4d5e6f_bg.wasm", "base-9d0a1b2c4d5e6f1.css"] {
            assert!(file(hashed).is_hashed(), "{hashed}");
        }
        for plain in ["reader_bg.wasm", "icon-192.png", "icon-maskable-512.png"] {
            assert!(!file(plain).is_hashed(), "{plain}");
        }
    }

    #[test]
    fn the_keeper_comes_next_the_reader_later_and_the_page_is_the_root() {
        assert_eq!(file("keeper_bg.wasm").when(), When::Next);
        assert_eq!(file("reader_bg.wasm").when(), When::Later);
        assert_eq!(file("app-3f9d0a1b2c4d5e6f_bg.wasm").when(), When::First);
        assert_eq!(file(PAGE).url(), "/");
        assert_eq!(file("icons/192.png").url(), "/icons/192.png");
    }
}
