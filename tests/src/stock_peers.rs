//! Stock automerge-repo peers: a node process that does what it is told, one line of JSON each way.

use crate::fault::{Fault, Result};
use crate::place;
use serde_json::{Value, json};
use std::process::Stdio;
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(15);

/// The peers of a test, each by its name.
pub struct StockPeers {
    _process: Child,
    orders: ChildStdin,
    answers: Lines<BufReader<ChildStdout>>,
}

/// A document of one peer.
#[derive(Clone, Copy)]
pub struct Held<'a> {
    /// The peer's name.
    pub peer: &'a str,
    /// The document's, as automerge-repo spells it.
    pub document: &'a str,
}

impl StockPeers {
    /// Starts the process; `None` where the library is not installed (`./dev test` installs it).
    pub fn start() -> Result<Option<Self>> {
        let folder = place::workspace().join("tests/bench");
        if !folder.join("node_modules/@automerge/automerge-repo").exists() {
            eprintln!("NOT CHECKED: automerge-repo is not installed; ./dev test installs it");
            return Ok(None);
        }
        let mut process = Command::new("node")
            .current_dir(&folder)
            .arg("sync/stock-peers.mjs")
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true)
            .spawn()?;
        let (Some(orders), Some(answers)) = (process.stdin.take(), process.stdout.take()) else {
            return Err(Fault::new("the peers cannot be spoken to"));
        };
        Ok(Some(Self { _process: process, orders, answers: BufReader::new(answers).lines() }))
    }

    /// A new peer at a server, with an access token.
    pub async fn connect(&mut self, peer: &str, server: &str, token: &str) -> Result<()> {
        let address = format!("{}/sync/automerge-repo?access_token={token}", server.replacen("http", "ws", 1));
        self.order(json!({"action": "connect", "peer": peer, "address": address})).await.map(drop)
    }

    /// Begins a document with these values.
    pub async fn begin(&mut self, held: Held<'_>, value: Value) -> Result<()> {
        self.about("begin", held, json!({"value": value})).await.map(drop)
    }

    /// Asks for a document: `ready` or `unavailable`.
    pub async fn find(&mut self, held: Held<'_>) -> Result<String> {
        said(self.about("find", held, json!({})).await?, "state")
    }

    /// Waits until a document that was unavailable is there.
    pub async fn arrival(&mut self, held: Held<'_>) -> Result<()> {
        self.about("arrival", held, json!({})).await.map(drop)
    }

    /// Writes one value.
    pub async fn set(&mut self, held: Held<'_>, path: &[&str], value: Value) -> Result<()> {
        self.about("set", held, json!({"path": path, "value": value})).await.map(drop)
    }

    /// Waits until the document says so.
    pub async fn until(&mut self, held: Held<'_>, path: &[&str], value: Value) -> Result<()> {
        self.about("until", held, json!({"path": path, "value": value})).await.map(drop)
    }

    /// What the document says now.
    pub async fn read(&mut self, held: Held<'_>) -> Result<Value> {
        said(self.about("read", held, json!({})).await?, "value")
    }

    /// The document's heads, sorted, in hex.
    pub async fn heads(&mut self, held: Held<'_>) -> Result<Vec<String>> {
        said(self.about("heads", held, json!({})).await?, "heads")
    }

    /// The actor that the peer writes as.
    pub async fn actor(&mut self, held: Held<'_>) -> Result<String> {
        said(self.about("actor", held, json!({})).await?, "actor")
    }

    /// Waits until so many of a peer's changes were refused in all; their codes, and how many frames passed in the second
    /// after that.
    pub async fn refused(&mut self, peer: &str, count: usize) -> Result<(Vec<String>, u64)> {
        let answer = self.order(json!({"action": "refused", "peer": peer, "count": count})).await?;
        Ok((said(answer.clone(), "codes")?, said(answer, "later")?))
    }

    /// How many frames have passed on a peer's socket, both ways.
    pub async fn frames(&mut self, peer: &str) -> Result<u64> {
        said(self.order(json!({"action": "frames", "peer": peer})).await?, "frames")
    }

    async fn about(&mut self, action: &str, held: Held<'_>, more: Value) -> Result<Value> {
        let mut order = json!({"action": action, "peer": held.peer, "document": held.document});
        if let (Some(order), Value::Object(more)) = (order.as_object_mut(), more) {
            order.extend(more);
        }
        self.order(order).await
    }

    async fn order(&mut self, order: Value) -> Result<Value> {
        self.orders.write_all(format!("{order}\n").as_bytes()).await?;
        let answer = tokio::time::timeout(PATIENCE, self.answers.next_line()).await;
        let answer = answer.map_err(|_| Fault::new(format!("no answer to {order}")))??;
        let answer: Value = serde_json::from_str(&answer.ok_or_else(|| Fault::new("the peers are gone"))?)?;
        match answer.get("fault").and_then(Value::as_str) {
            Some(fault) => Err(Fault::new(format!("{order}: {fault}"))),
            None => Ok(answer),
        }
    }
}

/// What an answer says under a name.
fn said<T: serde::de::DeserializeOwned>(mut answer: Value, name: &str) -> Result<T> {
    Ok(serde_json::from_value(answer.get_mut(name).map(Value::take).unwrap_or_default())?)
}
