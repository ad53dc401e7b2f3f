//! The head of the journal, for whoever wants to prove later that nothing before it was changed.

use axum::Router;
use axum::extract::State;
use axum::http::header::CONTENT_TYPE;
use axum::response::IntoResponse;
use axum::routing::get;

use crate::authority::journal;
use crate::http::{AppState, Problem};
use crate::identity::Caller;
use crate::store::Stop;

pub(super) fn routes() -> Router<AppState> {
    Router::new().route("/api/log/checkpoint", get(checkpoint))
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
