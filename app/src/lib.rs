//! The programs of the app: the page that people see, and the keeper of the replica in a worker beside it.
//!
//! Promise: the page is small and never waits: it shows what this device kept, takes what people want as intents, and
//! draws both at once. The keeper has the merge engine, signs, and writes to the disk. A third program, the reader of
//! invoices, is `bin/reader.rs`.

#![cfg_attr(
    target_arch = "wasm32",
    allow(
        unreachable_pub,
        clippy::needless_pass_by_value,
        clippy::large_types_passed_by_value,
        reason = "the component macro writes public builders, and a component owns its properties"
    )
)]

#[cfg(target_arch = "wasm32")]
mod device;
#[cfg(all(target_arch = "wasm32", debug_assertions))]
mod gallery;
#[cfg(any(target_arch = "wasm32", test))]
mod keeper;
#[cfg(target_arch = "wasm32")]
mod pages;
#[cfg(target_arch = "wasm32")]
mod parts;
#[cfg(target_arch = "wasm32")]
mod shell;
#[cfg(any(target_arch = "wasm32", test))]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "outside a browser only its tests run"))]
mod state;
#[cfg(any(target_arch = "wasm32", test))]
#[cfg_attr(not(target_arch = "wasm32"), expect(dead_code, reason = "outside a browser only its tests run"))]
mod text;

/// The page: mounts the app and says when it stands. Outside a browser it does nothing, so that the workspace builds.
pub fn page() {
    #[cfg(target_arch = "wasm32")]
    {
        console_error_panic_hook::set_once();
        device::settings::restore();
        leptos::mount::mount_to_body(shell::Shell);
        device::page::mark("mounted");
    }
}

/// The keeper: listens to the page that started it. Outside a browser it does nothing.
pub fn keeper() {
    #[cfg(target_arch = "wasm32")]
    {
        console_error_panic_hook::set_once();
        keeper::start();
    }
}

/// Leads the device's database through the history of a seed (`sync::conformance`); what went wrong, and where.
#[cfg(target_arch = "wasm32")]
#[expect(clippy::missing_errors_doc, reason = "the error is the outcome")]
pub async fn check_store(seed: u64) -> Result<(), String> {
    device::store::conformance::check(seed).await
}
