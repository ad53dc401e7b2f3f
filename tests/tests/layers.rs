//! Who may import whom. A new arrow between our crates is a decision: it changes this file and the design.

use cargo_metadata::{DependencyKind, Metadata, MetadataCommand, Package};
use std::collections::{BTreeMap, BTreeSet};
use std::process::Command;
use tests::fault::Result;
use tests::place;

/// For each crate of ours, the crates of ours that it may import.
const ARROWS: [(&str, &[&str]); 8] = [
    ("budget", &[]),
    ("ocr", &["budget"]),
    ("sync", &["budget"]),
    ("bot", &["budget", "sync"]),
    ("server", &["budget", "sync", "ocr", "bot"]),
    ("app", &["budget", "sync", "ocr"]),
    ("tests", &["budget", "sync", "ocr", "server", "bot"]),
    ("xtask", &[]),
];

/// What the rules of money and the replica never import themselves: they do no IO, have no clock and no dice,
/// and compile for the browser and the server alike.
const IMPURE: [&str; 8] = ["tokio", "rusqlite", "postgres", "web-sys", "js-sys", "getrandom", "reqwest", "axum"];

/// What must not reach the browser, however indirectly. `mio` stands for tokio's runtime: its channels alone,
/// which the IndexedDB crate uses, are harmless.
const NATIVE: [&str; 6] = ["rusqlite", "postgres", "mio", "axum", "reqwest", "tesseract-rs"];

fn metadata() -> Result<Metadata> {
    Ok(MetadataCommand::new().current_dir(place::workspace()).no_deps().exec()?)
}

fn imports<'a>(package: &'a Package, kinds: &[DependencyKind]) -> BTreeSet<&'a str> {
    package
        .dependencies
        .iter()
        .filter(|dependency| kinds.contains(&dependency.kind))
        .map(|dependency| dependency.name.as_str())
        .collect()
}

#[test]
fn our_crates_import_each_other_only_along_the_arrows() -> Result<()> {
    let arrows = BTreeMap::from(ARROWS);
    let metadata = metadata()?;
    let names: BTreeSet<&str> = metadata.packages.iter().map(|package| package.name.as_str()).collect();
    assert_eq!(names, arrows.keys().copied().collect(), "every crate has its arrows");
    for package in &metadata.packages {
        let kinds = [DependencyKind::Normal, DependencyKind::Build, DependencyKind::Development];
        // A crate may name itself among its development dependencies, to turn a feature on for its tests.
        let allowed: BTreeSet<&str> =
            arrows[package.name.as_str()].iter().copied().chain([package.name.as_str()]).collect();
        let imported: BTreeSet<&str> = imports(package, &kinds).intersection(&names).copied().collect();
        let surplus: Vec<_> = imported.difference(&allowed).collect();
        assert!(surplus.is_empty(), "{} imports {surplus:?}", package.name);
    }
    Ok(())
}

#[test]
fn money_and_replica_are_pure() -> Result<()> {
    for package in metadata()?.packages {
        if !["budget", "sync"].contains(&package.name.as_str()) {
            continue;
        }
        let imported = imports(&package, &[DependencyKind::Normal, DependencyKind::Build]);
        for impure in IMPURE {
            assert!(!imported.contains(impure), "{} imports {impure}", package.name);
        }
    }
    Ok(())
}

#[test]
fn nothing_native_reaches_the_browser() -> Result<()> {
    for package in metadata()?.packages {
        let tokio = imports(&package, &[DependencyKind::Normal]).contains("tokio");
        assert!(package.name.as_str() != "app" || !tokio, "app imports tokio");
    }
    let tree = Command::new(env!("CARGO"))
        .current_dir(place::workspace())
        .args(["tree", "--locked", "--package", "app", "--edges", "normal"])
        .args(["--target", "wasm32-unknown-unknown", "--prefix", "none"])
        .args(["--format", "{p}"])
        .output()?;
    assert!(tree.status.success(), "{}", String::from_utf8_lossy(&tree.stderr));
    let crates: BTreeSet<String> = String::from_utf8_lossy(&tree.stdout)
        .lines()
        .filter_map(|line| line.split(' ').next().map(str::to_owned))
        .collect();
    assert!(crates.contains("leptos"), "the tree is the app's");
    for native in NATIVE {
        assert!(!crates.contains(native), "{native} is compiled into the app");
    }
    Ok(())
}
