//! All that a session counts.

use crate::{
    labels::{
        priority, LocalityLabel, MessageLabel, ReasonLabel, ResourceLabel, SpaceLabel, LOCALITIES,
        MESSAGES, REASONS, RESOURCES, SHM, SPACES,
    },
    links::TransportStats,
    metrics::{escaped, head, Histogram, Table},
    StatsDirection, StatsKeysTree,
};
use std::{
    fmt::{self, Write},
    sync::{
        atomic::{AtomicI64, AtomicU64, Ordering},
        Arc, Mutex, MutexGuard,
    },
};
use zenoh_keyexpr::keyexpr;
use zenoh_protocol::core::{Priority, WhatAmI, ZenohIdProto};

const DIRECTIONS: [(&str, &str); 2] = [("tx", "sent"), ("rx", "received")];
const PRIORITY_COUNT: usize = Priority::NUM;
const MESSAGE_COUNT: usize = MESSAGES.len();

#[derive(Debug, Clone)]
pub struct StatsRegistry(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// Labels of each line.
    node: String,
    version: String,
    transports: AtomicI64,
    resources: [[AtomicI64; LOCALITIES.len()]; RESOURCES.len()],
    /// Few, and never removed.
    protocols: Mutex<Vec<Arc<Protocol>>>,
    payloads: [Table<Histogram, { PRIORITY_COUNT * MESSAGE_COUNT * 4 }>; 2],
    drops: [Table<Histogram, { PRIORITY_COUNT * MESSAGE_COUNT * REASONS.len() }>; 2],
}

/// What went over all links of one protocol.
#[derive(Debug)]
pub struct Protocol {
    name: String,
    links: AtomicI64,
    bytes: [AtomicU64; 2],
    transport_messages: [AtomicU64; 2],
    network_messages: [[AtomicU64; PRIORITY_COUNT * MESSAGE_COUNT * 2]; 2],
}

/// A place in a table of priorities, messages and `of` more values.
fn place(priority: Priority, message: MessageLabel, of: usize, value: usize) -> usize {
    (priority as usize * MESSAGE_COUNT + message as usize) * of + value
}

/// The labels of a place.
fn placed(place: usize, of: usize) -> (String, usize) {
    let (rest, value) = (place / of, place % of);
    let priority = priority(rest / MESSAGE_COUNT);
    let message = MESSAGES[rest % MESSAGE_COUNT];
    (format!("priority=\"{priority}\",message=\"{message}\""), value)
}

impl Protocol {
    fn new(name: &str) -> Protocol {
        Protocol {
            name: name.to_owned(),
            links: AtomicI64::new(0),
            bytes: Default::default(),
            transport_messages: Default::default(),
            network_messages: [const { [const { AtomicU64::new(0) }; _] }; 2],
        }
    }

    pub fn add_link(&self, change: i64) {
        self.links.fetch_add(change, Ordering::Relaxed);
    }

    pub fn add_bytes(&self, direction: StatsDirection, bytes: u64) {
        self.bytes[direction as usize].fetch_add(bytes, Ordering::Relaxed);
    }

    pub fn add_transport_messages(&self, direction: StatsDirection, count: u64) {
        self.transport_messages[direction as usize].fetch_add(count, Ordering::Relaxed);
    }

    pub fn add_network_message(
        &self,
        direction: StatsDirection,
        priority: Priority,
        message: MessageLabel,
        is_shm: bool,
    ) {
        let place = place(priority, message, 2, is_shm as usize);
        self.network_messages[direction as usize][place].fetch_add(1, Ordering::Relaxed);
    }
}

impl StatsRegistry {
    pub fn new(zid: ZenohIdProto, whatami: WhatAmI, build_version: impl Into<String>) -> Self {
        StatsRegistry(Arc::new(Counts {
            node: format!("local_id=\"{zid}\",local_whatami=\"{whatami}\""),
            version: escaped(&build_version.into()),
            transports: AtomicI64::new(0),
            resources: Default::default(),
            protocols: Mutex::default(),
            payloads: Default::default(),
            drops: Default::default(),
        }))
    }

    pub fn inc_resource_declared(&self, resource: ResourceLabel, locality: LocalityLabel) {
        self.add_resource(resource, locality, 1);
    }

    pub fn dec_resource_declared(&self, resource: ResourceLabel, locality: LocalityLabel) {
        self.add_resource(resource, locality, -1);
    }

    fn add_resource(&self, resource: ResourceLabel, locality: LocalityLabel, change: i64) {
        let count = &self.0.resources[resource as usize][locality as usize];
        count.fetch_add(change, Ordering::Relaxed);
    }

    pub fn unicast_transport_stats(
        &self,
        _zid: ZenohIdProto,
        _whatami: WhatAmI,
        _common_name: Option<String>,
    ) -> TransportStats {
        TransportStats::opened(self)
    }

    pub fn multicast_transport_stats(&self, _group: String) -> TransportStats {
        TransportStats::opened(self)
    }

    pub fn update_keys<'a>(
        &self,
        _tree: &mut StatsKeysTree,
        _keys: impl IntoIterator<Item = &'a keyexpr>,
    ) {
    }

    pub(crate) fn add_transport(&self, change: i64) {
        self.0.transports.fetch_add(change, Ordering::Relaxed);
    }

    fn protocols(&self) -> MutexGuard<'_, Vec<Arc<Protocol>>> {
        self.0.protocols.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn protocol(&self, name: &str) -> Arc<Protocol> {
        let mut protocols = self.protocols();
        if let Some(known) = protocols.iter().find(|protocol| protocol.name == name) {
            return known.clone();
        }
        let protocol = Arc::new(Protocol::new(name));
        protocols.push(protocol.clone());
        protocol
    }

    pub(crate) fn observe_payload(
        &self,
        direction: StatsDirection,
        priority: Priority,
        message: MessageLabel,
        space: SpaceLabel,
        is_shm: bool,
        byte_size: usize,
    ) {
        let place = place(priority, message, 4, (space as usize) * 2 + is_shm as usize);
        self.0.payloads[direction as usize].at(place).observe(byte_size as u64);
    }

    pub(crate) fn observe_drop(
        &self,
        direction: StatsDirection,
        priority: Priority,
        message: MessageLabel,
        reason: ReasonLabel,
        byte_size: usize,
    ) {
        let place = place(priority, message, REASONS.len(), reason as usize);
        self.0.drops[direction as usize].at(place).observe(byte_size as u64);
    }

    /// Sums over transports, links and keys; what is gone is in them.
    pub fn encode_metrics(
        &self,
        out: &mut impl Write,
        _per_transport: bool,
        _per_link: bool,
        _disconnected: bool,
        _per_key: bool,
    ) -> fmt::Result {
        let node = &self.0.node;
        head(out, "zenoh_build", "Zenoh build version", "info")?;
        writeln!(out, "zenoh_build_info{{{node},version=\"{}\"}} 1", self.0.version)?;
        let name = "zenoh_transports_opened";
        head(out, name, "Count of transports currently opened", "gauge")?;
        writeln!(out, "{name}{{{node}}} {}", self.0.transports.load(Ordering::Relaxed))?;
        let name = "zenoh_resources_declared";
        head(out, name, "Count of resources currently declared", "gauge")?;
        for (resource, of_resource) in RESOURCES.iter().zip(&self.0.resources) {
            for (locality, count) in LOCALITIES.iter().zip(of_resource) {
                let count = count.load(Ordering::Relaxed);
                let labels = format!("{node},resource=\"{resource}\",locality=\"{locality}\"");
                writeln!(out, "{name}{{{labels}}} {count}")?;
            }
        }
        let protocols: Vec<Arc<Protocol>> = self.protocols().clone();
        let name = "zenoh_links_opened";
        head(out, name, "Count of links currently opened", "gauge")?;
        for protocol in &protocols {
            let count = protocol.links.load(Ordering::Relaxed);
            writeln!(out, "{name}{{{node},protocol=\"{}\"}} {count}", protocol.name)?;
        }
        for (direction, (short, done)) in DIRECTIONS.iter().enumerate() {
            self.write_links(out, &protocols, direction, short, done)?;
            self.write_payloads(out, direction, short, done)?;
        }
        writeln!(out, "# EOF")
    }

    fn write_links(
        &self,
        out: &mut impl Write,
        protocols: &[Arc<Protocol>],
        direction: usize,
        short: &str,
        done: &str,
    ) -> fmt::Result {
        let node = &self.0.node;
        let name = format!("zenoh_{short}_bytes");
        head(out, &name, &format!("Count of transport messages bytes {done}"), "counter")?;
        for protocol in protocols {
            let count = protocol.bytes[direction].load(Ordering::Relaxed);
            writeln!(out, "{name}_total{{{node},protocol=\"{}\"}} {count}", protocol.name)?;
        }
        let name = format!("zenoh_{short}_transport_message");
        head(out, &name, &format!("Count of transport messages {done}"), "counter")?;
        for protocol in protocols {
            let count = protocol.transport_messages[direction].load(Ordering::Relaxed);
            writeln!(out, "{name}_total{{{node},protocol=\"{}\"}} {count}", protocol.name)?;
        }
        let name = format!("zenoh_{short}_network_message");
        head(out, &name, &format!("Count of network messages {done}"), "counter")?;
        for protocol in protocols {
            for (place, count) in protocol.network_messages[direction].iter().enumerate() {
                let count = count.load(Ordering::Relaxed);
                if count > 0 {
                    let (labels, shm) = placed(place, 2);
                    let of = format!("shm=\"{}\",protocol=\"{}\"", SHM[shm], protocol.name);
                    writeln!(out, "{name}_total{{{node},{labels},{of}}} {count}")?;
                }
            }
        }
        Ok(())
    }

    fn write_payloads(
        &self,
        out: &mut impl Write,
        direction: usize,
        short: &str,
        done: &str,
    ) -> fmt::Result {
        let node = &self.0.node;
        let name = format!("zenoh_{short}_network_message_payload_bytes");
        head(out, &name, &format!("Histogram of network messages payload {done}"), "histogram")?;
        for (place, histogram) in self.0.payloads[direction].made() {
            let (labels, value) = placed(place, 4);
            let of = format!("space=\"{}\",shm=\"{}\"", SPACES[value / 2], SHM[value % 2]);
            histogram.write(out, &name, &format!("{node},{labels},{of}"))?;
        }
        let name = format!("zenoh_{short}_network_message_dropped_payload_bytes");
        let help = format!("Histogram of network messages payload dropped while {done}");
        head(out, &name, &help, "histogram")?;
        for (place, histogram) in self.0.drops[direction].made() {
            let (labels, reason) = placed(place, REASONS.len());
            let labels = format!("{node},{labels},reason=\"{}\"", REASONS[reason]);
            histogram.write(out, &name, &labels)?;
        }
        Ok(())
    }

    /// Adds sums to what the admin space says of a node.
    pub fn merge_stats(&self, json: &mut serde_json::Value) {
        let Some(json) = json.as_object_mut() else { return };
        let mut stats = serde_json::Map::new();
        let protocols: Vec<Arc<Protocol>> = self.protocols().clone();
        for (direction, (short, _)) in DIRECTIONS.iter().enumerate() {
            let sum = |of: fn(&Protocol) -> &[AtomicU64; 2]| -> u64 {
                protocols.iter().map(|p| of(p)[direction].load(Ordering::Relaxed)).sum()
            };
            stats.insert(format!("{short}_bytes"), sum(|p| &p.bytes).into());
            stats.insert(format!("{short}_t_msgs"), sum(|p| &p.transport_messages).into());
            let dropped: u64 = self.0.drops[direction].made().map(|(_, drop)| drop.count()).sum();
            stats.insert(format!("{short}_n_dropped"), dropped.into());
        }
        json.insert("stats".into(), stats.into());
    }
}
