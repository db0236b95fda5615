//! Queryables: native threads fill a bounded queue with queries, Java drains and answers them.

use crate::{
    abi::{bad, borrow_mut, borrowed, failed, guard, into_handle, take},
    counters::Counters,
    keyexpr::is_within_limits,
    later,
    publish::{key_expr, locality, payload, under_lease, Most, Put},
    queue::Queue,
    sample::Batch,
    session::{on_a_deep_stack, Session},
};
use std::{
    collections::VecDeque,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{Arc, Mutex},
    time::Duration,
};
use zenoh::{
    bytes::{Encoding, ZBytes},
    query::{Query, ReplyKeyExpr},
    sample::{Sample, SampleBuilder},
    session::EntityGlobalId,
    Wait,
};

const PUT: u32 = 0;
const DELETE: u32 = 1;
const ERROR: u32 = 2;

/// What a query is beside its sample.
#[repr(C)]
pub struct QueryInfo {
    handle: i64,
    parameters: u64,
    parameters_length: u64,
    has_payload: u32,
    accepts_any: u32,
}

/// A query that nobody took yet. Whoever asked is told if nobody does.
struct Waiting(Option<Query>);

impl Drop for Waiting {
    fn drop(&mut self) {
        if let Some(query) = self.0.take() {
            // Of a core that panics, all queries do that wait: two at once end the process.
            let _ = catch_unwind(AssertUnwindSafe(|| {
                let refusal = query
                    .reply_err("the queryable took no more queries, or was closed")
                    .encoding(Encoding::ZENOH_STRING);
                // An asker of this session gets it on this thread: who refuses may be closing, or
                // reading from a link. A queryable refuses a query once, so it is few more than agreed.
                later::never(|| refusal.wait())
            }));
            let _ = catch_unwind(AssertUnwindSafe(|| drop(query)));
        }
    }
}

/// The core's side; when the core drops it, no more comes.
struct Feed(Arc<Queue<Waiting>>);

impl Feed {
    /// On a thread of the core, which a panic must not reach.
    fn take(&self, query: Query) {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            if is_within_limits(query.key_expr().as_str()) {
                self.0.push(Waiting(Some(query)));
            } else {
                self.0.refuse();
                drop(Waiting(Some(query)));
            }
        }));
        if taken.is_err() {
            self.0.lock().dropped += 1;
        }
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.end();
    }
}

struct Queryable {
    zenoh: Mutex<Option<zenoh::query::Queryable<()>>>,
    queue: Arc<Queue<Waiting>>,
    replier: Replier,
}

/// What replies need of the session.
#[derive(Clone)]
struct Replier {
    id: EntityGlobalId,
    counters: Arc<Counters>,
    is_low_latency: bool,
}

/// A query in Java's hands; the asker gets the end of it when the last of them is freed.
struct Asked {
    query: Query,
    replier: Replier,
}

#[no_mangle]
pub unsafe extern "C" fn segue_queryable_declare(
    session: i64,
    key: *const u8,
    key_length: u64,
    complete: i32,
    allowed_origin: i32,
    capacity: u64,
    push_back: i32,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the text for the call.
        let (session, key) = unsafe { (borrowed::<Session>(session)?, key_expr(key, key_length)?) };
        if capacity == 0 {
            return Err(bad("capacity=0"));
        }
        let queue = Arc::new(Queue::new(capacity as usize, push_back != 0));
        let feed = Feed(queue.clone());
        let builder = session
            .zenoh
            .declare_queryable(key)
            .complete(complete != 0)
            .allowed_origin(locality(allowed_origin)?)
            .callback(move |query| feed.take(query));
        let zenoh = on_a_deep_stack(|| builder.wait()).map_err(failed)?;
        let replier = Replier {
            id: zenoh.id(),
            counters: session.counters.clone(),
            is_low_latency: session.is_low_latency,
        };
        Ok(into_handle(Queryable { zenoh: Mutex::new(Some(zenoh)), queue, replier }))
    })
}

/// Fills a cleared batch with the next query and writes what else it is, the handle to answer it
/// included: 1, or 0 at the time-out, or `ENDED`.
#[no_mangle]
pub unsafe extern "C" fn segue_queryable_drain(
    queryable: i64,
    batch: i64,
    info: *mut QueryInfo,
    wait_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive; Java uses a batch from one thread at a time.
        let (queryable, batch) =
            unsafe { (borrowed::<Queryable>(queryable)?, borrow_mut::<Batch>(batch)) };
        let mut next = VecDeque::with_capacity(1);
        let count = queryable.queue.drain(&mut next, 1, Duration::from_nanos(wait_nanos));
        if let Some(query) = next.pop_front().and_then(|mut waiting| waiting.0.take()) {
            batch.samples.push_back(sample_of(&query));
            batch.fill_records();
            let asked = Asked { query, replier: queryable.replier.clone() };
            // SAFETY: `info` is Java's buffer of 32 bytes.
            unsafe { *info = info_of(asked) };
        }
        Ok(count)
    })
}

/// What came with the query, as a sample of the key that it asks for.
fn sample_of(query: &Query) -> Sample {
    let payload = query.payload().cloned().unwrap_or_default();
    let mut builder = SampleBuilder::put(query.key_expr().clone(), payload)
        .attachment(query.attachment().cloned())
        .source_info(query.source_info().cloned());
    if let Some(encoding) = query.encoding() {
        builder = builder.encoding(encoding.clone());
    }
    builder.into()
}

fn info_of(asked: Asked) -> QueryInfo {
    // The text belongs to what all clones of the query share, and doesn't move.
    let parameters = asked.query.parameters().as_str();
    QueryInfo {
        parameters: parameters.as_ptr() as u64,
        parameters_length: parameters.len() as u64,
        has_payload: asked.query.payload().is_some() as u32,
        accepts_any: (asked.query.accepts_replies() == ReplyKeyExpr::Any) as u32,
        handle: into_handle(asked),
    }
}

/// As `segue_subscriber_arm`.
#[no_mangle]
pub unsafe extern "C" fn segue_queryable_arm(queryable: i64, bell: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrowed::<Queryable>(queryable) }?.queue.arm(bell) as i64))
}

/// As `segue_subscriber_counts`.
#[no_mangle]
pub unsafe extern "C" fn segue_queryable_counts(queryable: i64, out: *mut [u64; 4]) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; `out` is Java's buffer of 32 bytes.
        unsafe { *out = borrowed::<Queryable>(queryable)?.queue.counts() };
        Ok(0)
    })
}

/// Undeclares, ends the queries that nobody took and wakes all who wait; the handle stays alive
/// until `segue_queryable_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_queryable_close(queryable: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let queryable = unsafe { borrowed::<Queryable>(queryable) }?;
        queryable.queue.end();
        let zenoh = queryable.zenoh.lock().unwrap_or_else(|e| e.into_inner()).take();
        let undeclared =
            zenoh.map_or(Ok(()), |zenoh| on_a_deep_stack(move || zenoh.undeclare().wait()));
        let waiting = std::mem::take(&mut queryable.queue.lock().samples);
        drop(waiting);
        undeclared.map(|_| 0).map_err(failed)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_queryable_free(queryable: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once, after `segue_queryable_close`.
        drop(unsafe { take::<Queryable>(queryable) });
        Ok(0)
    });
}

/// Answers with a value (kind 0), that there is none any more (1), or an error (2), which has no
/// key and no attachment.
#[no_mangle]
pub unsafe extern "C" fn segue_query_reply(
    query: i64,
    kind: u32,
    key: *const u8,
    key_length: u64,
    put: *const Put,
    _hold1: *const u8,
    _hold2: *const u8,
    _hold3: *const u8,
    _hold4: *const u8,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; the struct and the text live during the call, the memory of
        // the parts until the lease ends.
        let (asked, put) = unsafe { (borrowed::<Asked>(query)?, &*put) };
        let Asked { query, replier } = asked;
        let most = match replier.is_low_latency {
            true => Most::behind(key_length as usize),
            false => Most::UNLIMITED,
        };
        // SAFETY: as above.
        unsafe { most.check_put(put) }?;
        under_lease(&replier.counters, put.ticket(), |lease| {
            if kind == DELETE {
                // SAFETY: as above.
                let builder = query.reply_del(unsafe { key_expr(key, key_length) }?);
                // SAFETY: as above.
                let builder = unsafe { put.apply(builder, replier.id, lease) }?;
                return answered(builder.wait());
            }
            // SAFETY: as above.
            let bytes: ZBytes = unsafe { payload(put.parts, put.payload_count, lease) }?;
            // SAFETY: as above.
            let encoding = unsafe { put.encoding() }?.unwrap_or_default();
            if kind == ERROR {
                return answered(query.reply_err(bytes).encoding(encoding).wait());
            }
            if kind != PUT {
                return Err(bad(format!("reply of kind {kind}")));
            }
            // SAFETY: as above.
            let builder = query.reply(unsafe { key_expr(key, key_length) }?, bytes);
            // SAFETY: as above.
            let builder = unsafe { put.apply(builder, replier.id, lease) }?;
            answered(builder.encoding(encoding).wait())
        })
    })
}

fn answered(outcome: zenoh::Result<()>) -> Result<(), crate::abi::Failure> {
    // The one thing that the core refuses is a key that nobody asked for.
    outcome.map_err(bad)
}

/// Another handle of the same query.
#[no_mangle]
pub unsafe extern "C" fn segue_query_retain(query: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let Asked { query, replier } = unsafe { borrowed::<Asked>(query) }?;
        Ok(into_handle(Asked { query: query.clone(), replier: replier.clone() }))
    })
}

/// Ends it; the asker learns it with the last handle of the query.
#[no_mangle]
pub unsafe extern "C" fn segue_query_free(query: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once.
        drop(unsafe { take::<Asked>(query) });
        Ok(0)
    });
}
