//! What the core holds of each transport and link to count by.

use crate::{
    labels::{MessageLabel, ReasonLabel, SpaceLabel},
    registry::{OpenLink, StatsRegistry},
    sent::{self, Fate},
    StatsDirection, StatsKeys, Tx,
};
use std::sync::Arc;
use zenoh_protocol::{
    core::{Locator, Priority, WhatAmI, ZenohIdProto},
    network::{NetworkMessageExt, NetworkMessageRef},
};

#[derive(Debug, Clone)]
pub struct TransportStats(Arc<Transport>);

#[derive(Debug)]
struct Transport {
    registry: StatsRegistry,
    /// The node at the other end, if it is one.
    remote: Option<ZenohIdProto>,
    /// Whether it is counted; not what a multicast transport has for each of its peers.
    is_counted: bool,
}

impl Drop for Transport {
    fn drop(&mut self) {
        if self.is_counted {
            self.registry.add_transport(-1);
        }
    }
}

impl TransportStats {
    pub(crate) fn opened(registry: &StatsRegistry, remote: Option<ZenohIdProto>) -> TransportStats {
        registry.add_transport(1);
        TransportStats(Arc::new(Transport { registry: registry.clone(), remote, is_counted: true }))
    }

    pub fn link_stats(&self, src: &Locator, dst: &Locator) -> LinkStats {
        let Transport { registry, remote, .. } = &*self.0;
        let open = registry.open_link(*remote, src, dst);
        let counted = Arc::new(Counted { registry: registry.clone(), open });
        LinkStats(Arc::new(Link { transport: self.clone(), counted, is_near: is_near(src, dst) }))
    }

    /// What a peer of a multicast link sends counts as that link's.
    pub fn peer_link_stats(
        &self,
        zid: ZenohIdProto,
        _whatami: WhatAmI,
        link: &LinkStats,
    ) -> LinkStats {
        let registry = self.0.registry.clone();
        let transport = Transport { registry, remote: Some(zid), is_counted: false };
        LinkStats(Arc::new(Link {
            transport: TransportStats(Arc::new(transport)),
            counted: link.0.counted.clone(),
            is_near: link.0.is_near,
        }))
    }

    pub fn drop_stats(&self, reason: ReasonLabel) -> DropStats {
        DropStats { registry: self.0.registry.clone(), reason }
    }

    /// A transport took a message.
    #[allow(clippy::too_many_arguments)] // as the core calls it
    pub fn observe_network_message_payload(
        &self,
        direction: StatsDirection,
        message: MessageLabel,
        priority: Priority,
        payload_size: usize,
        space: SpaceLabel,
        _keys: &StatsKeys,
        shm: bool,
    ) {
        if matches!(direction, Tx) && message.is_push() {
            sent::count(Fate::Accepted);
        }
        self.0.registry.observe_payload(direction, priority, message, space, shm, payload_size);
    }

    pub fn tx_observe_no_link(&self, msg: NetworkMessageRef) {
        self.drop_stats(ReasonLabel::NoLink).observe_network_message_dropped_payload(Tx, msg);
    }
}

#[derive(Debug, Clone)]
pub struct DropStats {
    registry: StatsRegistry,
    reason: ReasonLabel,
}

impl DropStats {
    pub fn observe_network_message_dropped_payload(
        &self,
        direction: StatsDirection,
        msg: impl NetworkMessageExt,
    ) {
        let message = MessageLabel::from(msg.body());
        if matches!(direction, Tx) && message.is_push() {
            sent::count(match self.reason {
                ReasonLabel::Congestion => Fate::Congested,
                ReasonLabel::NoLink => Fate::NoLink,
                _ => Fate::Filtered,
            });
        }
        let byte_size = msg.payload_size().unwrap_or(0);
        self.registry.observe_drop(direction, msg.priority(), message, self.reason, byte_size);
    }
}

#[derive(Debug, Clone)]
pub struct LinkStats(Arc<Link>);

#[derive(Debug)]
struct Link {
    transport: TransportStats,
    counted: Arc<Counted>,
    is_near: bool,
}

/// What a link and, of a multicast one, its peers count by.
#[derive(Debug)]
struct Counted {
    registry: StatsRegistry,
    open: Arc<OpenLink>,
}

impl Drop for Counted {
    fn drop(&mut self) {
        self.registry.end_link(&self.open);
    }
}

impl LinkStats {
    pub fn inc_bytes(&self, direction: StatsDirection, bytes: u64) {
        self.0.counted.open.tally.add_bytes(direction, bytes);
    }

    pub fn inc_transport_message(&self, direction: StatsDirection, count: u64) {
        self.0.counted.open.tally.add_transport_messages(direction, count);
    }

    /// The link took it, or got it.
    pub fn inc_network_message(&self, direction: StatsDirection, msg: impl NetworkMessageExt) {
        #[cfg(feature = "shared-memory")]
        let is_shm = msg.is_shm();
        #[cfg(not(feature = "shared-memory"))]
        let is_shm = false;
        let message = MessageLabel::from(msg.body());
        // In either direction: low-latency links count what they sent as received.
        if message.is_push() {
            sent::count(match (is_shm, self.0.is_near) {
                (true, _) => Fate::SharedMemory,
                (false, true) => Fate::Near,
                (false, false) => Fate::Far,
            });
        }
        let tally = &self.0.counted.open.tally;
        tally.add_network_message(direction, msg.priority(), message, is_shm);
    }

    pub fn tx_observe_congestion(&self, msg: impl NetworkMessageExt) {
        self.0.counted.open.tally.add_drop();
        let stats = self.0.transport.drop_stats(ReasonLabel::Congestion);
        stats.observe_network_message_dropped_payload(Tx, msg);
    }
}

/// Whether both ends have the same address, or one that leads nowhere else.
fn is_near(src: &Locator, dst: &Locator) -> bool {
    if dst.protocol().as_str().starts_with("unix") {
        return true;
    }
    let (src, dst) = (src.address(), dst.address());
    let (src, dst) = (host(src.as_str()), host(dst.as_str()));
    src == dst || is_loopback(src) || is_loopback(dst)
}

fn host(address: &str) -> &str {
    address.rsplit_once(':').map_or(address, |(host, _)| host)
}

fn is_loopback(host: &str) -> bool {
    let host = host.trim_start_matches('[').trim_end_matches(']');
    host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|ip| ip.is_loopback())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ends_with_one_address_are_near() {
        let near = |src: &str, dst: &str| is_near(&src.parse().unwrap(), &dst.parse().unwrap());
        assert!(near("tcp/127.0.0.1:5", "tcp/127.0.0.1:7447"));
        assert!(near("tcp/[::1]:5", "tcp/[::1]:7447"));
        assert!(near("tls/10.0.0.1:5", "tls/10.0.0.1:7447"));
        assert!(near("unixsock-stream//tmp/a", "unixsock-stream//tmp/b"));
        assert!(!near("tcp/10.0.0.1:5", "tcp/10.0.0.2:5"));
        assert!(!near("tcp/[fe80::1]:5", "tcp/[fe80::2]:5"));
    }
}
