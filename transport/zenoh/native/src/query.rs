//! Gets: native threads fill a bounded queue with replies, Java drains it.

use crate::{
    abi::{bad, borrow_mut, borrowed, failed, guard, into_handle, take, text, Failure},
    counters::Counters,
    keyexpr::is_within_limits,
    later,
    publish::{key_expr, payload, under_lease, Most, Put, Qos},
    queue::{Queue, Spin},
    sample::Batch,
    session::{shallow_on_a_deep_stack, Session},
};
use std::{
    collections::VecDeque,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{
        atomic::{AtomicBool, AtomicU8, Ordering},
        Arc,
    },
    time::{Duration, Instant},
};
use zenoh::{
    bytes::Encoding,
    cancellation::CancellationToken,
    key_expr::KeyExpr,
    query::{ConsolidationMode, Parameters, QueryTarget, Reply, ReplyKeyExpr, Selector},
    sample::{Sample, SampleBuilder},
    Wait,
};

/// Replies may still come.
const OPEN: u8 = 0;
/// All who were asked are through.
const FINISHED: u8 = 1;
/// Not all were when the time was up.
const TIMED_OUT: u8 = 2;
/// Java, or the end of the querier, ended it.
const CLOSED: u8 = 3;

/// What a get asks for, beside its payload; `Ask` in Java has the same layout.
#[repr(C)]
pub struct Ask {
    key: *const u8,
    key_length: u64,
    parameters: *const u8,
    parameters_length: u64,
    timeout_nanos: u64,
    capacity: u64,
    push_back: u32,
    target: u32,
    consolidation: u32,
    accept_any: u32,
    pub has_payload: u32,
    _padding: u32,
}

/// What a reply is beside its sample.
#[repr(C)]
#[derive(Default)]
pub struct ReplyInfo {
    is_error: u32,
    has_replier: u32,
    replier_eid: u32,
    _padding: u32,
    replier_zid: [u8; 16],
}

impl Ask {
    pub fn timeout(&self) -> Duration {
        // Milliseconds on the wire: a part of one would be none there.
        Duration::from_millis(self.timeout_nanos.div_ceil(1_000_000))
    }

    pub fn target(&self) -> Result<QueryTarget, Failure> {
        Ok(match self.target {
            0 => QueryTarget::BestMatching,
            1 => QueryTarget::All,
            2 => QueryTarget::AllComplete,
            n => return Err(bad(format!("target {n}"))),
        })
    }

    pub fn consolidation(&self) -> Result<ConsolidationMode, Failure> {
        Ok(match self.consolidation {
            0 => ConsolidationMode::Auto,
            1 => ConsolidationMode::None,
            2 => ConsolidationMode::Monotonic,
            3 => ConsolidationMode::Latest,
            n => return Err(bad(format!("consolidation {n}"))),
        })
    }

    pub fn accepted(&self) -> ReplyKeyExpr {
        if self.accept_any == 0 {
            ReplyKeyExpr::MatchingQuery
        } else {
            ReplyKeyExpr::Any
        }
    }

    /// # Safety
    /// The key is alive during the call.
    pub unsafe fn key_expr(&self) -> Result<KeyExpr<'static>, Failure> {
        // SAFETY: the caller's contract.
        unsafe { key_expr(self.key, self.key_length) }
    }

    /// # Safety
    /// The parameters are alive during the call.
    pub unsafe fn parameters(&self) -> Result<Parameters<'static>, Failure> {
        // SAFETY: the caller's contract.
        Ok(Parameters::from(unsafe { text(self.parameters, self.parameters_length) }?.to_owned()))
    }

    /// # Safety
    /// As `Most::check_put`.
    pub unsafe fn check(&self, most: Most, put: &Put) -> Result<(), Failure> {
        let parameters = self.parameters_length as usize;
        most.check(parameters)?;
        // SAFETY: the caller's contract.
        unsafe { most.beside(parameters).check_put(put) }
    }
}

/// What the core's side and Java's side of a get have in common.
struct Shared {
    queue: Queue<Reply>,
    state: AtomicU8,
}

impl Shared {
    /// The first that says how it ended is right.
    fn ends_as(&self, state: u8) {
        let _ = self.state.compare_exchange(OPEN, state, Ordering::AcqRel, Ordering::Acquire);
    }
}

/// The core's side; when the core drops it, no more comes.
struct Feed {
    shared: Arc<Shared>,
    asked: Instant,
    timeout: Duration,
    querier_closes: Arc<AtomicBool>,
}

impl Feed {
    /// On a thread of the core, which a panic must not reach.
    fn take(&self, reply: Reply) {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            if self.is_timeout(&reply) {
                self.shared.ends_as(TIMED_OUT);
            } else if reply.result().is_ok_and(|s| !is_within_limits(s.key_expr().as_str())) {
                self.shared.queue.refuse();
            } else {
                later::reply(|| self.shared.queue.push(reply));
            }
        }));
        if taken.is_err() {
            self.shared.queue.lock().dropped += 1;
        }
    }

    /// The core says that the time is up by an error of nobody, or of the link that still owes the
    /// end. A queryable may send the same text, but not when the time is up.
    fn is_timeout(&self, reply: &Reply) -> bool {
        let Err(error) = reply.result() else {
            return false;
        };
        let of_the_core = match reply.replier_id() {
            None => *error.encoding() == Encoding::ZENOH_STRING,
            Some(id) => id.eid() == 0 && *error.encoding() == Encoding::ZENOH_BYTES,
        };
        of_the_core
            && self.asked.elapsed() + Duration::from_millis(1) >= self.timeout
            && *error.payload().to_bytes() == *b"Timeout"
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        let closes = self.querier_closes.load(Ordering::Acquire);
        self.shared.ends_as(if closes { CLOSED } else { FINISHED });
        self.shared.queue.end();
    }
}

/// Java's side.
pub struct Replies {
    shared: Arc<Shared>,
    token: CancellationToken,
}

/// The two sides of a get.
pub struct Asking {
    shared: Arc<Shared>,
    pub token: CancellationToken,
    feed: Feed,
}

impl Asking {
    /// `collected`: the core itself keeps all replies and gives them at the end, so that they are
    /// not bounded here a second time.
    pub fn new(
        ask: &Ask,
        timeout: Duration,
        collected: bool,
        querier_closes: Arc<AtomicBool>,
        spin: Arc<Spin>,
    ) -> Result<Asking, Failure> {
        if ask.capacity == 0 {
            return Err(bad("capacity=0"));
        }
        let capacity = if collected { usize::MAX } else { ask.capacity as usize };
        let asked = Instant::now();
        let shared = Arc::new(Shared {
            queue: Queue::until(capacity, ask.push_back != 0, asked.checked_add(timeout), spin),
            state: AtomicU8::new(OPEN),
        });
        let feed = Feed { shared: shared.clone(), asked, timeout, querier_closes };
        Ok(Asking { shared, token: CancellationToken::default(), feed })
    }

    pub fn split(self) -> (impl Fn(Reply) + Send + Sync + 'static, Replies) {
        let Asking { shared, token, feed } = self;
        (move |reply| feed.take(reply), Replies { shared, token })
    }
}

/// Whether the core keeps the replies until the last one came.
pub fn is_collected(mode: ConsolidationMode, parameters: &Parameters) -> bool {
    match mode {
        ConsolidationMode::Latest => true,
        ConsolidationMode::Auto => !parameters.contains_key("_time"),
        _ => false,
    }
}

/// Sends a get on a deep stack, as that compares its key with those that peers declared, and recurses
/// by the wildcard of theirs.
pub fn ask<R>(counters: &Counters, get: impl FnOnce() -> zenoh::Result<R>) -> Result<R, Failure> {
    later::asking(|| counters.watch(|| shallow_on_a_deep_stack(get))).map_err(failed)
}

/// Asks; the handle of the replies goes to `out`.
#[no_mangle]
pub unsafe extern "C" fn segue_session_get(
    session: i64,
    ask: *const Ask,
    qos: *const Qos,
    put: *const Put,
    out: *mut i64,
    _hold1: *const u8,
    _hold2: *const u8,
    _hold3: *const u8,
    _hold4: *const u8,
) -> i64 {
    guard(|| {
        // SAFETY: Java lends the structs for the call, and what they name.
        let (asked, qos, put) = unsafe { (&*ask, &*qos, &*put) };
        // SAFETY: as above.
        let (session, key, parameters) =
            unsafe { (borrowed::<Session>(session)?, asked.key_expr()?, asked.parameters()?) };
        // SAFETY: as above.
        unsafe { asked.check(Most::of(session, &key, qos)?, put) }?;
        let (mode, timeout) = (asked.consolidation()?, asked.timeout());
        let collected = is_collected(mode, &parameters);
        let asking =
            Asking::new(asked, timeout, collected, Arc::default(), session.reply_spin.clone())?;
        let token = asking.token.clone();
        let (callback, replies) = asking.split();
        let held = under_lease(&session.counters, put.ticket(), |lease| {
            let mut builder = session
                .zenoh
                .get(Selector::owned(key, parameters))
                .target(asked.target()?)
                .consolidation(mode)
                .timeout(timeout)
                .accept_replies(asked.accepted())
                .congestion_control(qos.congestion_control()?)
                .priority(qos.priority()?)
                .express(qos.express != 0)
                .allowed_destination(qos.locality()?)
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
            crate::query::ask(&session.counters, || builder.wait())
        })?;
        // SAFETY: `out` is Java's buffer of 8 bytes.
        unsafe { *out = into_handle(replies) };
        Ok(held)
    })
}

/// Fills a cleared batch with the next reply: 1, or 0 at the time-out, or `ENDED`.
#[no_mangle]
pub unsafe extern "C" fn segue_replies_drain(
    replies: i64,
    batch: i64,
    info: *mut ReplyInfo,
    wait_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive; Java uses a batch from one thread at a time.
        let (replies, batch) =
            unsafe { (borrowed::<Replies>(replies)?, borrow_mut::<Batch>(batch)) };
        let mut next = VecDeque::with_capacity(1);
        let count = replies.shared.queue.drain(&mut next, 1, Duration::from_nanos(wait_nanos));
        if let Some(reply) = next.pop_front() {
            // SAFETY: `info` is Java's buffer of 32 bytes.
            unsafe { *info = ReplyInfo::of(&reply) };
            batch.samples.push_back(sample_of(reply)?);
            batch.fill_records();
        }
        Ok(count)
    })
}

impl ReplyInfo {
    fn of(reply: &Reply) -> ReplyInfo {
        let replier = reply.replier_id();
        ReplyInfo {
            is_error: reply.result().is_err() as u32,
            has_replier: replier.is_some() as u32,
            replier_eid: replier.map_or(0, |id| id.eid()),
            replier_zid: replier.map_or([0; 16], |id| id.zid().to_le_bytes()),
            ..ReplyInfo::default()
        }
    }
}

/// The sample of a reply; of an error, one with its payload and encoding.
fn sample_of(reply: Reply) -> Result<Sample, Failure> {
    Ok(match reply.into_result() {
        Ok(sample) => sample,
        Err(error) => {
            let key = KeyExpr::try_from("error").map_err(failed)?;
            SampleBuilder::put(key, error.payload().clone())
                .encoding(error.encoding().clone())
                .into()
        }
    })
}

/// As `segue_subscriber_arm`.
#[no_mangle]
pub unsafe extern "C" fn segue_replies_arm(replies: i64, bell: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrowed::<Replies>(replies) }?.shared.queue.arm(bell) as i64))
}

/// How it ended, or 0.
#[no_mangle]
pub unsafe extern "C" fn segue_replies_state(replies: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let replies = unsafe { borrowed::<Replies>(replies) }?;
        Ok(i64::from(replies.shared.state.load(Ordering::Acquire)))
    })
}

/// As `segue_subscriber_counts`.
#[no_mangle]
pub unsafe extern "C" fn segue_replies_counts(replies: i64, out: *mut [u64; 4]) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; `out` is Java's buffer of 32 bytes.
        unsafe { *out = borrowed::<Replies>(replies)?.shared.queue.counts() };
        Ok(0)
    })
}

/// Cancels the get and wakes all who wait; the handle stays alive until `segue_replies_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_replies_close(replies: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let replies = unsafe { borrowed::<Replies>(replies) }?;
        replies.shared.ends_as(CLOSED);
        replies.shared.queue.end();
        replies.token.cancel().wait().map(|_| 0).map_err(failed)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_replies_free(replies: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once, after `segue_replies_close`.
        drop(unsafe { take::<Replies>(replies) });
        Ok(0)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{listener::*, liveliness::*, querier::*, queryable::*, scout::*};
    use std::ptr::{null, null_mut};

    #[test]
    fn no_handle_is_a_failure_and_not_the_end_of_the_process() {
        let mut counts = [0; 4];
        let (hold, none) = (null(), null_mut());
        let ask = Ask {
            key: "k".as_ptr(),
            key_length: 1,
            parameters: null(),
            parameters_length: 0,
            timeout_nanos: 0,
            capacity: 1,
            push_back: 0,
            target: 0,
            consolidation: 0,
            accept_any: 0,
            has_payload: 0,
            _padding: 0,
        };
        // SAFETY: none of these gets as far as to read what else is null.
        let outcomes = unsafe {
            let put: *const Put = [0u64; 16].as_ptr().cast();
            let qos: *const Qos = [0u32; 5].as_ptr().cast();
            [
                segue_session_get(0, &ask, qos, put, none, hold, hold, hold, hold),
                segue_replies_arm(0, 1),
                segue_replies_state(0),
                segue_replies_counts(0, &mut counts),
                segue_replies_close(0),
                segue_querier_declare(0, &ask, qos),
                segue_querier_get(0, &ask, put, none, hold, hold, hold, hold),
                segue_querier_matching(0),
                segue_queryable_declare(0, "k".as_ptr(), 1, 0, 0, 1, 0),
                segue_queryable_arm(0, 1),
                segue_queryable_counts(0, &mut counts),
                segue_queryable_close(0),
                segue_query_reply(0, 0, "k".as_ptr(), 1, put, hold, hold, hold, hold),
                segue_query_retain(0),
                segue_token_declare(0, "k".as_ptr(), 1, 0, none),
                segue_liveliness_subscriber_declare(0, "k".as_ptr(), 1, 0, 1, 0),
                segue_liveliness_get(0, &ask),
                segue_listener_declare(0, 0),
                segue_listener_declare(0, 1),
                segue_listener_drain(0, 0),
                segue_listener_arm(0, 1),
                segue_listener_close(0),
                segue_scout_start(0, 1),
                segue_scout_drain(0, null_mut(), 0, 0),
                segue_scout_arm(0, 1),
                segue_scout_close(0),
            ]
        };
        assert!(outcomes.iter().all(|&outcome| outcome < -256), "{outcomes:?}");
    }

    #[test]
    fn only_modes_that_keep_replies_to_the_end_are_not_bounded_here() {
        let none = Parameters::from("");
        assert!(is_collected(ConsolidationMode::Auto, &none));
        assert!(is_collected(ConsolidationMode::Latest, &none));
        assert!(!is_collected(ConsolidationMode::None, &none));
        assert!(!is_collected(ConsolidationMode::Monotonic, &none));
        let range = Parameters::from("_time=[now(-1h)..]");
        assert!(!is_collected(ConsolidationMode::Auto, &range));
    }
}
