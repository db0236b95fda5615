//! What a session sent, copied and dropped: counts that only grow, through reconnects and its end.

use crate::{
    fields::{line, lines},
    later::with,
};
use std::{
    cell::Cell,
    fmt,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, Mutex, MutexGuard, Once, OnceLock, Weak,
    },
    time::Duration,
};
use zenoh::Config;
use zenoh_stats::{Rx, StatsRegistry, Tx};

/// How often the counters of open sessions are read. The core keeps what it counted for a node that
/// left until somebody reads it, a minute later at the earliest: each node that was ever there would
/// take memory.
const READ_PERIOD: Duration = Duration::from_secs(60);

static OPEN: Mutex<Vec<Weak<Counters>>> = Mutex::new(Vec::new());

fn open() -> MutexGuard<'static, Vec<Weak<Counters>>> {
    OPEN.lock().unwrap_or_else(|e| e.into_inner())
}

/// Reads those of open sessions, and forgets the others.
fn read_all() {
    let counters: Vec<Arc<Counters>> = {
        let mut open = open();
        open.retain(|counters| counters.strong_count() > 0);
        open.iter().filter_map(Weak::upgrade).collect()
    };
    for counters in counters {
        let _ = counters.read();
    }
}

pub struct Counters {
    stats: OnceLock<StatsRegistry>,
    grown: Mutex<[Growing; 6]>,
    /// Bytes that the core copied into shared memory of its own.
    copied_to_shm: AtomicU64,
    /// From how many bytes on it does.
    shm_threshold: usize,
}

/// A count of the core, which may forget what it counted for a link that is long gone.
#[derive(Clone, Copy, Default)]
struct Growing {
    last: u64,
    forgotten: u64,
}

impl Growing {
    fn now(&mut self, count: u64) -> u64 {
        self.forgotten += self.last.saturating_sub(count);
        self.last = count;
        self.forgotten + count
    }
}

impl Counters {
    pub fn new(config: &Config) -> Counters {
        let is = |key: &str| config.get_json(key).is_ok_and(|json| json == "true");
        let threshold = || {
            let key = "transport/shared_memory/transport_optimization/message_size_threshold";
            config.get_json(key).ok()?.parse::<usize>().ok()
        };
        let copies = is("transport/shared_memory/enabled")
            && is("transport/shared_memory/transport_optimization/enabled");
        Counters {
            stats: OnceLock::new(),
            grown: Mutex::default(),
            copied_to_shm: AtomicU64::new(0),
            shm_threshold: if copies { threshold().unwrap_or(usize::MAX) } else { usize::MAX },
        }
    }

    pub fn read_from(self: &Arc<Self>, stats: StatsRegistry) {
        let _ = self.stats.set(stats);
        open().push(Arc::downgrade(self));
        static START: Once = Once::new();
        START.call_once(|| {
            let thread = std::thread::Builder::new().name("segue-counters".into());
            let reading = thread.spawn(|| loop {
                std::thread::sleep(READ_PERIOD);
                let _ = catch_unwind(AssertUnwindSafe(read_all));
            });
            if let Err(e) = reading {
                eprintln!("segue: no thread to read counters, those of old links stay: {e}");
            }
        });
    }

    /// With links and peers that are gone, which the core leaves out else.
    pub fn text(&self) -> Result<String, fmt::Error> {
        let mut text = String::new();
        if let Some(stats) = self.stats.get() {
            stats.encode_metrics(&mut text, false, false, true, false)?;
        }
        Ok(text)
    }

    pub fn read(&self) -> Result<[u64; 7], fmt::Error> {
        // Under the lock, so that an older text isn't taken for a count that went back.
        let mut grown = self.grown.lock().unwrap_or_else(|e| e.into_inner());
        let text = self.text()?;
        let [sent, received, copied, dropped, messages_sent, messages_received] = &mut *grown;
        Ok([
            sent.now(sum(&text, "tx_bytes", "")),
            received.now(sum(&text, "rx_bytes", "")),
            copied.now(sum(&text, "tx_network_message_payload_bytes_sum", "shm=\"false\"")),
            self.copied_to_shm.load(Ordering::Acquire),
            dropped.now(sum(&text, "tx_network_message_dropped_payload_bytes_count", "")),
            messages_sent.now(sum(&text, "tx_network_message", "")),
            messages_received.now(sum(&text, "rx_network_message", "")),
        ])
    }

    /// A line of `fields` for each link that is there: messages and bytes sent, received, and messages
    /// that it had no room for, the node at the other end or nothing, and the locators of both ends.
    pub fn links(&self) -> String {
        let links = self.stats.get().map(StatsRegistry::open_links).unwrap_or_default();
        lines(links.iter().map(|link| {
            let tally = &link.tally;
            let messages = |direction| -> u64 {
                tally.network_messages(direction as usize).map(|(_, count)| count).sum()
            };
            line(&[
                &messages(Tx),
                &tally.bytes(Tx as usize),
                &messages(Rx),
                &tally.bytes(Rx as usize),
                &tally.dropped(),
                &link.remote.map_or(String::new(), |zid| zid.to_string()),
                &link.src,
                &link.dst,
            ])
        }))
    }

    /// Runs a put of lent memory and counts what the core copies of it into shared memory.
    pub fn watch<R>(&self, put: impl FnOnce() -> R) -> R {
        if self.shm_threshold == usize::MAX {
            return put();
        }
        let on = Watch { threshold: self.shm_threshold, ..Watch::OFF };
        let (result, copied) = with(&WATCH, on, || {
            let result = put();
            (result, WATCH.get().copied)
        });
        if copied > 0 {
            self.copied_to_shm.fetch_add(copied, Ordering::AcqRel);
        }
        result
    }
}

/// The sum of the samples of a metric, with or without `_total` and the registry's prefix.
fn sum(text: &str, name: &str, label: &str) -> u64 {
    text.lines()
        .filter(|line| !line.starts_with('#'))
        .filter_map(|line| {
            let (head, value) = line.rsplit_once(' ')?;
            let (metric, labels) = head.split_once('{').unwrap_or((head, ""));
            let metric = metric.strip_suffix("_total").unwrap_or(metric);
            (metric.ends_with(name) && labels.contains(label)).then_some(value)
        })
        .filter_map(|value| value.parse::<f64>().ok())
        .map(|value| value as u64)
        .sum()
}

/// What the core does with lent memory during a put of this thread.
///
/// For each link to a process that reads shared memory it looks once whether a slice is in shared
/// memory already. If it copies it there, it reads it exactly once and forgets it; if it puts it
/// into batches, it reads it as often as it takes, and counts that itself.
#[derive(Clone, Copy)]
struct Watch {
    threshold: usize,
    is_asked: bool,
    last: u64,
    copied: u64,
}

impl Watch {
    const OFF: Watch = Watch { threshold: usize::MAX, is_asked: false, last: 0, copied: 0 };
}

thread_local! {
    static WATCH: Cell<Watch> = const { Cell::new(Watch::OFF) };
}

/// The core asks of which type a slice of `byte_size` is.
pub fn asked(byte_size: usize) {
    let watch = WATCH.get();
    if byte_size >= watch.threshold {
        WATCH.set(Watch { is_asked: true, last: 0, ..watch });
    }
}

/// The core reads a slice of `byte_size`.
pub fn read(byte_size: usize) {
    let watch = WATCH.get();
    if byte_size < watch.threshold {
        return;
    }
    if watch.is_asked {
        let last = byte_size as u64;
        WATCH.set(Watch { is_asked: false, last, copied: watch.copied + last, ..watch });
    } else if watch.last > 0 {
        WATCH.set(Watch { last: 0, copied: watch.copied - watch.last, ..watch });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Instant;

    #[test]
    fn samples_of_a_metric_are_summed_by_label() {
        let text = "# HELP tx_bytes x\ntx_bytes_total{p=\"tcp\"} 5\nzenoh_tx_bytes_total 7\n\
                    rx_bytes_total 9\nt_sum{shm=\"true\"} 1.0\nt_sum{shm=\"false\"} 2.0\n";
        assert_eq!(sum(text, "tx_bytes", ""), 12);
        assert_eq!(sum(text, "t_sum", "shm=\"false\""), 2);
    }

    #[test]
    fn counters_of_open_sessions_are_read_and_those_of_closed_ones_forgotten() {
        let counters = Arc::new(Counters::new(&Config::default()));
        let id = zenoh::session::ZenohId::default();
        counters.read_from(StatsRegistry::new(id.into(), zenoh::config::WhatAmI::Peer, "test"));
        let same = Arc::downgrade(&counters);
        let is_known = || open().iter().any(|known| known.ptr_eq(&same));
        read_all();
        assert!(is_known());
        drop(counters);
        let end = Instant::now() + Duration::from_secs(20);
        while is_known() {
            // Another thread may be reading it.
            assert!(Instant::now() < end);
            read_all();
        }
    }

    #[test]
    fn what_comes_after_a_put_that_panics_is_not_watched() {
        let mut counters = Counters::new(&Config::default());
        counters.shm_threshold = 10;
        let copies = || {
            asked(10);
            read(10);
        };
        let _ = catch_unwind(AssertUnwindSafe(|| counters.watch(|| panic!("kaput"))));
        assert_eq!(WATCH.get().threshold, usize::MAX);
        copies();
        counters.watch(copies);
        assert_eq!(counters.copied_to_shm.load(Ordering::Acquire), 10);
    }

    #[test]
    fn a_count_never_goes_back() {
        let mut count = Growing::default();
        assert_eq!([3, 9, 2, 4].map(|n| count.now(n)), [3, 9, 9, 11]);
    }
}
