//! End to end: what the tests in `tests/tests` stand on.
//!
//! - [`botsim`]: strict simulators of the chat platforms, with the phones of their users.
//! - [`browser`]: a real Chromium, one profile a person.
//! - [`device`]: a device without a browser, for what happens between devices.
//! - [`documents`]: invoices of our own, as XML, OFD, PDF and photographs, and files that a reader must survive.
//! - [`office`]: a server inside the test, with every chat platform and a clock that can be turned.
//! - [`person`]: somebody with a phone, doing what the scenarios say.
//! - [`score`]: what a reader made of documents, field by field against their truth.
//! - [`postgresql`]: a PostgreSQL server of a test's own.
//! - [`nats`]: a NATS server of a test's own.
//! - [`relays`]: people at two servers of one company, one of which is killed.
//! - [`kills`]: people at work while the server is killed, and what has to be there afterwards.
//! - [`stock_peers`]: stock automerge-repo peers, in a process of their own.
//! - [`suanpan`]: the server as a process that can be stopped, killed and started again.
//! - [`place`]: where the things under test lie.

pub mod botsim;
pub mod browser;
pub mod device;
pub mod documents;
pub mod fault;
pub mod kills;
pub mod nats;
pub mod office;
pub mod person;
pub mod place;
pub mod postgresql;
pub mod relays;
pub mod score;
pub mod stock_peers;
pub mod suanpan;
