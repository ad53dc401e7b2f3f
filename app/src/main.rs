//! The page's program: mounts the app and says when it stands.

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

#[cfg(target_arch = "wasm32")]
fn main() {
    console_error_panic_hook::set_once();
    device::settings::restore();
    leptos::mount::mount_to_body(shell::Shell);
    device::page::mark("mounted");
}

/// The app runs in a browser only; this lets the workspace build as a whole.
#[cfg(not(target_arch = "wasm32"))]
fn main() {}
