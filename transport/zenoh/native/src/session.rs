//! A session with its runtime, which keeps the counters.

use crate::abi::{bad, borrow, failed, give_text, guard, into_handle, text};
use std::{sync::Mutex, time::Duration};
use zenoh::{
    internal::runtime::{Runtime, RuntimeBuilder, ZRuntime},
    time::Timestamp,
    Config, Wait,
};

pub struct Session {
    pub zenoh: zenoh::Session,
    runtime: Mutex<Option<Runtime>>,
}

#[no_mangle]
pub unsafe extern "C" fn segue_session_open(config: i64) -> i64 {
    guard(|| {
        zenoh::init_log_from_env_or("error");
        // SAFETY: the handle is alive.
        let config = unsafe { borrow::<Config>(config) }.clone();
        // As zenoh::open, step by step, to keep the runtime for its counters.
        let mut runtime = ZRuntime::Application
            .block_in_place(RuntimeBuilder::new(config).build())
            .map_err(failed)?;
        let zenoh = zenoh::session::init(runtime.clone().into()).wait().map_err(failed)?;
        if let Err(e) = ZRuntime::Application.block_in_place(runtime.start()) {
            let _ = zenoh.close().wait();
            let _ = runtime.close().wait();
            return Err(failed(e));
        }
        Ok(into_handle(Session { zenoh, runtime: Mutex::new(Some(runtime)) }))
    })
}

/// Closes the session; its handle stays alive until `segue_session_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_session_close(session: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let session = unsafe { borrow::<Session>(session) };
        let closed = session.zenoh.close().timeout(Duration::from_secs(10)).wait();
        let runtime = session.runtime.lock().unwrap().take();
        if let Some(runtime) = runtime {
            runtime.close().timeout(Duration::from_secs(10)).wait().map_err(failed)?;
        }
        closed.map(|_| 0).map_err(failed)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_session_free(session: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once.
        drop(unsafe { crate::abi::take::<Session>(session) });
        Ok(0)
    });
}

/// What `what` names: `zid`, or `peers` or `routers` or `locators`, one a line.
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
        let lines: Vec<String> = match what {
            "zid" => vec![info.zid().wait().to_string()],
            "peers" => info.peers_zid().wait().map(|z| z.to_string()).collect(),
            "routers" => info.routers_zid().wait().map(|z| z.to_string()).collect(),
            "locators" => info.locators().wait().iter().map(|l| l.to_string()).collect(),
            other => return Err(bad(format!("no such information: {other}"))),
        };
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&lines.join("\n"), address, capacity) })
    })
}

/// The core's counters in the Prometheus text format, all links together; empty once closed.
#[no_mangle]
pub unsafe extern "C" fn segue_session_metrics(
    session: i64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let session = unsafe { borrow::<Session>(session) };
        let mut metrics = String::new();
        if let Some(runtime) = session.runtime.lock().unwrap().as_ref() {
            runtime
                .stats()
                .encode_metrics(&mut metrics, false, false, false, false)
                .map_err(failed)?;
        }
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&metrics, address, capacity) })
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
