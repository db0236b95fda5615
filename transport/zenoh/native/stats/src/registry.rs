//! All that a session counts.

use crate::{
    labels::{
        LocalityLabel, MessageLabel, ReasonLabel, ResourceLabel, SpaceLabel, LOCALITIES, REASONS,
        RESOURCES, SHM, SPACES,
    },
    links::TransportStats,
    metrics::{escaped, head, Histogram, Table},
    tally::{place, placed, Tally, PLACE_COUNT},
    StatsDirection, StatsKeysTree,
};
use std::{
    fmt::{self, Write},
    sync::{
        atomic::{AtomicI64, Ordering},
        Arc, Mutex, MutexGuard,
    },
};
use zenoh_keyexpr::keyexpr;
use zenoh_protocol::core::{Locator, Priority, WhatAmI, ZenohIdProto};

const DIRECTIONS: [(&str, &str); 2] = [("tx", "sent"), ("rx", "received")];

#[derive(Debug, Clone)]
pub struct StatsRegistry(Arc<Counts>);

#[derive(Debug)]
struct Counts {
    /// Labels of each line.
    node: String,
    version: String,
    transports: AtomicI64,
    resources: [[AtomicI64; LOCALITIES.len()]; RESOURCES.len()],
    links: Mutex<Links>,
    payloads: [Table<Histogram, { PLACE_COUNT * 4 }>; 2],
    drops: [Table<Histogram, { PLACE_COUNT * REASONS.len() }>; 2],
}

#[derive(Debug, Default)]
struct Links {
    /// Few, and never removed.
    protocols: Vec<Protocol>,
    open: Vec<Arc<OpenLink>>,
}

/// What went over those links of one protocol that are gone.
#[derive(Debug)]
struct Protocol {
    name: String,
    gone: Tally,
}

/// A link, and what went over it.
#[derive(Debug)]
pub struct OpenLink {
    /// The node at the other end; none of a multicast one.
    pub remote: Option<ZenohIdProto>,
    pub src: String,
    pub dst: String,
    protocol: String,
    pub tally: Tally,
}

impl OpenLink {
    fn labels(&self) -> String {
        let remote = self.remote.map_or(String::new(), |zid| format!("remote_zid=\"{zid}\","));
        let (src, dst) = (escaped(&self.src), escaped(&self.dst));
        format!("{remote}src_locator=\"{src}\",dst_locator=\"{dst}\",{}", of(&self.protocol))
    }
}

/// The label of a protocol.
fn of(protocol: &str) -> String {
    format!("protocol=\"{}\"", escaped(protocol))
}

/// What is written with the same labels.
struct Row {
    labels: String,
    tally: Tally,
}

impl Links {
    /// A row for each protocol, with all its links, or with those that are gone and a row for each other.
    fn rows(&self, per_link: bool) -> Vec<Row> {
        let mut rows: Vec<Row> = Vec::new();
        let mut add = |labels: String, tally: &Tally| {
            let at = rows.iter().position(|row| row.labels == labels).unwrap_or_else(|| {
                rows.push(Row { labels, tally: Tally::default() });
                rows.len() - 1
            });
            rows[at].tally.add(tally);
        };
        for protocol in &self.protocols {
            add(of(&protocol.name), &protocol.gone);
        }
        for link in &self.open {
            add(if per_link { link.labels() } else { of(&link.protocol) }, &link.tally);
        }
        rows
    }
}

impl StatsRegistry {
    pub fn new(zid: ZenohIdProto, whatami: WhatAmI, build_version: impl Into<String>) -> Self {
        StatsRegistry(Arc::new(Counts {
            node: format!("local_id=\"{zid}\",local_whatami=\"{whatami}\""),
            version: escaped(&build_version.into()),
            transports: AtomicI64::new(0),
            resources: Default::default(),
            links: Mutex::default(),
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
        zid: ZenohIdProto,
        _whatami: WhatAmI,
        _common_name: Option<String>,
    ) -> TransportStats {
        TransportStats::opened(self, Some(zid))
    }

    pub fn multicast_transport_stats(&self, _group: String) -> TransportStats {
        TransportStats::opened(self, None)
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

    fn links(&self) -> MutexGuard<'_, Links> {
        self.0.links.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub(crate) fn open_link(
        &self,
        remote: Option<ZenohIdProto>,
        src: &Locator,
        dst: &Locator,
    ) -> Arc<OpenLink> {
        let link = Arc::new(OpenLink {
            remote,
            src: src.to_string(),
            dst: dst.to_string(),
            protocol: dst.protocol().to_string(),
            tally: Tally::default(),
        });
        let mut links = self.links();
        if links.protocols.iter().all(|protocol| protocol.name != link.protocol) {
            links.protocols.push(Protocol { name: link.protocol.clone(), gone: Tally::default() });
        }
        links.open.push(link.clone());
        link
    }

    /// What went over it stays in the sums: under the lock, so that nobody reads it twice or not at all.
    pub(crate) fn end_link(&self, link: &Arc<OpenLink>) {
        let mut links = self.links();
        links.open.retain(|open| !Arc::ptr_eq(open, link));
        if let Some(protocol) = links.protocols.iter().find(|p| p.name == link.protocol) {
            protocol.gone.add(&link.tally);
        }
    }

    /// The links that are there.
    pub fn open_links(&self) -> Vec<Arc<OpenLink>> {
        self.links().open.clone()
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

    /// Sums over transports and keys; what is gone is in them. With `per_link`, bytes and messages of each
    /// link that is there stand apart from the sums of those that are gone.
    pub fn encode_metrics(
        &self,
        out: &mut impl Write,
        _per_transport: bool,
        per_link: bool,
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
        let (rows, opened) = {
            let links = self.links();
            let opened = |protocol: &Protocol| {
                links.open.iter().filter(|link| link.protocol == protocol.name).count()
            };
            let opened: Vec<_> = links.protocols.iter().map(|p| (of(&p.name), opened(p))).collect();
            (links.rows(per_link), opened)
        };
        let name = "zenoh_links_opened";
        head(out, name, "Count of links currently opened", "gauge")?;
        for (labels, count) in opened {
            writeln!(out, "{name}{{{node},{labels}}} {count}")?;
        }
        for (direction, (short, done)) in DIRECTIONS.iter().enumerate() {
            self.write_links(out, &rows, direction, short, done)?;
            self.write_payloads(out, direction, short, done)?;
        }
        writeln!(out, "# EOF")
    }

    fn write_links(
        &self,
        out: &mut impl Write,
        rows: &[Row],
        direction: usize,
        short: &str,
        done: &str,
    ) -> fmt::Result {
        let node = &self.0.node;
        let name = format!("zenoh_{short}_bytes");
        head(out, &name, &format!("Count of transport messages bytes {done}"), "counter")?;
        for Row { labels, tally } in rows {
            writeln!(out, "{name}_total{{{node},{labels}}} {}", tally.bytes(direction))?;
        }
        let name = format!("zenoh_{short}_transport_message");
        head(out, &name, &format!("Count of transport messages {done}"), "counter")?;
        for Row { labels, tally } in rows {
            let count = tally.transport_messages(direction);
            writeln!(out, "{name}_total{{{node},{labels}}} {count}")?;
        }
        let name = format!("zenoh_{short}_network_message");
        head(out, &name, &format!("Count of network messages {done}"), "counter")?;
        for Row { labels, tally } in rows {
            for (place, count) in tally.network_messages(direction) {
                let (message, shm) = placed(place, 2);
                let of = format!("{message},shm=\"{}\",{labels}", SHM[shm]);
                writeln!(out, "{name}_total{{{node},{of}}} {count}")?;
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
        let rows = self.links().rows(false);
        for (direction, (short, _)) in DIRECTIONS.iter().enumerate() {
            let sum = |of: fn(&Tally, usize) -> u64| -> u64 {
                rows.iter().map(|row| of(&row.tally, direction)).sum()
            };
            stats.insert(format!("{short}_bytes"), sum(Tally::bytes).into());
            stats.insert(format!("{short}_t_msgs"), sum(Tally::transport_messages).into());
            let dropped: u64 = self.0.drops[direction].made().map(|(_, drop)| drop.count()).sum();
            stats.insert(format!("{short}_n_dropped"), dropped.into());
        }
        json.insert("stats".into(), stats.into());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Rx, Tx};

    #[test]
    fn a_link_has_counts_of_its_own_and_stays_in_the_sums_when_it_is_gone() {
        let zid = ZenohIdProto::rand();
        let registry = StatsRegistry::new(zid, WhatAmI::Peer, "test");
        let text = |per_link| {
            let mut text = String::new();
            registry.encode_metrics(&mut text, false, per_link, true, false).unwrap();
            text
        };
        let line = |text: &str, start: &str, with: &str| -> Vec<u64> {
            let lines = text.lines().filter(|line| line.starts_with(start) && line.contains(with));
            lines.map(|line| line.rsplit_once(' ').unwrap().1.parse().unwrap()).collect()
        };
        let (src, dst) = ("tcp/127.0.0.1:1".parse().unwrap(), "tcp/127.0.0.1:2".parse().unwrap());
        let transport = registry.unicast_transport_stats(zid, WhatAmI::Peer, None);
        let (one, other) = (transport.link_stats(&src, &dst), transport.link_stats(&dst, &src));
        one.inc_bytes(Tx, 5);
        other.inc_bytes(Tx, 7);
        other.inc_bytes(Rx, 1);
        let links = registry.open_links();
        assert_eq!(links.iter().map(|link| link.tally.bytes(0)).collect::<Vec<_>>(), [5, 7]);
        assert_eq!(line(&text(false), "zenoh_tx_bytes_total", "protocol=\"tcp\""), [12]);
        let of = "dst_locator=\"tcp/127.0.0.1:1\"";
        assert_eq!(line(&text(true), "zenoh_tx_bytes_total", of), [7]);
        assert_eq!(line(&text(true), "zenoh_tx_bytes_total", "protocol=\"tcp\""), [0, 5, 7]);
        let clone = other.clone();
        drop(other);
        clone.inc_bytes(Tx, 1);
        drop((clone, links));
        assert_eq!(registry.open_links().len(), 1);
        assert_eq!(line(&text(false), "zenoh_tx_bytes_total", "protocol=\"tcp\""), [13]);
        assert_eq!(line(&text(true), "zenoh_tx_bytes_total", "protocol=\"tcp\""), [8, 5]);
        assert_eq!(line(&text(false), "zenoh_links_opened", "protocol=\"tcp\""), [1]);
    }
}
