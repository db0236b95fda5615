//! What the Zenoh core counts.
//!
//! The core calls this crate for each message that a link took or refused, on the thread that sends
//! it. The crate of the same name that comes with the core turns that into the text of metrics and
//! nothing else; this one also tells the thread what became of its message (`sent`), which is the
//! only way to learn that a link dropped it. It has the interface that the core uses, and the same
//! names of metrics, summed over all transports of a session, with counts of each link that is there.

mod keys;
mod labels;
mod links;
mod metrics;
mod registry;
pub mod sent;
mod tally;

pub use crate::{
    keys::{StatsKeyCache, StatsKeys, StatsKeysTree},
    labels::{LocalityLabel, MessageLabel, ReasonLabel, ResourceLabel, SpaceLabel},
    links::{DropStats, LinkStats, TransportStats},
    registry::{OpenLink, StatsRegistry},
    StatsDirection::*,
};

#[derive(Debug, Clone, Copy)]
pub enum StatsDirection {
    Tx,
    Rx,
}
