//! What the app knows and does: the mirror of the replica, the session, the connection and everything made of them.
//!
//! Promise: every page reads from here and changes things only through here. What a person did is on the disk before
//! anybody says that it is saved, and it is sent until it is answered. Half of this folder is pure (rows, answers,
//! guesses) and is tested without a browser; the other half drives the browser through `device`.

pub(crate) mod account;
pub(crate) mod course;
pub(crate) mod duplicate;
pub(crate) mod intended;
pub(crate) mod mended;
pub(crate) mod mirror;
pub(crate) mod proof;
pub(crate) mod rescue;
pub(crate) mod route;
pub(crate) mod row;
#[cfg(test)]
mod tests;
pub(crate) mod typed;

#[cfg(target_arch = "wasm32")]
pub(crate) mod capture;
#[cfg(target_arch = "wasm32")]
pub(crate) mod delegation;
#[cfg(target_arch = "wasm32")]
pub(crate) mod desk;
#[cfg(target_arch = "wasm32")]
mod keeping;
#[cfg(target_arch = "wasm32")]
mod link;
#[cfg(target_arch = "wasm32")]
mod navigator;
#[cfg(target_arch = "wasm32")]
mod notes;
#[cfg(target_arch = "wasm32")]
mod payment;
#[cfg(target_arch = "wasm32")]
mod pictures;
#[cfg(target_arch = "wasm32")]
mod rotation;
#[cfg(target_arch = "wasm32")]
pub(crate) mod session;
#[cfg(target_arch = "wasm32")]
pub(crate) mod surroundings;
#[cfg(target_arch = "wasm32")]
mod trust;
#[cfg(target_arch = "wasm32")]
mod typing;
#[cfg(target_arch = "wasm32")]
mod uploads;
#[cfg(target_arch = "wasm32")]
mod writer;

#[cfg(target_arch = "wasm32")]
pub(crate) use desk::{Desk, use_desk};
#[cfg(target_arch = "wasm32")]
pub(crate) use navigator::{Navigator, use_navigator};
