//! The journal's head and proofs, for whoever wants to know later that nothing before it was changed.
//!
//! A device keeps the last checkpoint that it saw and asks for the proof that the new one continues
//! it; an auditor with one entry asks for the proof that it is in the tree. The leaves' content is
//! not given out here.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;
use axum::{Json, Router};
use serde::Serialize;

use crate::authority::journal;
use crate::http::{AppState, Problem};
use crate::identity::Caller;
use crate::store::Stop;

pub(super) fn routes() -> Router<AppState> {
    Router::new()
        .route("/api/log/checkpoint", get(checkpoint))
        .route("/api/log/inclusion/{sequence}/{size}", get(inclusion))
        .route("/api/log/consistency/{older}/{size}", get(consistency))
}

/// The signed checkpoint (C2SP tlog-checkpoint) of the journal as it is now, as text.
async fn checkpoint(State(app): State<AppState>, _: Caller) -> Result<impl IntoResponse, Problem> {
    let latest = app.store.readers.read(|connection| {
        let covers: bool = connection.query_row(
            "SELECT coalesce((SELECT max(size) FROM checkpoint), -1) = coalesce((SELECT max(sequence) FROM journal), 0)",
            [],
            |row| row.get(0),
        )?;
        if covers { journal::latest_checkpoint(connection) } else { Ok(None) }
    });
    let note = match latest.await? {
        Some(note) => note,
        None => {
            app.store
                .writer
                .run(|turn| Ok::<_, Stop<Problem>>(turn.state.checkpoint(turn.connection, turn.now)?))
                .await?
        }
    };
    Ok(([(CONTENT_TYPE, "text/plain; charset=utf-8")], note))
}

/// That an entry is in the tree.
#[derive(Serialize)]
struct Inclusion {
    sequence: u64,
    size: u64,
    /// The entry's leaf hash, in hex.
    leaf: String,
    /// Hashes from the leaf to the root (RFC 9162 section 2.1.3), in hex.
    proof: Vec<String>,
}

/// That an older tree is the beginning of a newer one.
#[derive(Serialize)]
struct Consistency {
    older: u64,
    size: u64,
    /// Hashes (RFC 9162 section 2.1.4), in hex.
    proof: Vec<String>,
}

fn hex_of(hashes: Vec<journal::merkle::Hash>) -> Vec<String> {
    hashes.into_iter().map(hex::encode).collect()
}

async fn inclusion(
    State(app): State<AppState>,
    _: Caller,
    Path((sequence, size)): Path<(u64, u64)>,
) -> Result<Json<Inclusion>, Problem> {
    within(&app, sequence, size).await?;
    let proofs = Arc::clone(&app.proofs);
    let proof = app.store.readers.read(move |connection| {
        let proof = proofs.at(connection, size)?.inclusion(sequence - 1, size)?;
        let leaf = journal::leaf_of(connection, sequence)?;
        Ok(Inclusion { sequence, size, leaf: hex::encode(leaf), proof: hex_of(proof) })
    });
    Ok(Json(proof.await?))
}

async fn consistency(
    State(app): State<AppState>,
    _: Caller,
    Path((older, size)): Path<(u64, u64)>,
) -> Result<Json<Consistency>, Problem> {
    within(&app, older, size).await?;
    let proofs = Arc::clone(&app.proofs);
    let proof = app.store.readers.read(move |connection| {
        let proof = proofs.at(connection, size)?.consistency(older, size)?;
        Ok(Consistency { older, size, proof: hex_of(proof) })
    });
    Ok(Json(proof.await?))
}

/// The first number is at least one and at most the second, and that many entries there are.
async fn within(app: &AppState, first: u64, size: u64) -> Result<(), Problem> {
    let latest = app.store.readers.read(journal::size).await?;
    if first == 0 || first > size || size > latest {
        return Err(Problem::malformed(format!("1 ≤ {first} ≤ {size} ≤ {latest}")));
    }
    Ok(())
}
