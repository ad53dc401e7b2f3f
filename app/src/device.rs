//! The browser, behind plain Rust: storage, keys, network, camera files, workers and clocks.
//!
//! Promise: this is the only folder that names browser interfaces. What it hands out are bytes, strings, numbers and
//! errors with a stable code, so that the state above it reads like a program of any other platform.

pub(crate) mod background;
mod bytes;
pub(crate) mod capture;
pub(crate) mod clock;
pub(crate) mod connection;
pub(crate) mod http;
pub(crate) mod journal;
mod js;
pub(crate) mod key;
pub(crate) mod leader;
pub(crate) mod page;
pub(crate) mod page_file;
pub(crate) mod persist;
pub(crate) mod place;
pub(crate) mod preview;
pub(crate) mod queue;
pub(crate) mod random;
pub(crate) mod reader;
pub(crate) mod scope;
pub(crate) mod settings;
pub(crate) mod socket;
pub(crate) mod store;
pub(crate) mod task;
pub(crate) mod upload;
pub(crate) mod worker;

pub(crate) use bytes::{Bytes, ObjectUrl};
