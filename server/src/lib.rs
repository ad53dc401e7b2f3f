//! `suanpan`: the relay, the authority and the API, in one binary.

pub mod api;
pub mod audit;
pub mod authority;
pub mod background;
pub mod blobs;
mod bus;
pub mod chat;
pub mod clock;
pub mod cluster;
pub mod commands;
pub mod company;
pub mod config;
pub mod demo;
pub mod directory;
pub mod engines;
pub mod fsck;
pub mod http;
pub mod identity;
pub mod keys;
pub mod listener;
pub mod random;
pub mod reader;
pub mod relay;
pub mod serve;
pub mod snapshots;
pub mod store;
#[cfg(test)]
mod testing;
pub mod tls;
pub mod verification;
