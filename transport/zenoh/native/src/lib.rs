//! The native half of `dev.segue.zenoh`.
//!
//! Java calls these functions through the foreign function interface; nothing here ever calls Java.
//! What native threads have to tell (samples, the end of a lease) waits in queues that Java drains.
//! Every entry point catches panics and returns a code; `segue_error_take` gives the text of one.
//!
//! Handles are addresses of boxes made here. Java owns them: it frees each once, and never while
//! another of its threads is inside a call with the same handle.

mod abi;
mod advanced;
mod config;
mod connectivity;
mod counters;
mod deep;
mod deep_stack;
mod fields;
mod info;
mod keyexpr;
mod later;
mod lease;
mod lent;
mod limits;
mod listener;
#[cfg(test)]
mod live_tests;
mod liveliness;
mod log;
mod matching;
mod misses;
#[cfg(test)]
mod null_tests;
mod publish;
mod querier;
mod query;
mod queryable;
mod queue;
mod sample;
mod scout;
mod session;
mod shm;
mod shm_backend;
mod shm_header;
mod shm_proof;
mod shm_reader;
mod shm_space;
mod sizes;
mod stamps;
mod subscribe;
mod tokens;

/// Counts up with each change of a signature or a layout; Java refuses any other.
pub const ABI_VERSION: u32 = 9;

#[no_mangle]
pub extern "C" fn segue_abi_version() -> u32 {
    // The first call of all.
    session::deepen_stacks();
    ABI_VERSION
}
