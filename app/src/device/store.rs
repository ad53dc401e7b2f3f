//! The device's database: named stores of bytes by key, in IndexedDB.
//!
//! Promise: [`write`] returns only after the transaction is complete on the disk (strict durability), and all of a
//! batch is there or none of it, across several stores. Only then may anybody say "saved". Bytes are sealed (`vault`).

use std::cell::RefCell;

use indexed_db_futures::database::Database;
use indexed_db_futures::internals::SystemRepr;
use indexed_db_futures::prelude::*;
use indexed_db_futures::transaction::{Transaction, TransactionDurability, TransactionMode, TransactionOptions};
use indexed_db_futures::{KeyRange, error};
use wasm_bindgen::closure::Closure;
use wasm_bindgen::{JsCast, JsValue};

use super::bytes::Bytes;
use super::js;

mod batch;
pub(crate) mod conformance;
mod failure;
mod vault;

pub(crate) use batch::{Store, Write};
pub(crate) use failure::StoreError;
use vault::Sealed;
pub(crate) use vault::forget_key_of_nobody;

const DATABASE: &str = "suanpan";
/// Raised whenever [`Store::ALL`] grows; what an older version stored stays.
const VERSION: u32 = 1;

thread_local! {
    static OPEN: RefCell<Option<Database>> = const { RefCell::new(None) };
}

/// The open database. A connection that the browser or a newer tab closed is opened again at the next use.
async fn database() -> Result<Database, StoreError> {
    if let Some(open) = OPEN.with_borrow(Clone::clone) {
        return Ok(open);
    }
    let database = Database::open(DATABASE)
        .with_version(VERSION)
        .with_on_upgrade_needed(|_, database| {
            let there: Vec<String> = database.object_store_names().collect();
            for store in Store::ALL {
                if !there.iter().any(|name| name == store.name()) {
                    database.create_object_store(store.name()).build()?;
                }
            }
            Ok(())
        })
        .await?;
    // A newer tab waits until older connections are closed; without this it would wait for ever.
    let leave = Closure::once_into_js(forget);
    let handle: &JsValue = database.as_sys().as_ref();
    js::set(handle, "onversionchange", &leave);
    js::set(handle, "onclose", &Closure::once_into_js(forget));
    OPEN.with_borrow_mut(|open| *open = Some(database.clone()));
    Ok(database)
}

fn forget() {
    if let Some(database) = OPEN.with_borrow_mut(Option::take) {
        database.close();
    }
}

/// Starts a transaction; a connection that turns out to be dead is replaced once.
async fn live() -> Result<Database, StoreError> {
    let open = database().await?;
    let alive = open.transaction(Store::Meta.name()).with_mode(TransactionMode::Readonly).build().is_ok();
    if alive {
        return Ok(open);
    }
    forget();
    database().await
}

/// The bytes under a key.
pub(crate) async fn get(store: Store, key: &str) -> Result<Option<Bytes>, StoreError> {
    let found = get_value(store, key).await?.map(|value| (key.to_owned(), value));
    Ok(vault::open(store, found.into_iter()).await?.pop().map(|(_, bytes)| bytes))
}

/// Every key that starts with `prefix`, with its bytes, in the order of the keys.
pub(crate) async fn scan(store: Store, prefix: &str) -> Result<Vec<(String, Bytes)>, StoreError> {
    let database = live().await?;
    let transaction = database.transaction(store.name()).with_mode(TransactionMode::Readonly).build()?;
    let opened = transaction.object_store(store.name())?;
    // Both requests go out before either is awaited, so that both see the same state.
    let keys = opened.get_all_keys::<String>().with_query::<String, _>(range(prefix)).primitive()?;
    let values = opened.get_all::<JsValue>().with_query::<String, _>(range(prefix)).primitive()?;
    let (keys, values) = (keys.await?, values.await?);
    let found: Vec<(String, JsValue)> =
        keys.zip(values).map(|(key, value)| Ok((key?, value?))).collect::<Result<_, error::Error>>()?;
    vault::open(store, found.into_iter()).await
}

/// Every key that starts with `prefix`, in order, without reading what is under it.
pub(crate) async fn keys(store: Store, prefix: &str) -> Result<Vec<String>, StoreError> {
    let database = live().await?;
    let transaction = database.transaction(store.name()).with_mode(TransactionMode::Readonly).build()?;
    let opened = transaction.object_store(store.name())?;
    let keys = opened.get_all_keys::<String>().with_query::<String, _>(range(prefix)).await?;
    Ok(keys.collect::<Result<_, _>>()?)
}

/// Applies a batch in one transaction, in order: all of it is on the disk when this returns, or none of it. Of two that are
/// not awaited either may be first; `queue` keeps the order.
pub(crate) async fn write(batch: Vec<Write>) -> Result<(), StoreError> {
    let mut names: Vec<&str> = batch.iter().map(|write| write.store().name()).collect();
    names.sort_unstable();
    names.dedup();
    if names.is_empty() {
        return Ok(());
    }
    // Before the transaction begins: it would not wait for the sealing.
    let batch = vault::seal(batch).await?;
    let database = live().await?;
    let transaction = begin(&database, &names)?;
    let requested = request(&transaction, batch);
    finish(transaction, requested).await
}

/// Begins a batch and gives it up after its last change: nothing of it may stay.
async fn abandon(batch: Vec<Write>) -> Result<(), StoreError> {
    let names: Vec<&str> = Store::ALL.iter().map(|store| store.name()).collect();
    let batch = vault::seal(batch).await?;
    let database = live().await?;
    let transaction = begin(&database, &names)?;
    request(&transaction, batch)?;
    Ok(transaction.abort().await?)
}

/// Removes one key.
pub(crate) async fn delete(store: Store, key: &str) -> Result<(), StoreError> {
    write(vec![Write::Delete(store, key.to_owned())]).await
}

/// Removes everything that the app has stored on this device, as when a person signs out for good.
#[cfg(debug_assertions)]
pub(crate) async fn erase() -> Result<(), StoreError> {
    write(Store::ALL.into_iter().map(|store| Write::DeletePrefix(store, String::new())).collect()).await
}

/// A stored value that is not bytes.
pub(super) async fn get_value(store: Store, key: &str) -> Result<Option<JsValue>, StoreError> {
    let database = live().await?;
    let transaction = database.transaction(store.name()).with_mode(TransactionMode::Readonly).build()?;
    let opened = transaction.object_store(store.name())?;
    let value: Option<JsValue> = opened.get(key).primitive()?.await?;
    Ok(value.filter(|value| !value.is_undefined()))
}

/// Stores a value that is not bytes under a new key, and says [`StoreError::Taken`] when somebody was first.
pub(super) async fn add_value(store: Store, key: &str, value: &JsValue) -> Result<(), StoreError> {
    let database = live().await?;
    let transaction = begin(&database, &[store.name()])?;
    let added = async {
        let opened = transaction.object_store(store.name())?;
        opened.add(value.clone()).with_key(key.to_owned()).without_key_type().primitive()?.await
    }
    .await;
    finish(transaction, added).await
}

/// Moves a value that is not bytes under another name, over what lies there. Nothing happens when there is none.
pub(super) async fn move_value(store: Store, from: &str, to: &str) -> Result<(), StoreError> {
    let Some(value) = get_value(store, from).await? else { return Ok(()) };
    let database = live().await?;
    let transaction = begin(&database, &[store.name()])?;
    let batch = vec![Sealed::Put(store, to.to_owned(), value), Sealed::Delete(store, from.to_owned())];
    let requested = request(&transaction, batch);
    finish(transaction, requested).await
}

fn begin<'a>(database: &'a Database, names: &[&str]) -> Result<Transaction<'a>, StoreError> {
    let strict = TransactionOptions::new().with_durability(TransactionDurability::Strict);
    Ok(database.transaction(names).with_mode(TransactionMode::Readwrite).with_options(strict).build()?)
}

fn request(transaction: &Transaction<'_>, batch: Vec<Sealed>) -> Result<(), error::Error> {
    for write in batch {
        let opened = transaction.object_store(write.store().name())?;
        match write {
            Sealed::Put(_, key, value) => drop(opened.put(value).with_key(key).without_key_type().primitive()?),
            Sealed::Delete(_, key) => drop(opened.delete(key).primitive()?),
            Sealed::DeletePrefix(_, prefix) => {
                drop(opened.delete::<String, _>(range(&prefix)).primitive()?);
            }
        }
    }
    Ok(())
}

/// Commits and waits for the disk. Space that runs out is reported by the transaction, not by the request.
async fn finish(transaction: Transaction<'_>, requested: Result<(), error::Error>) -> Result<(), StoreError> {
    requested?;
    let handle: web_sys::IdbTransaction = transaction.as_sys().unchecked_ref::<web_sys::IdbTransaction>().clone();
    match transaction.commit().await {
        Ok(()) => Ok(()),
        Err(error) => Err(match handle.error() {
            Some(reason) => StoreError::of_exception(&reason),
            None => error.into(),
        }),
    }
}

/// All strings that start with `prefix`: the last character of the basic plane sorts behind every key we make.
fn range(prefix: &str) -> KeyRange<String> {
    KeyRange::Bound(prefix.to_owned(), false, format!("{prefix}\u{ffff}"), false)
}
