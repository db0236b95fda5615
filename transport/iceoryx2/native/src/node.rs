//! Nodes: what a process is for others, and what is cleaned up when it dies.

use crate::{
    abi::{bad, borrow, failed, free, guard, into_handle, text, Failure},
    room,
    subscribe::GONE_PUBLISHERS,
    Ipc,
};
use iceoryx2::prelude::*;
use std::{
    fs::{File, TryLockError},
    os::unix::fs::MetadataExt,
    sync::{Mutex, MutexGuard},
    time::Duration,
};

pub struct NodeHandle {
    node: Mutex<Node<Ipc>>,
    /// The folder of all nodes. Under a shared lock, so that a cleaner of old temporary files passes
    /// over it (tmpfiles.d(5)): whoever came after one would make all services anew.
    _folder: File,
}

impl NodeHandle {
    pub fn lock(&self) -> MutexGuard<'_, Node<Ipc>> {
        self.node.lock().unwrap_or_else(|e| e.into_inner())
    }
}

/// Refuses a folder of nodes or services that is neither this user's nor root's, such as a volume of
/// a container: its owner could put there, and change, what this process takes for the books of its
/// services. Returns whether it is this user's.
fn check_owner(path: &str) -> Result<bool, Failure> {
    let owner = std::fs::metadata(path)
        .map_err(|e| failed(format!("the folder of nodes {path}: {e}")))?
        .uid();
    // SAFETY: it has no contract.
    let user = unsafe { libc::geteuid() };
    if owner != user && owner != 0 {
        return Err(foreign(path, owner));
    }
    Ok(owner == user)
}

fn foreign(path: &str, owner: u32) -> Failure {
    // SAFETY: it has no contract.
    let user = unsafe { libc::geteuid() };
    failed(format!(
        "the folder of nodes {path} belongs to the user with the number {owner}, and this process runs \
         as {user}: one user has it for himself, the first to make a node"
    ))
}

/// Of those that are there.
pub fn check_owners(paths: &[String]) -> Result<(), Failure> {
    for path in paths {
        if std::fs::exists(path).unwrap_or(true) {
            check_owner(path)?;
        }
    }
    Ok(())
}

/// Takes hold of the folder of all nodes.
pub fn own_folder(path: &str) -> Result<File, Failure> {
    let is_own = check_owner(path)?;
    let folder = File::open(path).map_err(|e| match is_own {
        true => failed(format!("the folder of nodes {path}: {e}")),
        false => foreign(path, 0),
    })?;
    for _ in 0..50 {
        match folder.try_lock_shared() {
            // A cleaner is just looking at it.
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(20)),
            _ => break, // also where the file system has no locks
        }
    }
    Ok(folder)
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
        let global = &config.global;
        let root = global.root_path().to_string();
        // Where the root is root's, others may have made these.
        let folders = [global.node_dir().to_string(), global.service_dir().to_string()];
        if std::fs::exists(&root).unwrap_or(true) {
            own_folder(&root)?;
            check_owners(&folders)?;
        }
        let mut builder =
            NodeBuilder::new().signal_handling_mode(SignalHandlingMode::Disabled).config(&config);
        if !name.is_empty() {
            let name = NodeName::new(name).map_err(|e| bad(format!("name={name}: {e:?}")))?;
            builder = builder.name(&name);
        }
        let node = builder.create::<Ipc>().map_err(|e| {
            failed(format!(
                "{e:?}; its files lie in {root}, which one user has for himself, the first to make a node"
            ))
        })?;
        let folder = own_folder(&root)?;
        check_owners(&folders)?;
        Ok(into_handle(NodeHandle { _folder: folder, node: Mutex::new(node) }))
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
