//! Counts of one link, and of all that are gone.

use crate::{
    labels::{priority, MessageLabel, MESSAGES},
    StatsDirection,
};
use std::sync::atomic::{AtomicU64, Ordering};
use zenoh_protocol::core::Priority;

const PRIORITY_COUNT: usize = Priority::NUM;
pub const MESSAGE_COUNT: usize = MESSAGES.len();
/// Of a table of priorities and messages.
pub const PLACE_COUNT: usize = PRIORITY_COUNT * MESSAGE_COUNT;

/// A place in a table of priorities, messages and `of` more values.
pub fn place(priority: Priority, message: MessageLabel, of: usize, value: usize) -> usize {
    (priority as usize * MESSAGE_COUNT + message as usize) * of + value
}

/// The labels of a place.
pub fn placed(place: usize, of: usize) -> (String, usize) {
    let (rest, value) = (place / of, place % of);
    let priority = priority(rest / MESSAGE_COUNT);
    let message = MESSAGES[rest % MESSAGE_COUNT];
    (format!("priority=\"{priority}\",message=\"{message}\""), value)
}

/// What went over a link, by direction.
#[derive(Debug)]
pub struct Tally {
    bytes: [AtomicU64; 2],
    transport_messages: [AtomicU64; 2],
    network_messages: [[AtomicU64; PLACE_COUNT * 2]; 2],
    /// Messages that it had no room for.
    dropped: AtomicU64,
}

impl Default for Tally {
    fn default() -> Tally {
        Tally {
            bytes: Default::default(),
            transport_messages: Default::default(),
            network_messages: [const { [const { AtomicU64::new(0) }; _] }; 2],
            dropped: AtomicU64::new(0),
        }
    }
}

impl Tally {
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

    pub fn add_drop(&self) {
        self.dropped.fetch_add(1, Ordering::Relaxed);
    }

    /// Adds those of another one.
    pub fn add(&self, other: &Tally) {
        let add = |to: &[AtomicU64], from: &[AtomicU64]| {
            for (to, from) in to.iter().zip(from) {
                let count = from.load(Ordering::Relaxed);
                if count > 0 {
                    to.fetch_add(count, Ordering::Relaxed);
                }
            }
        };
        add(&self.bytes, &other.bytes);
        add(&self.transport_messages, &other.transport_messages);
        for (to, from) in self.network_messages.iter().zip(&other.network_messages) {
            add(to, from);
        }
        self.dropped.fetch_add(other.dropped(), Ordering::Relaxed);
    }

    pub fn bytes(&self, direction: usize) -> u64 {
        self.bytes[direction].load(Ordering::Relaxed)
    }

    pub fn transport_messages(&self, direction: usize) -> u64 {
        self.transport_messages[direction].load(Ordering::Relaxed)
    }

    /// Those of a place, which isn't 0.
    pub fn network_messages(&self, direction: usize) -> impl Iterator<Item = (usize, u64)> + '_ {
        let counts = self.network_messages[direction].iter().enumerate();
        counts.map(|(i, count)| (i, count.load(Ordering::Relaxed))).filter(|(_, count)| *count > 0)
    }

    pub fn dropped(&self) -> u64 {
        self.dropped.load(Ordering::Relaxed)
    }
}
