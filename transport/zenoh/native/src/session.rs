//! A session with its runtime, which keeps the counters.

pub use crate::deep_stack::{on_a_deep_stack, shallow_on_a_deep_stack, STACK_BYTE_SIZE};
use crate::{
    abi::{bad, borrow, caught, failed, give_text, guard, into_handle, text, Failure, Outcome},
    connectivity::Endpoints,
    counters::Counters,
    deep::Deep,
    fields::column,
    log,
    publish::{run, Qos},
    queue::Spin,
    shm_reader, sizes,
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc, Mutex,
    },
    time::Duration,
};
use zenoh::{
    internal::runtime::{Runtime, RuntimeBuilder, ZRuntime},
    time::Timestamp,
    Config, Wait,
};
use zenoh_stats::sent::Sent;

/// There is no such name in the core as published: `tools/native-cargo` builds the one that
/// checks the keys that peers declare.
const _: () = zenoh::CHECKS_KEYS_OF_PEERS;

pub struct Session {
    pub zenoh: zenoh::Session,
    pub counters: Arc<Counters>,
    /// Its links carry no priorities and no message of several batches.
    pub is_low_latency: bool,
    pub deep: Arc<Deep>,
    /// How long its threads look for a reply before they sleep.
    pub reply_spin: Arc<Spin>,
    pub endpoints: Arc<Endpoints>,
    runtime: Mutex<Option<Runtime>>,
    /// Its core panicked while it was closed.
    is_broken: AtomicBool,
}

impl Session {
    /// Runs a put of no publisher where it has the stack that it may need.
    pub fn run(
        &self,
        key: &str,
        qos: &Qos,
        put: impl FnOnce() -> zenoh::Result<()>,
    ) -> Result<Sent, Failure> {
        run(self.deep.is_deep(key, qos), put)
    }

    /// Unless it is closed.
    pub fn runtime(&self) -> Option<Runtime> {
        self.runtime.lock().unwrap_or_else(|e| e.into_inner()).clone()
    }

    /// Each half on its own: if one panics, the other still ends what it can.
    fn close(&self) -> Outcome {
        const LONGEST: Duration = Duration::from_secs(10);
        let closed = caught(|| self.zenoh.close().timeout(LONGEST).wait().map_err(failed));
        self.endpoints.forget();
        let runtime = self.runtime.lock().unwrap_or_else(|e| e.into_inner()).take();
        let ended = runtime.map_or(Ok(()), |runtime| {
            caught(|| runtime.close().timeout(LONGEST).wait().map_err(failed))
        });
        let outcome = closed.and(ended);
        if outcome.as_ref().is_err_and(Failure::is_panic) {
            self.is_broken.store(true, Ordering::Release);
        }
        outcome.map(|()| 0)
    }
}

/// Before the first thread of the core starts: it builds its runtimes itself, and this variable is
/// the one way to say how deep their stacks are. The standard library reads it once.
pub fn deepen_stacks() {
    const NAME: &str = "RUST_MIN_STACK";
    if std::env::var_os(NAME).is_none() {
        std::env::set_var(NAME, STACK_BYTE_SIZE.to_string());
        let _ = std::thread::spawn(|| {}).join();
        std::env::remove_var(NAME);
    }
}

#[no_mangle]
pub unsafe extern "C" fn segue_session_open(config: i64) -> i64 {
    guard(|| {
        log::init();
        // SAFETY: the handle is alive.
        let config = unsafe { borrow::<Config>(config) }.clone();
        sizes::check(&config)?;
        // As zenoh::open, step by step, to keep the runtime for its counters.
        let counters = Arc::new(Counters::new(&config));
        let low_latency = config.get_json("transport/unicast/lowlatency");
        let is_low_latency = low_latency.is_ok_and(|json| json == "true");
        let mut runtime = ZRuntime::Application
            .block_in_place(
                RuntimeBuilder::new(config).shm_clients(Some(shm_reader::clients())).build(),
            )
            .map_err(failed)?;
        counters.read_from(runtime.stats().clone());
        let endpoints = Endpoints::of(&runtime);
        let zenoh = zenoh::session::init(runtime.clone().into()).wait().map_err(failed)?;
        if let Err(e) = ZRuntime::Application.block_in_place(runtime.start()) {
            endpoints.forget();
            on_a_deep_stack(move || {
                let _ = zenoh.close().wait();
                let _ = runtime.close().wait();
            });
            return Err(failed(e));
        }
        Ok(into_handle(Session {
            zenoh,
            counters,
            is_low_latency,
            deep: Arc::default(),
            reply_spin: Arc::default(),
            endpoints,
            runtime: Mutex::new(Some(runtime)),
            is_broken: AtomicBool::new(false),
        }))
    })
}

/// Closes the session; its handle stays alive until `segue_session_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_session_close(session: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let session = unsafe { borrow::<Session>(session) };
        // It takes the table of keys apart, those of peers among them, and recurses by the chunk.
        on_a_deep_stack(|| session.close())
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_session_free(session: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once.
        let session = unsafe { crate::abi::take::<Session>(session) };
        if session.is_broken.load(Ordering::Acquire) {
            // Its destructors would close it again, one after another, and the second panic ends
            // the process.
            std::mem::forget(session);
        } else {
            on_a_deep_stack(move || drop(session));
        }
        Ok(0)
    });
}

/// What `what` names: `zid`, or `peers` or `routers` or `locators`, a line of `fields` for each.
#[no_mangle]
pub unsafe extern "C" fn segue_session_info(
    session: i64,
    what: *const u8,
    what_length: u64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the text for the call.
        let (session, what) = unsafe { (borrow::<Session>(session), text(what, what_length)?) };
        let info = session.zenoh.info();
        let text = match what {
            "zid" => column([info.zid().wait()]),
            "peers" => column(info.peers_zid().wait()),
            "routers" => column(info.routers_zid().wait()),
            "locators" => column(info.locators().wait()),
            other => return Err(bad(format!("no such information: {other}"))),
        };
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&text, address, capacity) })
    })
}

/// The core's counters in the Prometheus text format, all links together, those that are gone
/// included; also when the session is closed.
#[no_mangle]
pub unsafe extern "C" fn segue_session_metrics(
    session: i64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let metrics = unsafe { borrow::<Session>(session) }.counters.text().map_err(failed)?;
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&metrics, address, capacity) })
    })
}

/// Writes counts that never go back, also when the session is closed: bytes of links sent and
/// received, payload bytes copied to links, payload bytes copied into shared memory, messages dropped
/// on the way out, and messages sent and received.
#[no_mangle]
pub unsafe extern "C" fn segue_session_counters(session: i64, out: *mut [u64; 7]) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; `out` is Java's buffer of 56 bytes.
        unsafe { *out = borrow::<Session>(session).counters.read().map_err(failed)? };
        Ok(0)
    })
}

/// What went over each link that is there: the lines of `Counters::links`.
#[no_mangle]
pub unsafe extern "C" fn segue_session_link_counters(
    session: i64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let lines = unsafe { borrow::<Session>(session) }.counters.links();
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&lines, address, capacity) })
    })
}

/// A timestamp of the session's clock: 8 bytes NTP64, 16 bytes id, little-endian.
#[no_mangle]
pub unsafe extern "C" fn segue_session_timestamp(session: i64, out: *mut [u8; 24]) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive, `out` is Java's buffer of 24 bytes.
        unsafe { *out = timestamp_bytes(&borrow::<Session>(session).zenoh.new_timestamp()) };
        Ok(0)
    })
}

pub fn timestamp_bytes(timestamp: &Timestamp) -> [u8; 24] {
    let mut bytes = [0; 24];
    bytes[..8].copy_from_slice(&timestamp.get_time().as_u64().to_le_bytes());
    bytes[8..].copy_from_slice(&timestamp.get_id().to_le_bytes());
    bytes
}
