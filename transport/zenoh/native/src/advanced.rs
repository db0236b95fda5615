//! Advanced publishers and subscribers, of the crate zenoh-ext.

use crate::{
    abi::{bad, borrowed, failed, guard, into_handle, text, Failure},
    keyexpr::is_within_limits,
    later,
    misses::{MissFeed, Misses},
    publish::{congestion_control, key_expr, locality, priority, Most, Publisher, Qos},
    queue::Queue,
    session::{on_a_deep_stack, Session},
    subscribe::{Feed, Subscriber},
};
use std::{
    sync::{Arc, Mutex},
    time::Duration,
};
use zenoh::{
    bytes::{Encoding, ZBytes},
    handlers::DefaultHandler,
    key_expr::KeyExpr,
    matching::MatchingListenerBuilder,
    qos::Priority,
    sample::Locality,
    session::EntityGlobalId,
    time::Timestamp,
    Wait,
};
use zenoh_ext::{
    AdvancedPublisher, AdvancedPublisherBuilderExt, AdvancedSubscriberBuilderExt, CacheConfig,
    HistoryConfig, MissDetectionConfig, RecoveryConfig, RepliesConfig,
};

/// There is no such name in the crate as published: `tools/native-cargo` builds the one that delivers
/// no sample before the history that it asks for.
const _: () = zenoh_ext::HISTORY_COMES_FIRST;

/// What a publisher puts with.
pub enum Sender {
    Plain(zenoh::pubsub::Publisher<'static>),
    Advanced(Box<Ordered>),
}

/// An advanced publisher whose samples leave in the order of their numbers or times: a subscriber
/// takes one that comes behind a later one for lost, or for old, and drops it.
pub struct Ordered {
    zenoh: AdvancedPublisher<'static>,
    order: Mutex<()>,
    is_ordered_by_time: bool,
}

/// What goes with a sample of an advanced publisher, which numbers it itself.
#[derive(Default)]
pub struct Given {
    pub attachment: Option<ZBytes>,
    pub timestamp: Option<Timestamp>,
    pub encoding: Option<Encoding>,
}

impl Sender {
    pub fn id(&self) -> EntityGlobalId {
        match self {
            Sender::Plain(zenoh) => zenoh.id(),
            Sender::Advanced(ordered) => ordered.zenoh.id(),
        }
    }

    pub fn is_matching(&self) -> zenoh::Result<bool> {
        let status = match self {
            Sender::Plain(zenoh) => zenoh.matching_status().wait(),
            Sender::Advanced(ordered) => ordered.zenoh.matching_status().wait(),
        };
        status.map(|status| status.matching())
    }

    pub fn matching_listener(&self) -> MatchingListenerBuilder<'_, DefaultHandler> {
        match self {
            Sender::Plain(zenoh) => zenoh.matching_listener(),
            Sender::Advanced(ordered) => ordered.zenoh.matching_listener(),
        }
    }

    pub fn undeclare(self) -> zenoh::Result<()> {
        match self {
            Sender::Plain(zenoh) => zenoh.undeclare().wait(),
            Sender::Advanced(ordered) => ordered.zenoh.undeclare().wait(),
        }
    }
}

impl Ordered {
    pub fn check(&self, has_timestamp: bool, has_source_sn: bool) -> Result<(), Failure> {
        if has_source_sn {
            return Err(bad("sequence number: an advanced publisher numbers its samples itself"));
        }
        if has_timestamp && self.is_ordered_by_time {
            return Err(bad(
                "timestamp: the samples of a cache without sample-miss detection are in the order \
                 of the session's clock",
            ));
        }
        Ok(())
    }

    pub fn put(&self, bytes: ZBytes, given: Given) -> zenoh::Result<()> {
        let _order = self.order.lock().unwrap_or_else(|e| e.into_inner());
        let mut builder = self.zenoh.put(bytes).attachment(given.attachment);
        if let Some(timestamp) = given.timestamp {
            builder = builder.timestamp(timestamp);
        }
        if let Some(encoding) = given.encoding {
            builder = builder.encoding(encoding);
        }
        builder.wait()
    }

    pub fn delete(&self, given: Given) -> zenoh::Result<()> {
        let _order = self.order.lock().unwrap_or_else(|e| e.into_inner());
        let mut builder = self.zenoh.delete().attachment(given.attachment);
        if let Some(timestamp) = given.timestamp {
            builder = builder.timestamp(timestamp);
        }
        builder.wait()
    }
}

/// What a publisher does beyond a plain one; `NativeAdvanced` in Java writes the same layout.
#[repr(C)]
pub struct PublisherOptions {
    /// Samples that the cache keeps, 0 for no cache.
    cache: u64,
    replies_congestion_control: i64,
    replies_priority: i64,
    replies_express: i64,
    /// 0 no numbers, 1 numbers, 2 and a heartbeat, 3 and a heartbeat after puts alone.
    miss_detection: i64,
    heartbeat_nanos: u64,
    detection: i64,
    metadata: *const u8,
    metadata_length: u64,
}

/// What a subscriber does beyond a plain one; `NativeAdvanced` in Java writes the same layout.
#[repr(C)]
pub struct SubscriberOptions {
    history: i64,
    detect_late_publishers: i64,
    /// 0 for all.
    max_samples: u64,
    /// 0 for any.
    max_age_nanos: u64,
    /// 0 none, 1 of gaps, 2 and by periodic queries, 3 and by heartbeats.
    recovery: i64,
    period_nanos: u64,
    /// 0 for the default.
    retention_nanos: u64,
    query_timeout_nanos: u64,
    detection: i64,
    metadata: *const u8,
    metadata_length: u64,
}

/// The longest id of a node, and of an entity on it.
const LONGEST_IDS: &str = "ffffffffffffffffffffffffffffffff/4294967295";

/// Checks that the core can send the keys that it makes of this one: it panics at longer ones.
fn check_key(key: &KeyExpr, metadata: Option<&KeyExpr>) -> Result<(), Failure> {
    let metadata = metadata.map_or("", |metadata| metadata.as_str());
    let longest = format!("{key}/@adv/pub/{LONGEST_IDS}/**/{metadata}");
    if is_within_limits(&longest) {
        return Ok(());
    }
    Err(bad(format!(
        "keyByteSize={} metadataByteSize={}: too long with what the core adds for advanced \
         publishers and subscribers (/@adv/pub/ZID/EID)",
        key.as_str().len(),
        metadata.len()
    )))
}

/// # Safety
/// The text is alive during the call.
unsafe fn metadata(at: *const u8, length: u64) -> Result<Option<KeyExpr<'static>>, Failure> {
    // SAFETY: the caller's contract.
    (length > 0).then(|| unsafe { key_expr(at, length) }).transpose()
}

fn cache_config(session: &Session, options: &PublisherOptions) -> Result<CacheConfig, Failure> {
    let priority = priority(options.replies_priority as i32)?;
    if session.is_low_latency && priority != Priority::DEFAULT {
        return Err(bad(format!(
            "priority={} of replies: a low-latency session carries DATA (5) alone",
            options.replies_priority
        )));
    }
    let replies = RepliesConfig::default()
        .congestion_control(congestion_control(options.replies_congestion_control as i32)?)
        .priority(priority)
        .express(options.replies_express != 0);
    Ok(CacheConfig::default().max_samples(options.cache as usize).replies_config(replies))
}

fn miss_detection(options: &PublisherOptions) -> Result<Option<MissDetectionConfig>, Failure> {
    let period = Duration::from_nanos(options.heartbeat_nanos);
    Ok(match options.miss_detection {
        0 => None,
        1 => Some(MissDetectionConfig::default()),
        2 => Some(MissDetectionConfig::default().heartbeat(period)),
        3 => Some(MissDetectionConfig::default().sporadic_heartbeat(period)),
        n => return Err(bad(format!("sample-miss detection {n}"))),
    })
}

/// Declares a publisher whose handle, as any other's, goes to `out`; returns `OWES` or 0, as its token
/// is told on this thread to subscribers of this session.
#[no_mangle]
pub unsafe extern "C" fn segue_advanced_publisher_declare(
    session: i64,
    key: *const u8,
    key_length: u64,
    encoding: *const u8,
    encoding_length: u64,
    qos: *const Qos,
    options: *const PublisherOptions,
    ticket: i64,
    out: *mut i64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the texts and the structs for the call.
        let (session, key, encoding, qos, options) = unsafe {
            (
                borrowed::<Session>(session)?,
                key_expr(key, key_length)?,
                text(encoding, encoding_length)?,
                &*qos,
                &*options,
            )
        };
        // SAFETY: as above.
        let metadata = unsafe { metadata(options.metadata, options.metadata_length) }?;
        check_key(&key, metadata.as_ref())?;
        // What is in a cache goes anywhere.
        let most = match options.cache {
            0 => Most::of(session, &key, qos)?,
            _ => Most::of(session, &key, &Qos { locality: 0, ..*qos })?,
        };
        let mut plain = qos.publisher(session, key.clone())?;
        if !encoding.is_empty() {
            plain = plain.encoding(Encoding::from(encoding));
        }
        let mut builder = plain.advanced();
        if options.cache > 0 {
            builder = builder.cache(cache_config(session, options)?);
        }
        let misses = miss_detection(options)?;
        let is_ordered_by_time = options.cache > 0 && misses.is_none();
        if let Some(config) = misses {
            builder = builder.sample_miss_detection(config);
        }
        if options.detection != 0 {
            builder = builder.publisher_detection();
        }
        if let Some(metadata) = metadata {
            builder = builder.publisher_detection_metadata(metadata);
        }
        let (zenoh, owes) = later::watch(true, ticket, || on_a_deep_stack(|| builder.wait()));
        let zenoh = zenoh.map_err(failed)?;
        let ordered = Ordered { zenoh, order: Mutex::new(()), is_ordered_by_time };
        let sender = Sender::Advanced(Box::new(ordered));
        // SAFETY: `out` is Java's buffer of 8 bytes.
        unsafe { *out = into_handle(Publisher::new(sender, most, session, key.as_str(), qos)) };
        Ok(owes)
    })
}

fn history(options: &SubscriberOptions) -> Option<HistoryConfig> {
    if options.history == 0 {
        return None;
    }
    let mut config = HistoryConfig::default();
    if options.detect_late_publishers != 0 {
        config = config.detect_late_publishers();
    }
    if options.max_samples > 0 {
        config = config.max_samples(options.max_samples as usize);
    }
    if options.max_age_nanos > 0 {
        config = config.max_age(Duration::from_nanos(options.max_age_nanos).as_secs_f64());
    }
    Some(config)
}

fn recovery(options: &SubscriberOptions) -> Result<Option<RecoveryConfig>, Failure> {
    let period = Duration::from_nanos(options.period_nanos);
    let config = match options.recovery {
        0 => return Ok(None),
        1 => RecoveryConfig::<true>::default(),
        2 => RecoveryConfig::<false>::default().periodic_queries(period),
        3 => RecoveryConfig::<false>::default().heartbeat(),
        n => return Err(bad(format!("recovery {n}"))),
    };
    Ok(Some(match options.retention_nanos {
        0 => config,
        nanos => config.retention_period(Duration::from_nanos(nanos)),
    }))
}

/// Declares a subscriber whose handle, as any other's, goes to `out`; returns `OWES` or 0, as its token
/// and its queries are told on this thread to subscribers and queryables of this session.
///
/// Its queue never pushes back: the core fills it under the lock of the subscriber, which all of its
/// links, heartbeats and queries need.
#[no_mangle]
pub unsafe extern "C" fn segue_advanced_subscriber_declare(
    session: i64,
    key: *const u8,
    key_length: u64,
    allowed_origin: i32,
    capacity: u64,
    options: *const SubscriberOptions,
    ticket: i64,
    out: *mut i64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the text and the struct for the call.
        let (session, key, options) =
            unsafe { (borrowed::<Session>(session)?, key_expr(key, key_length)?, &*options) };
        if capacity == 0 {
            return Err(bad("capacity=0"));
        }
        // SAFETY: as above.
        let metadata = unsafe { metadata(options.metadata, options.metadata_length) }?;
        check_key(&key, metadata.as_ref())?;
        let queue = Arc::new(Queue::new(capacity as usize, false));
        let feed = Feed::new(queue.clone());
        let origin = locality(allowed_origin)?;
        let heard = match origin {
            Locality::Remote => Vec::new(),
            _ => vec![key.as_str().to_owned(), format!("{key}/@adv/pub/**")],
        };
        // A part of a millisecond would be none on the wire.
        let timeout = Duration::from_millis(options.query_timeout_nanos.div_ceil(1_000_000));
        let mut builder = session
            .zenoh
            .declare_subscriber(key)
            .allowed_origin(origin)
            .callback(move |sample| feed.take(sample))
            .advanced()
            .query_timeout(timeout);
        if let Some(config) = history(options) {
            builder = builder.history(config);
        }
        if let Some(config) = recovery(options)? {
            builder = builder.recovery(config);
        }
        if options.detection != 0 {
            builder = builder.subscriber_detection();
        }
        if let Some(metadata) = metadata {
            builder = builder.subscriber_detection_metadata(metadata);
        }
        let listening = session.deep.listen(heard);
        let misses = Misses::new();
        let miss_feed = MissFeed(misses.clone());
        let declare = || -> zenoh::Result<_> {
            let zenoh = builder.wait()?;
            let listener = zenoh.sample_miss_listener().callback(move |miss| miss_feed.take(miss));
            listener.background().wait()?;
            Ok(zenoh)
        };
        let (zenoh, owes) = later::watch(true, ticket, || on_a_deep_stack(declare));
        let zenoh = zenoh.map_err(failed)?;
        let undeclare = move || {
            let undeclared = zenoh.undeclare().wait();
            drop(listening);
            undeclared
        };
        // SAFETY: `out` is Java's buffer of 8 bytes.
        unsafe { *out = into_handle(Subscriber::with_misses(undeclare, queue, misses)) };
        Ok(owes)
    })
}
