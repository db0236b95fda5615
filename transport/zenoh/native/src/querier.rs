//! Queriers: a key that is asked again and again, with settings of their own.

use crate::{
    abi::{borrowed, failed, guard, into_handle, take},
    counters::Counters,
    publish::{payload, under_lease, Most, Put, Qos},
    query::{ask, is_collected, Ask, Asking},
    queue::Spin,
    session::{on_a_deep_stack, Session},
};
use std::{
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc,
    },
    time::Duration,
};
use zenoh::{query::ConsolidationMode, Wait};

pub struct Querier {
    pub zenoh: zenoh::query::Querier<'static>,
    mode: ConsolidationMode,
    timeout: Duration,
    most: Most,
    counters: Arc<Counters>,
    closes: Arc<AtomicBool>,
    reply_spin: Arc<Spin>,
}

/// Only the key, the target, the consolidation, the time-out and what is accepted count of `ask`.
#[no_mangle]
pub unsafe extern "C" fn segue_querier_declare(
    session: i64,
    ask: *const Ask,
    qos: *const Qos,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the structs for the call.
        let (session, asked, qos) = unsafe { (borrowed::<Session>(session)?, &*ask, &*qos) };
        // SAFETY: Java lends the key for the call.
        let key = unsafe { asked.key_expr() }?;
        let most = Most::of(session, &key, qos)?;
        let (mode, timeout) = (asked.consolidation()?, asked.timeout());
        let builder = session
            .zenoh
            .declare_querier(key)
            .target(asked.target()?)
            .consolidation(mode)
            .timeout(timeout)
            .accept_replies(asked.accepted())
            .congestion_control(qos.congestion_control()?)
            .priority(qos.priority()?)
            .express(qos.express != 0)
            .allowed_destination(qos.locality()?);
        let zenoh = on_a_deep_stack(|| builder.wait()).map_err(failed)?;
        let (counters, closes) = (session.counters.clone(), Arc::default());
        let reply_spin = session.reply_spin.clone();
        Ok(into_handle(Querier { zenoh, mode, timeout, most, counters, closes, reply_spin }))
    })
}

/// Asks; only the parameters, the capacity and the payload count of `ask`. The handle of the
/// replies goes to `out`.
#[no_mangle]
pub unsafe extern "C" fn segue_querier_get(
    querier: i64,
    ask_for: *const Ask,
    put: *const Put,
    out: *mut i64,
    _hold1: *const u8,
    _hold2: *const u8,
    _hold3: *const u8,
    _hold4: *const u8,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the structs for the call, and what they name.
        let (querier, asked, put) = unsafe { (borrowed::<Querier>(querier)?, &*ask_for, &*put) };
        // SAFETY: as above.
        let parameters = unsafe { asked.parameters() }?;
        // SAFETY: as above.
        unsafe { asked.check(querier.most, put) }?;
        let collected = is_collected(querier.mode, &parameters);
        let asking = Asking::new(
            asked,
            querier.timeout,
            collected,
            querier.closes.clone(),
            querier.reply_spin.clone(),
        )?;
        let token = asking.token.clone();
        let (callback, replies) = asking.split();
        let held = under_lease(&querier.counters, put.ticket(), |lease| {
            let mut builder = querier
                .zenoh
                .get()
                .parameters(parameters)
                .cancellation_token(token)
                .callback(callback);
            if asked.has_payload != 0 {
                // SAFETY: Java keeps the parts' memory until the lease ends.
                builder = builder.payload(unsafe { payload(put.parts, put.payload_count, lease) }?);
            }
            // SAFETY: as above.
            if let Some(encoding) = unsafe { put.encoding() }? {
                builder = builder.encoding(encoding);
            }
            // SAFETY: as above.
            let builder = unsafe { put.attach(builder, lease) }?;
            ask(&querier.counters, || builder.wait())
        })?;
        // SAFETY: `out` is Java's buffer of 8 bytes.
        unsafe { *out = into_handle(replies) };
        Ok(held)
    })
}

/// 1 when a queryable somewhere matches.
#[no_mangle]
pub unsafe extern "C" fn segue_querier_matching(querier: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let querier = unsafe { borrowed::<Querier>(querier) }?;
        let status = on_a_deep_stack(|| querier.zenoh.matching_status().wait());
        status.map(|status| status.matching() as i64).map_err(failed)
    })
}

/// Undeclares; gets that are under way end as closed ones.
#[no_mangle]
pub unsafe extern "C" fn segue_querier_free(querier: i64) -> i64 {
    guard(|| {
        // SAFETY: Java frees a handle once.
        let querier = unsafe { take::<Querier>(querier) };
        querier.closes.store(true, Ordering::Release);
        on_a_deep_stack(move || querier.zenoh.undeclare().wait()).map(|_| 0).map_err(failed)
    })
}
