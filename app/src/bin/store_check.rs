//! The device's database under the history of steps that the server's goes through as well (`sync::conformance`). Its test in
//! Chromium is the only one who loads this program; it is no part of what is served.

/// Leads the database through the history of a seed; what went wrong and where, or nothing.
#[cfg(target_arch = "wasm32")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub async fn check(seed: u32) -> String {
    suanpan_app::check_store(u64::from(seed)).await.err().unwrap_or_default()
}

fn main() {}
