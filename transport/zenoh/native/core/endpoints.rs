//! Added to the core by Segue: says which endpoints that a runtime is told to connect to it reaches.
//!
//! The core keeps trying, and writes so only to its log.

use std::{
    collections::HashMap,
    fmt::Display,
    sync::{Arc, Mutex},
};

use zenoh_config::ModeDependent;
use zenoh_link::EndPoint;

use super::Runtime;

pub enum Change<'a> {
    Reached,
    /// An attempt failed; another one follows.
    Failed(&'a dyn Display),
    /// What it was reached by has ended; attempts follow.
    Lost,
}

pub type Watcher = Arc<dyn Fn(&EndPoint, Change<'_>) + Send + Sync>;

/// By the address of the runtime's state. A watch ends before its runtime does.
static WATCHERS: Mutex<Option<HashMap<usize, Watcher>>> = Mutex::new(None);

fn with_watchers<R>(body: impl FnOnce(&mut HashMap<usize, Watcher>) -> R) -> R {
    let mut watchers = WATCHERS.lock().unwrap_or_else(|e| e.into_inner());
    body(watchers.get_or_insert_with(HashMap::new))
}

/// A watcher is told, on a thread of the core, until this is dropped.
pub struct Watch(usize);

impl Drop for Watch {
    fn drop(&mut self) {
        drop(with_watchers(|watchers| watchers.remove(&self.0)));
    }
}

/// One at a time for a runtime; it must be dropped before the runtime is.
pub fn watch(runtime: &Runtime, watcher: Watcher) -> Watch {
    let key = key(runtime);
    drop(with_watchers(|watchers| watchers.insert(key, watcher)));
    Watch(key)
}

/// The endpoints that it is told to connect to.
pub fn configured(runtime: &Runtime) -> Vec<EndPoint> {
    let config = runtime.state.config.lock();
    let endpoints = config.connect().endpoints().get(runtime.state.whatami);
    endpoints.into_iter().flatten().flat_map(|peer| peer.clone().flatten()).collect()
}

fn key(runtime: &Runtime) -> usize {
    Arc::as_ptr(&runtime.state) as usize
}

pub(super) fn tell(runtime: &Runtime, endpoint: &EndPoint, change: Change<'_>) {
    let watcher = with_watchers(|watchers| watchers.get(&key(runtime)).cloned());
    if let Some(watcher) = watcher {
        watcher(endpoint, change);
    }
}
