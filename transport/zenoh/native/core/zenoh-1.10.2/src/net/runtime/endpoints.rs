//! Added to the core by Segue: says which endpoints that a runtime is told to connect to it reaches.
//!
//! The core keeps trying, and writes so only to its log.

use std::{
    collections::{HashMap, HashSet},
    fmt::Display,
    sync::{Arc, Mutex},
};

use zenoh_config::ModeDependent;
use zenoh_link::EndPoint;
use zenoh_protocol::core::ZenohIdProto;
use zenoh_runtime::ZRuntime;

use super::Runtime;

pub enum Change<'a> {
    /// By a link of its own, or the node there is connected by another and takes no second one.
    Reached,
    /// An attempt failed; another one follows.
    Failed(&'a dyn Display),
    /// What it was reached by has ended; attempts follow.
    Lost,
}

pub type Watcher = Arc<dyn Fn(&EndPoint, Change<'_>) + Send + Sync>;

struct Watched {
    watcher: Watcher,
    /// Which node was last found at an endpoint.
    nodes: HashMap<EndPoint, ZenohIdProto>,
}

/// By the address of the runtime's state. A watch ends before its runtime does.
static WATCHERS: Mutex<Option<HashMap<usize, Watched>>> = Mutex::new(None);

fn with_watchers<R>(body: impl FnOnce(&mut HashMap<usize, Watched>) -> R) -> R {
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
    drop(with_watchers(|watchers| {
        watchers.insert(key, Watched { watcher, nodes: HashMap::new() })
    }));
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
    let watcher = with_watchers(|watchers| {
        watchers.get(&key(runtime)).map(|watched| watched.watcher.clone())
    });
    if let Some(watcher) = watcher {
        watcher(endpoint, change);
    }
}

/// An endpoint is connected, by a link of its own.
pub(super) fn reached(runtime: &Runtime, endpoint: &EndPoint, node: Option<ZenohIdProto>) {
    if let Some(node) = node {
        remember(runtime, endpoint, node);
    }
    tell(runtime, endpoint, Change::Reached);
}

fn remember(runtime: &Runtime, endpoint: &EndPoint, node: ZenohIdProto) {
    with_watchers(|watchers| {
        if let Some(watched) = watchers.get_mut(&key(runtime)) {
            watched.nodes.insert(endpoint.clone(), node);
        }
    });
}

/// An attempt failed. A node takes no second link of who has one already, and says so: it may as well
/// be one that has ended on this side, and that the node will miss only when its lease is over.
pub(super) async fn failed(runtime: &Runtime, endpoint: &EndPoint, error: &zenoh_result::Error) {
    let text = error.to_string();
    let is_refused = text.contains("MAX_LINKS") || text.contains("max num of links");
    if is_refused && is_connected(runtime, endpoint).await {
        tell(runtime, endpoint, Change::Reached);
    } else {
        tell(runtime, endpoint, Change::Failed(error));
    }
}

/// Whether the node at an endpoint that takes no second link is connected by the first.
async fn is_connected(runtime: &Runtime, endpoint: &EndPoint) -> bool {
    let connected: Vec<ZenohIdProto> = runtime
        .manager()
        .get_transports_unicast()
        .await
        .iter()
        .filter_map(|transport| transport.get_zid().ok())
        .collect();
    let known = with_watchers(|watchers| {
        watchers.get(&key(runtime)).and_then(|watched| watched.nodes.get(endpoint).copied())
    });
    match known {
        Some(node) if connected.contains(&node) => true,
        // Another node may be there by now, and have connected here.
        Some(_) if !connected.is_empty() => match ask(runtime, endpoint).await {
            Some(node) => {
                let is_connected = connected.iter().find(|&known| known.to_string() == node);
                if let Some(&node) = is_connected {
                    remember(runtime, endpoint, node);
                }
                is_connected.is_some()
            }
            None => false,
        },
        Some(_) => false,
        // A node that this one never connected to has no link of it that ended.
        None => !connected.is_empty(),
    }
}

/// The id of the node at an endpoint. It says it before it learns that another one was expected.
async fn ask(runtime: &Runtime, endpoint: &EndPoint) -> Option<String> {
    let nobody = runtime.manager().zid();
    let attempt = runtime.manager().open_transport_unicast_with_zid(endpoint.clone(), &nobody);
    let text = attempt.await.err()?.to_string();
    let (_, rest) = text.split_once("but received ")?;
    Some(rest.chars().take_while(char::is_ascii_hexdigit).collect())
}

/// The nodes that are connected and not just about to be, or not to be any more: their end is told
/// later than this returns.
pub fn open_nodes(runtime: &Runtime) -> HashSet<String> {
    ZRuntime::Net
        .block_in_place(runtime.manager().get_transports_unicast())
        .iter()
        .filter(|transport| transport.get_callback().is_ok_and(|callback| callback.is_some()))
        .filter_map(|transport| transport.get_zid().ok())
        .map(|node| node.to_string())
        .collect()
}
