//! Subscribers: native threads fill a bounded queue, Java drains it.

use crate::{
    abi::{bad, borrow, borrow_mut, failed, guard, into_handle, take},
    keyexpr::is_within_limits,
    misses::Misses,
    publish::{key_expr, locality},
    queue::{Queue, RUNG},
    sample::Batch,
    session::{on_a_deep_stack, Session},
};
use std::{
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{Arc, Mutex},
    time::Duration,
};
use zenoh::{sample::Sample, Wait};
use zenoh_stats::sent;

/// The core's side of the queue; when the core drops it, no more comes.
pub struct Feed(Arc<Queue<Sample>>);

impl Feed {
    pub fn new(queue: Arc<Queue<Sample>>) -> Feed {
        Feed(queue)
    }

    /// On a thread of the core, which a panic must not reach.
    pub fn take(&self, sample: Sample) {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            if is_within_limits(sample.key_expr().as_str()) {
                sent::count_in_session();
                self.0.push(sample);
            } else {
                self.0.refuse();
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

/// Ends what a subscriber has in the core.
type Undeclare = Box<dyn FnOnce() -> zenoh::Result<()> + Send>;

pub struct Subscriber {
    undeclare: Mutex<Option<Undeclare>>,
    queue: Arc<Queue<Sample>>,
    /// Of an advanced one.
    pub misses: Option<Arc<Misses>>,
}

impl Subscriber {
    pub fn new(zenoh: zenoh::pubsub::Subscriber<()>, queue: Arc<Queue<Sample>>) -> Subscriber {
        let undeclare: Undeclare = Box::new(move || zenoh.undeclare().wait());
        Subscriber { undeclare: Mutex::new(Some(undeclare)), queue, misses: None }
    }

    pub fn with_misses(
        undeclare: impl FnOnce() -> zenoh::Result<()> + Send + 'static,
        queue: Arc<Queue<Sample>>,
        misses: Arc<Misses>,
    ) -> Subscriber {
        let undeclare: Undeclare = Box::new(undeclare);
        Subscriber { undeclare: Mutex::new(Some(undeclare)), queue, misses: Some(misses) }
    }
}

#[no_mangle]
pub unsafe extern "C" fn segue_subscriber_declare(
    session: i64,
    key: *const u8,
    key_length: u64,
    allowed_origin: i32,
    capacity: u64,
    push_back: i32,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the text for the call.
        let (session, key) = unsafe { (borrow::<Session>(session), key_expr(key, key_length)?) };
        if capacity == 0 {
            return Err(bad("capacity=0"));
        }
        let queue = Arc::new(Queue::new(capacity as usize, push_back != 0));
        let feed = Feed(queue.clone());
        let builder = session
            .zenoh
            .declare_subscriber(key)
            .allowed_origin(locality(allowed_origin)?)
            .callback(move |sample| feed.take(sample));
        let zenoh = on_a_deep_stack(|| builder.wait()).map_err(failed)?;
        Ok(into_handle(Subscriber::new(zenoh, queue)))
    })
}

/// Fills a cleared batch with up to `limit` samples; returns how many, 0 at the time-out, or `ENDED`.
#[no_mangle]
pub unsafe extern "C" fn segue_subscriber_drain(
    subscriber: i64,
    batch: i64,
    limit: u64,
    wait_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive; Java uses a batch from one thread at a time.
        let (subscriber, batch) =
            unsafe { (borrow::<Subscriber>(subscriber), borrow_mut::<Batch>(batch)) };
        let count = subscriber.queue.drain(
            &mut batch.samples,
            limit as usize,
            Duration::from_nanos(wait_nanos),
        );
        if count > 0 {
            batch.fill_records();
        }
        Ok(count)
    })
}

/// 1 when there is something to drain, or the end; else 0, and `bell` comes out of
/// `segue_bells_drain` once there is. A bell that is set replaces the one before.
#[no_mangle]
pub unsafe extern "C" fn segue_subscriber_arm(subscriber: i64, bell: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<Subscriber>(subscriber) }.queue.arm(bell) as i64))
}

/// Waits for bells and moves up to `limit` of them to `bells`; returns how many.
#[no_mangle]
pub unsafe extern "C" fn segue_bells_drain(bells: *mut i64, limit: u64, wait_nanos: u64) -> i64 {
    // SAFETY: Java's buffer has room for `limit` bells.
    unsafe { RUNG.drain(bells, limit, wait_nanos) }
}

/// Writes how many samples came, were dropped, wait, and were refused.
#[no_mangle]
pub unsafe extern "C" fn segue_subscriber_counts(subscriber: i64, out: *mut [u64; 4]) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; `out` is Java's buffer of 32 bytes.
        unsafe { *out = borrow::<Subscriber>(subscriber).queue.counts() };
        Ok(0)
    })
}

/// Undeclares and wakes all who wait; the handle stays alive until `segue_subscriber_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_subscriber_close(subscriber: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let subscriber = unsafe { borrow::<Subscriber>(subscriber) };
        subscriber.queue.end();
        if let Some(misses) = &subscriber.misses {
            misses.end();
        }
        let undeclare = subscriber.undeclare.lock().unwrap_or_else(|e| e.into_inner()).take();
        match undeclare {
            Some(undeclare) => on_a_deep_stack(undeclare).map(|_| 0).map_err(failed),
            None => Ok(0),
        }
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_subscriber_free(subscriber: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once, after `segue_subscriber_close`.
        drop(unsafe { take::<Subscriber>(subscriber) });
        Ok(0)
    });
}
