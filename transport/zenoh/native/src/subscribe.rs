//! Subscribers: native threads fill a bounded queue, Java drains it.

use crate::{
    abi::{bad, borrow, borrow_mut, failed, guard, into_handle, take},
    keyexpr::is_within_limits,
    publish::{key_expr, locality},
    sample::Batch,
    session::{on_a_deep_stack, Session},
    tokens::Tokens,
};
use std::{
    collections::VecDeque,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{
        atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering},
        Arc, Condvar, Mutex, MutexGuard,
    },
    time::{Duration, Instant},
};
use tokio::runtime::{Handle, RuntimeFlavor};
use zenoh::{sample::Sample, Wait};

/// Nothing will come any more: the subscriber or its session is closed and the queue is empty.
const ENDED: i64 = -10;

/// How long a drain that may wait looks for a sample before it sleeps: a sleeper costs the core's
/// thread a wake-up per message (bench `throughput` with `--receive handler`), and itself the time
/// to wake up (bench `latency`). It looks longer while samples come so soon that it pays, which is
/// at most a part of the time between them, and yields to whoever else can run.
const SPIN_LEAST: u64 = 10_000;
const SPIN_MOST: u64 = 200_000;

/// How long to look the next time, after a sample came within `waited`.
fn next_spin(spin: u64, waited: u64) -> u64 {
    if waited <= SPIN_MOST {
        spin.max(2 * waited).clamp(SPIN_LEAST, SPIN_MOST)
    } else {
        (spin / 2).max(SPIN_LEAST)
    }
}

struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    room: Condvar,
    /// The number of samples, to look at without the lock.
    len: AtomicUsize,
    /// Nanoseconds for which a drain looks before it sleeps.
    spin: AtomicU64,
    ended: AtomicBool,
    capacity: usize,
    /// When full: wait for room, else drop the oldest.
    push_back: bool,
}

struct State<T> {
    samples: VecDeque<T>,
    waiting: usize,
    /// What to leave in `RUNG` when a sample comes or the end; 0 for nothing.
    bell: i64,
    received: u64,
    dropped: u64,
    refused: u64,
}

/// Bells of queues that have something: one thread of Java waits here for all who don't want to
/// wait in a downcall.
static RUNG: Tokens = Tokens::new();

/// Runs what may wait for long. A worker of the core's runtime hands its other tasks to another
/// thread first, so that only the link that it reads from stands still.
fn aside<R>(wait: impl FnOnce() -> R) -> R {
    match Handle::try_current() {
        Ok(handle) if handle.runtime_flavor() == RuntimeFlavor::MultiThread => {
            tokio::task::block_in_place(wait)
        }
        _ => wait(),
    }
}

impl<T> Queue<T> {
    fn new(capacity: usize, push_back: bool) -> Queue<T> {
        Queue {
            state: Mutex::new(State {
                samples: VecDeque::with_capacity(capacity.min(64)),
                waiting: 0,
                bell: 0,
                received: 0,
                dropped: 0,
                refused: 0,
            }),
            arrived: Condvar::new(),
            room: Condvar::new(),
            len: AtomicUsize::new(0),
            spin: AtomicU64::new(SPIN_LEAST),
            ended: AtomicBool::new(false),
            capacity,
            push_back,
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn push(&self, sample: T) {
        let mut state = self.lock();
        state.received += 1;
        if self.push_back && state.samples.len() >= self.capacity && !self.is_ended() {
            drop(state);
            state = aside(|| self.wait_for_room());
        }
        if self.is_ended() {
            state.dropped += 1;
            return;
        }
        let oldest = if state.samples.len() >= self.capacity {
            state.dropped += 1;
            state.samples.pop_front()
        } else {
            None
        };
        state.samples.push_back(sample);
        self.len.store(state.samples.len(), Ordering::Release);
        let wake = state.waiting > 0;
        let bell = std::mem::take(&mut state.bell);
        drop(state);
        if wake {
            self.arrived.notify_one();
        }
        if bell != 0 {
            RUNG.push(bell);
        }
        drop(oldest);
    }

    fn wait_for_room(&self) -> MutexGuard<'_, State<T>> {
        let mut state = self.lock();
        while state.samples.len() >= self.capacity && !self.is_ended() {
            state = self.room.wait(state).unwrap_or_else(|e| e.into_inner());
        }
        state
    }

    /// Counts a sample that is not taken.
    fn refuse(&self) {
        let mut state = self.lock();
        state.received += 1;
        state.refused += 1;
    }

    /// Whether there is something to drain, or the end; if not, `bell` rings once when there is.
    fn arm(&self, bell: i64) -> bool {
        let mut state = self.lock();
        let ready = !state.samples.is_empty() || self.is_ended();
        if !ready {
            state.bell = bell;
        }
        ready
    }

    /// Moves samples out, waiting for the first one until the deadline.
    fn drain(&self, into: &mut Vec<T>, limit: usize, wait: Duration) -> i64 {
        let mut state = if self.is_empty() {
            if wait.is_zero() {
                return if self.is_ended() { ENDED } else { 0 };
            }
            self.wait_for_sample(wait)
        } else {
            self.lock()
        };
        if state.samples.is_empty() {
            return if self.is_ended() { ENDED } else { 0 };
        }
        let count = limit.min(state.samples.len());
        into.extend(state.samples.drain(..count));
        self.len.store(state.samples.len(), Ordering::Release);
        drop(state);
        if self.push_back {
            self.room.notify_all();
        }
        count as i64
    }

    fn wait_for_sample(&self, wait: Duration) -> MutexGuard<'_, State<T>> {
        let start = Instant::now();
        let spin = self.spin.load(Ordering::Relaxed);
        let look = Duration::from_nanos(spin).min(wait);
        while self.is_empty() && !self.is_ended() && start.elapsed() < look {
            std::thread::yield_now();
        }
        let mut state = self.lock();
        while state.samples.is_empty() && !self.is_ended() {
            let left = wait.saturating_sub(start.elapsed());
            if left.is_zero() {
                break;
            }
            state.waiting += 1;
            state = self.arrived.wait_timeout(state, left).unwrap_or_else(|e| e.into_inner()).0;
            state.waiting -= 1;
        }
        self.spin.store(next_spin(spin, start.elapsed().as_nanos() as u64), Ordering::Relaxed);
        state
    }

    fn is_empty(&self) -> bool {
        self.len.load(Ordering::Acquire) == 0
    }

    fn is_ended(&self) -> bool {
        self.ended.load(Ordering::Acquire)
    }

    fn end(&self) {
        // Under the lock, so that nobody who is about to wait misses it.
        let mut state = self.lock();
        self.ended.store(true, Ordering::Release);
        let bell = std::mem::take(&mut state.bell);
        drop(state);
        if bell != 0 {
            RUNG.push(bell);
        }
        self.arrived.notify_all();
        self.room.notify_all();
    }
}

/// The core's side of the queue; when the core drops it, no more comes.
struct Feed(Arc<Queue<Sample>>);

impl Feed {
    /// On a thread of the core, which a panic must not reach.
    fn take(&self, sample: Sample) {
        let taken = catch_unwind(AssertUnwindSafe(|| {
            if is_within_limits(sample.key_expr().as_str()) {
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

struct Subscriber {
    zenoh: Mutex<Option<zenoh::pubsub::Subscriber<()>>>,
    queue: Arc<Queue<Sample>>,
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
        Ok(into_handle(Subscriber { zenoh: Mutex::new(Some(zenoh)), queue }))
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
        unsafe {
            let state = borrow::<Subscriber>(subscriber).queue.lock();
            *out = [state.received, state.dropped, state.samples.len() as u64, state.refused];
        }
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
        let zenoh = subscriber.zenoh.lock().unwrap_or_else(|e| e.into_inner()).take();
        match zenoh {
            Some(zenoh) => zenoh.undeclare().wait().map(|_| 0).map_err(failed),
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

#[cfg(test)]
mod tests {
    use super::*;
    use std::thread::{sleep, spawn};

    const NEVER: Duration = Duration::from_secs(600);

    fn drained(queue: &Queue<u32>, limit: usize) -> Vec<u32> {
        let mut into = Vec::new();
        let count = queue.drain(&mut into, limit, Duration::ZERO);
        assert_eq!(count, into.len() as i64);
        into
    }

    fn counts(queue: &Queue<u32>) -> (u64, u64, usize) {
        let state = queue.lock();
        (state.received, state.dropped, state.samples.len())
    }

    #[test]
    fn a_full_queue_drops_the_oldest_and_counts_it() {
        let queue = Queue::new(3, false);
        (0..10).for_each(|i| queue.push(i));
        assert_eq!(counts(&queue), (10, 7, 3));
        assert_eq!(drained(&queue, 2), [7, 8]);
        queue.push(10);
        assert_eq!(drained(&queue, 9), [9, 10]);
        assert_eq!(counts(&queue), (11, 7, 0));
        assert!(drained(&queue, 9).is_empty());
    }

    #[test]
    fn a_full_queue_that_pushes_back_waits_for_room_and_drops_nothing() {
        let queue = Arc::new(Queue::new(2, true));
        let pushing = queue.clone();
        let thread = spawn(move || (0..100).for_each(|i| pushing.push(i)));
        let mut all = Vec::new();
        while all.len() < 100 {
            let mut some = Vec::new();
            assert!(queue.drain(&mut some, 1, NEVER) > 0);
            all.extend(some);
        }
        thread.join().unwrap();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_eq!(counts(&queue), (100, 0, 0));
    }

    #[test]
    fn the_end_lets_who_pushes_and_who_drains_go() {
        let full = Arc::new(Queue::new(1, true));
        full.push(0);
        let pushing = full.clone();
        let pusher = spawn(move || pushing.push(1));
        let empty = Arc::new(Queue::<u32>::new(1, false));
        let draining = empty.clone();
        let drainer = spawn(move || draining.drain(&mut Vec::new(), 1, NEVER));
        sleep(Duration::from_millis(50));
        full.end();
        empty.end();
        pusher.join().unwrap();
        assert_eq!(drainer.join().unwrap(), ENDED);
        assert_eq!(counts(&full), (2, 1, 1));
    }

    #[test]
    fn what_waited_at_the_end_is_drained_before_the_end_is_told() {
        let queue = Queue::new(4, false);
        queue.push(1);
        queue.end();
        queue.push(2);
        assert_eq!(drained(&queue, 9), [1]);
        assert_eq!(queue.drain(&mut Vec::new(), 9, NEVER), ENDED);
    }

    #[test]
    fn a_drain_looks_longer_while_that_pays_and_sleeps_soon_when_not() {
        assert_eq!(next_spin(SPIN_LEAST, 1_000), SPIN_LEAST);
        assert_eq!(next_spin(SPIN_LEAST, 80_000), 160_000);
        assert_eq!(next_spin(160_000, 150_000), SPIN_MOST);
        let rare = (0..9).fold(SPIN_MOST, |spin, _| next_spin(spin, 30_000_000));
        assert_eq!(rare, SPIN_LEAST);
    }

    #[test]
    fn a_bell_rings_once_for_what_comes_after_it_was_set() {
        let rung = || {
            let mut bells = [0; 8];
            // SAFETY: the buffer has room for 8.
            let count = unsafe { RUNG.drain(bells.as_mut_ptr(), 8, 0) };
            bells[..count as usize].to_vec()
        };
        let queue = Queue::new(4, false);
        assert!(!queue.arm(7));
        queue.push(1);
        queue.push(2);
        assert_eq!(rung(), [7]);
        assert!(queue.arm(8), "there is something already");
        assert_eq!(drained(&queue, 9), [1, 2]);
        assert!(rung().is_empty());
        assert!(!queue.arm(9));
        queue.end();
        assert_eq!(rung(), [9]);
        assert!(queue.arm(10), "the end is something as well");
    }

    #[test]
    fn a_full_queue_stalls_no_other_task_of_a_runtime() {
        let runtime =
            tokio::runtime::Builder::new_multi_thread().worker_threads(2).build().unwrap();
        let full: Vec<_> = (0..8).map(|_| Arc::new(Queue::new(1, true))).collect();
        let pushes: Vec<_> = full
            .iter()
            .cloned()
            .map(|queue| {
                queue.push(0);
                runtime.spawn(async move { queue.push(1) })
            })
            .collect();
        sleep(Duration::from_millis(50));
        let (sent, received) = std::sync::mpsc::channel();
        for i in 0..8 {
            let sent = sent.clone();
            runtime.spawn(async move { sent.send(i).unwrap() });
        }
        drop(sent);
        assert_eq!(received.iter().count(), 8);
        assert!(pushes.iter().all(|push| !push.is_finished()));
        for queue in &full {
            assert_eq!(drained(queue, 1), [0]);
        }
        for push in pushes {
            runtime.block_on(push).unwrap();
        }
    }

    #[test]
    fn a_drain_that_waits_is_woken_by_a_push() {
        let queue = Arc::new(Queue::new(1, false));
        let draining = queue.clone();
        let drainer = spawn(move || {
            let mut into = Vec::new();
            draining.drain(&mut into, 1, NEVER);
            into
        });
        sleep(Duration::from_millis(20));
        queue.push(7);
        assert_eq!(drainer.join().unwrap(), [7]);
    }
}
