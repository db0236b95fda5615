//! The parts of `segue-zenoh` that own memory, compiled without the Zenoh core, so that their tests
//! run under AddressSanitizer in seconds: `tools/sanitize`.

#![allow(dead_code)]

#[path = "../../src/abi.rs"]
mod abi;
#[path = "../../src/later.rs"]
mod later;
#[path = "../../src/lease.rs"]
mod lease;
#[path = "../../src/lent.rs"]
mod lent;
#[path = "../../src/queue.rs"]
mod queue;
#[path = "../../src/tokens.rs"]
mod tokens;
