//! What the core holds of each transport and link to count by.

use crate::{
    labels::{MessageLabel, ReasonLabel, SpaceLabel},
    registry::{Protocol, StatsRegistry},
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
    pub(crate) fn opened(registry: &StatsRegistry) -> TransportStats {
        registry.add_transport(1);
        TransportStats(Arc::new(Transport { registry: registry.clone(), is_counted: true }))
    }

    pub fn link_stats(&self, src: &Locator, dst: &Locator) -> LinkStats {
        let protocol = self.0.registry.protocol(dst.protocol().as_str());
        protocol.add_link(1);
        let is_near = is_near(src, dst);
        LinkStats(Arc::new(Link { transport: self.clone(), protocol, is_near, is_counted: true }))
    }

    pub fn peer_link_stats(
        &self,
        _zid: ZenohIdProto,
        _whatami: WhatAmI,
        link: &LinkStats,
    ) -> LinkStats {
        let transport = Transport { registry: self.0.registry.clone(), is_counted: false };
        LinkStats(Arc::new(Link {
            transport: TransportStats(Arc::new(transport)),
            protocol: link.0.protocol.clone(),
            is_near: link.0.is_near,
            is_counted: false,
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
    protocol: Arc<Protocol>,
    is_near: bool,
    is_counted: bool,
}

impl Drop for Link {
    fn drop(&mut self) {
        if self.is_counted {
            self.protocol.add_link(-1);
        }
    }
}

impl LinkStats {
    pub fn inc_bytes(&self, direction: StatsDirection, bytes: u64) {
        self.0.protocol.add_bytes(direction, bytes);
    }

    pub fn inc_transport_message(&self, direction: StatsDirection, count: u64) {
        self.0.protocol.add_transport_messages(direction, count);
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
        self.0.protocol.add_network_message(direction, msg.priority(), message, is_shm);
    }

    pub fn tx_observe_congestion(&self, msg: impl NetworkMessageExt) {
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
