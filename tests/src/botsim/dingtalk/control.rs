//! The control API: what a test or a person does to the simulated world.

use super::Shared;
use super::fault::{self, Fault};
use super::taps::{self, TapRequest, TapResult};
use super::world::Entry;
use axum::Json;
use axum::extract::{Query, State};
use serde::Deserialize;
use serde_json::{Value, json};
use std::sync::Arc;

type Sim = State<Arc<Shared>>;

/// Whose phone; everybody's where it is missing.
#[derive(Deserialize)]
pub(super) struct Whose {
    user: Option<String>,
}

/// `GET /_sim/cards[?user=…]`: the cards as the platform holds them, or as one phone shows them.
pub(super) async fn cards(State(sim): Sim, Query(whose): Query<Whose>) -> Json<Value> {
    let world = sim.world();
    Json(match whose.user {
        None => json!(world.cards.values().collect::<Vec<_>>()),
        Some(user) => world
            .cards
            .values()
            .filter(|card| card.recipients.contains(&user))
            .map(|card| {
                let see = |name| card.seen_by(&user, name);
                json!({
                    "outTrackId": card.out_track_id, "title": see("title"), "facts": see("facts"),
                    "status": see("status"), "state": see("state"), "notice": see("notice"),
                    "detailUrl": see("detail_url"), "buttons": card.buttons(&user),
                })
            })
            .collect(),
    })
}

/// `POST /_sim/tap`: presses a button.
pub(super) async fn tap(State(sim): Sim, Json(request): Json<TapRequest>) -> Json<Vec<TapResult>> {
    Json(taps::tap(&sim, request).await)
}

/// `POST /_sim/fault`: makes something go wrong.
pub(super) async fn fault(State(sim): Sim, Json(fault): Json<Fault>) -> Json<Value> {
    fault::arm(&sim, fault);
    Json(json!({"armed": true}))
}

/// `GET /_sim/log`: every call, with the rules it broke.
pub(super) async fn log(State(sim): Sim) -> Json<Vec<Entry>> {
    Json(sim.world().log.clone())
}
