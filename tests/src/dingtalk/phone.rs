//! The phones: a page that shows each user's cards and presses their buttons.

use axum::response::Html;

/// `GET /[?user=…]`: one phone, or one per user.
pub(super) async fn page() -> Html<&'static str> {
    Html(include_str!("phone.html"))
}
