//! Nodes: what a process is for others, and what is cleaned up when it dies.

use crate::{
    abi::{bad, borrow, failed, free, guard, into_handle, text},
    room,
    subscribe::GONE_PUBLISHERS,
    Ipc,
};
use iceoryx2::prelude::*;
use std::sync::{Mutex, MutexGuard};

pub struct NodeHandle(Mutex<Node<Ipc>>);

impl NodeHandle {
    pub fn lock(&self) -> MutexGuard<'_, Node<Ipc>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// A node that leaves the signals of the process alone. An empty prefix is that of the
/// configuration, which is read from where iceoryx2 reads it in every process.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_node_new(
    name: *const u8,
    name_length: u64,
    prefix: *const u8,
    prefix_length: u64,
) -> i64 {
    guard(|| {
        // SAFETY: Java lends both for the time of the call.
        let (name, prefix) = unsafe { (text(name, name_length)?, text(prefix, prefix_length)?) };
        set_log_level_from_env_or(LogLevel::Error);
        room::require(0)?;
        let mut config = Config::global_config().clone();
        config.defaults.publish_subscribe.subscriber_expired_connection_buffer = GONE_PUBLISHERS;
        config.defaults.request_response.server_expired_connection_buffer = GONE_PUBLISHERS;
        config.defaults.request_response.client_expired_connection_buffer = GONE_PUBLISHERS;
        if !prefix.is_empty() {
            config.global.prefix = FileName::new(prefix.as_bytes())
                .map_err(|_| bad(format!("prefix={prefix} is not part of a file's name")))?;
        }
        let mut builder =
            NodeBuilder::new().signal_handling_mode(SignalHandlingMode::Disabled).config(&config);
        if !name.is_empty() {
            let name = NodeName::new(name).map_err(|e| bad(format!("name={name}: {e:?}")))?;
            builder = builder.name(&name);
        }
        let node = builder.create::<Ipc>().map_err(|e| {
            failed(format!(
                "{e:?}; its files lie in {}, which one user has for himself, the first to make a node",
                config.global.root_path()
            ))
        })?;
        Ok(into_handle(NodeHandle(Mutex::new(node))))
    })
}

/// Removes what dead processes left; returns `removed | failed << 32`.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_node_clean(node: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let state = unsafe { borrow::<NodeHandle>(node) }.lock().try_cleanup_dead_nodes();
        let part = |count: u64| count.min(i32::MAX as u64) as i64;
        Ok(part(state.cleanups) | part(state.failed_cleanups) << 32)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_node_free(node: i64) {
    // SAFETY: Java frees a handle once. Services and ports keep the node alive on their own.
    unsafe { free::<NodeHandle>(node) }
}
