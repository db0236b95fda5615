//! The native half of `dev.segue.iceoryx2`.
//!
//! Java calls these functions through the foreign function interface; nothing here ever calls Java.
//! Every entry point catches panics and returns a code; `segue_ice_error_take` gives its text.
//!
//! Handles are addresses of boxes made here. Java owns them: it frees each once, and never while
//! another of its threads is inside a call with the same handle. What a handle needs of others, such
//! as a sample its subscriber, it keeps alive itself, so handles may be freed in any order.

mod abi;
mod event;
mod node;
mod publish;
mod request;
mod room;
mod serve;
mod service;
mod subscribe;
#[cfg(test)]
mod tests;
mod wake;

use iceoryx2::prelude::ipc_threadsafe;

/// Its ports may be used by any thread: each takes a mutex, which is uncontended as a rule.
type Ipc = ipc_threadsafe::Service;

// The core is the one that tools/native-cargo makes.
const _: () = iceoryx2::SERVERS_KNOW_CLIENTS;

/// Counts up with each change of a signature or a layout; Java refuses any other.
pub const ABI_VERSION: u32 = 4;

#[no_mangle]
pub extern "C" fn segue_ice_abi_version() -> u32 {
    ABI_VERSION
}
