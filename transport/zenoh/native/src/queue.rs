//! A bounded queue that native threads fill and one thread of Java at a time drains.

use crate::{
    later::{self, Debt},
    tokens::Tokens,
};
use std::{
    collections::{BTreeMap, VecDeque},
    sync::{
        atomic::{AtomicU64, AtomicUsize, Ordering},
        Arc, Condvar, Mutex, MutexGuard,
    },
    time::{Duration, Instant},
};
use tokio::runtime::{Handle, RuntimeFlavor};

/// Nothing will come any more: the subscriber or its session is closed and the queue is empty.
pub const ENDED: i64 = -10;

/// How long a drain that may wait looks for a sample before it sleeps: a sleeper costs the core's
/// thread a wake-up per message (bench `throughput` with `--receive handler`), and itself the time
/// to wake up (bench `latency`). It looks longer while samples come so soon that it pays, which is
/// at most a part of the time between them, and yields to whoever else can run.
const SPIN_LEAST: u64 = 10_000;
const SPIN_MOST: u64 = 200_000;

/// Nanoseconds to look for the next sample. Queues that live for one answer share it.
pub struct Spin(AtomicU64);

impl Default for Spin {
    fn default() -> Spin {
        Spin(AtomicU64::new(SPIN_LEAST))
    }
}

/// How long to look the next time, after a sample came within `waited`.
fn next_spin(spin: u64, waited: u64) -> u64 {
    if waited <= SPIN_MOST {
        spin.max(2 * waited).clamp(SPIN_LEAST, SPIN_MOST)
    } else {
        (spin / 2).max(SPIN_LEAST)
    }
}

/// More than any push waits for.
const ALL: u64 = u64::MAX;

pub struct Queue<T> {
    state: Mutex<State<T>>,
    arrived: Condvar,
    /// The number of samples, to look at without the lock.
    len: AtomicUsize,
    /// Nanoseconds for which a drain looks before it sleeps.
    spin: Arc<Spin>,
    capacity: usize,
    /// How many were taken, or `ALL` at the end, for who waits for room later. Written under the lock.
    taken: Arc<AtomicU64>,
    /// When full: wait for room, else drop the oldest.
    push_back: bool,
    /// Of one that pushes back: until when. What it has no room for then is dropped.
    until: Option<Instant>,
}

pub struct State<T> {
    pub samples: VecDeque<T>,
    /// How many wait for a sample.
    waiting: usize,
    /// Who waits for room, by how many must have been taken: each push wants one more than the one
    /// before it, and each is woken once, by the drain that makes its room.
    pushing: BTreeMap<u64, Arc<Condvar>>,
    /// What to leave in `RUNG` when a sample comes or the end; 0 for nothing.
    bell: i64,
    pub received: u64,
    pub dropped: u64,
    pub refused: u64,
}

/// Bells of queues that have something: one thread of Java waits here for all who don't want to
/// wait in a downcall.
pub static RUNG: Tokens = Tokens::new();

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
    pub fn new(capacity: usize, push_back: bool) -> Queue<T> {
        Queue::until(capacity, push_back, None, Arc::default())
    }

    pub fn until(
        capacity: usize,
        push_back: bool,
        until: Option<Instant>,
        spin: Arc<Spin>,
    ) -> Queue<T> {
        Queue {
            state: Mutex::new(State {
                samples: VecDeque::with_capacity(capacity.min(64)),
                waiting: 0,
                pushing: BTreeMap::new(),
                bell: 0,
                received: 0,
                dropped: 0,
                refused: 0,
            }),
            arrived: Condvar::new(),
            len: AtomicUsize::new(0),
            spin,
            capacity,
            taken: Arc::default(),
            push_back,
            until,
        }
    }

    pub fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// When full and pushing back, adds it beyond the capacity, where its place is, and waits for as many
    /// to be taken as it is beyond, the way that the running call does: whoever pushes after it waits
    /// longer.
    pub fn push(&self, sample: T) {
        let mut state = self.lock();
        state.received += 1;
        let count = state.samples.len();
        let is_full = count >= self.capacity;
        if self.is_ended() || is_full && self.push_back && self.is_late() {
            state.dropped += 1;
            drop(state);
            return;
        }
        if is_full && self.push_back {
            let target = self.taken() + (1 + count - self.capacity) as u64;
            self.add(state, sample);
            let debt = || Debt { taken: self.taken.clone(), target, until: self.until };
            if later::waits_here(debt) {
                aside(|| self.wait_until_taken(target));
            }
            return;
        }
        let oldest = if is_full {
            state.dropped += 1;
            state.samples.pop_front()
        } else {
            None
        };
        self.add(state, sample);
        drop(oldest);
    }

    fn add(&self, mut state: MutexGuard<'_, State<T>>, sample: T) {
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
    }

    fn taken(&self) -> u64 {
        self.taken.load(Ordering::Relaxed)
    }

    /// Under the lock.
    fn count_taken(&self, count: usize) {
        if !self.is_ended() {
            self.taken.store(self.taken() + count as u64, Ordering::Release);
        }
    }

    fn wait_until_taken(&self, target: u64) {
        let mut state = self.lock();
        if self.taken() >= target {
            return;
        }
        let woken = Arc::new(Condvar::new());
        state.pushing.insert(target, woken.clone());
        let left = || self.until.map(|at| at.saturating_duration_since(Instant::now()));
        while self.taken() < target && !self.is_late() {
            state = match left() {
                None => woken.wait(state).unwrap_or_else(|e| e.into_inner()),
                Some(left) => woken.wait_timeout(state, left).unwrap_or_else(|e| e.into_inner()).0,
            };
        }
        state.pushing.remove(&target);
        // Of one that was late: what there is no room for.
        let late = self.take_late(&mut state);
        drop(state);
        drop(late);
    }

    /// Takes out those that wait for no more than was taken, to be woken without the lock.
    fn paid(&self, state: &mut State<T>) -> BTreeMap<u64, Arc<Condvar>> {
        match self.taken().checked_add(1) {
            Some(next) => {
                let others = state.pushing.split_off(&next);
                std::mem::replace(&mut state.pushing, others)
            }
            None => std::mem::take(&mut state.pushing),
        }
    }

    fn is_late(&self) -> bool {
        self.until.is_some_and(|until| Instant::now() >= until)
    }

    /// What there is no room for when the time is up, counted as dropped: to be dropped without the lock.
    fn take_late(&self, state: &mut State<T>) -> VecDeque<T> {
        if state.samples.len() <= self.capacity || self.is_ended() || !self.is_late() {
            return VecDeque::new();
        }
        let late = state.samples.split_off(self.capacity);
        self.len.store(state.samples.len(), Ordering::Release);
        state.dropped += late.len() as u64;
        self.count_taken(late.len());
        late
    }

    /// How many came, were dropped, wait, and were refused.
    pub fn counts(&self) -> [u64; 4] {
        let mut state = self.lock();
        let late = self.take_late(&mut state);
        let counts = [state.received, state.dropped, state.samples.len() as u64, state.refused];
        drop(state);
        drop(late);
        counts
    }

    /// Counts a sample that is not taken.
    pub fn refuse(&self) {
        let mut state = self.lock();
        state.received += 1;
        state.refused += 1;
    }

    /// Whether there is something to drain, or the end; if not, `bell` rings once when there is.
    pub fn arm(&self, bell: i64) -> bool {
        let mut state = self.lock();
        let ready = !state.samples.is_empty() || self.is_ended();
        if !ready {
            state.bell = bell;
        }
        ready
    }

    /// Moves samples into an empty deque, waiting for the first one until the deadline.
    pub fn drain(&self, into: &mut VecDeque<T>, limit: usize, wait: Duration) -> i64 {
        // Before the look: what came before the end is told before it.
        let ended = self.is_ended();
        let mut state = if self.is_empty() {
            if ended {
                return ENDED;
            }
            if wait.is_zero() {
                return 0;
            }
            self.wait_for_sample(wait)
        } else {
            self.lock()
        };
        if state.samples.is_empty() {
            return if self.is_ended() { ENDED } else { 0 };
        }
        let late = self.take_late(&mut state);
        let count = limit.min(state.samples.len());
        debug_assert!(into.is_empty());
        if count > 1 && count == state.samples.len() {
            // Moves none of them, so that who pushes waits for nothing.
            std::mem::swap(&mut state.samples, into);
        } else {
            into.extend(state.samples.drain(..count));
        }
        self.len.store(state.samples.len(), Ordering::Release);
        self.count_taken(count);
        let paid = self.paid(&mut state);
        drop(state);
        drop(late);
        paid.values().for_each(|waits| waits.notify_one());
        count as i64
    }

    fn wait_for_sample(&self, wait: Duration) -> MutexGuard<'_, State<T>> {
        let start = Instant::now();
        let spin = self.spin.0.load(Ordering::Relaxed);
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
        self.spin.0.store(next_spin(spin, start.elapsed().as_nanos() as u64), Ordering::Relaxed);
        state
    }

    fn is_empty(&self) -> bool {
        self.len.load(Ordering::Acquire) == 0
    }

    fn is_ended(&self) -> bool {
        self.taken.load(Ordering::Acquire) == ALL
    }

    pub fn end(&self) {
        // Under the lock, so that nobody who is about to wait misses it.
        let mut state = self.lock();
        let late = self.take_late(&mut state);
        self.taken.store(ALL, Ordering::Release);
        let bell = std::mem::take(&mut state.bell);
        let paid = self.paid(&mut state);
        drop(state);
        drop(late);
        if bell != 0 {
            RUNG.push(bell);
        }
        self.arrived.notify_all();
        paid.values().for_each(|waits| waits.notify_one());
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        sync::Arc,
        thread::{sleep, spawn},
    };

    const NEVER: Duration = Duration::from_secs(600);

    fn until(holds: impl Fn() -> bool) {
        while !holds() {
            sleep(Duration::from_millis(1));
        }
    }

    #[test]
    fn a_drain_wakes_those_whose_room_it_makes_and_the_end_all() {
        let queue = Arc::new(Queue::new(1, true));
        queue.push(0);
        let waiting = || queue.lock().pushing.len();
        let threads: Vec<_> = (1..=20)
            .map(|i| {
                let own = queue.clone();
                let thread = spawn(move || own.push(i));
                until(|| waiting() == i as usize);
                thread
            })
            .collect();
        assert_eq!(drained(&queue, 5), [0, 1, 2, 3, 4]);
        assert_eq!(waiting(), 15);
        until(|| threads[..5].iter().all(|thread| thread.is_finished()));
        assert!(threads[5..].iter().all(|thread| !thread.is_finished()));
        queue.end();
        assert_eq!(waiting(), 0);
        for thread in threads {
            thread.join().unwrap();
        }
    }

    fn drained(queue: &Queue<u32>, limit: usize) -> Vec<u32> {
        let mut into = VecDeque::new();
        let count = queue.drain(&mut into, limit, Duration::ZERO);
        assert_eq!(count, into.len() as i64);
        into.into()
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
            let mut some = VecDeque::new();
            assert!(queue.drain(&mut some, 1, NEVER) > 0);
            all.extend(some);
        }
        thread.join().unwrap();
        assert_eq!(all, (0..100).collect::<Vec<_>>());
        assert_eq!(counts(&queue), (100, 0, 0));
    }

    #[test]
    fn a_push_that_waits_for_room_until_a_deadline_drops_the_new_one_then() {
        let soon = Instant::now() + Duration::from_millis(30);
        let queue = Queue::until(1, true, Some(soon), Arc::default());
        queue.push(0);
        queue.push(1);
        assert!(Instant::now() >= soon);
        queue.push(2);
        assert_eq!(counts(&queue), (3, 2, 1));
        assert_eq!(drained(&queue, 9), [0]);
        queue.push(3);
        assert_eq!(drained(&queue, 9), [3]);
    }

    #[test]
    fn what_there_is_no_room_for_when_the_time_is_up_is_dropped_once() {
        let full = || {
            let soon = Instant::now() + Duration::from_millis(20);
            let queue = Queue::until(2, true, Some(soon), Arc::default());
            later::never(|| (0..5).for_each(|i| queue.push(i)));
            sleep(Duration::from_millis(30));
            queue
        };
        let queue = full();
        assert_eq!(drained(&queue, 9), [0, 1]);
        assert_eq!(counts(&queue), (5, 3, 0));
        let queue = full();
        queue.end();
        assert_eq!(drained(&queue, 1), [0]);
        assert_eq!(queue.counts(), [5, 3, 1, 0]);
        // One that has ended before is read at leisure.
        let soon = Instant::now() + Duration::from_millis(20);
        let queue = Queue::until(2, true, Some(soon), Arc::default());
        later::never(|| (0..5).for_each(|i| queue.push(i)));
        queue.end();
        if Instant::now() < soon {
            sleep(Duration::from_millis(30));
            assert_eq!(queue.counts(), [5, 0, 5, 0]);
        }
    }

    #[test]
    fn a_push_that_waits_for_no_room_goes_beyond_the_capacity() {
        let queue = Queue::new(1, true);
        later::never(|| (0..2).for_each(|i| queue.push(i)));
        assert_eq!(counts(&queue), (2, 0, 2));
        assert_eq!(drained(&queue, 9), [0, 1]);
        queue.end();
        queue.push(2);
        assert_eq!(counts(&queue), (3, 1, 0));
        let newest = Queue::new(1, false);
        later::never(|| (0..2).for_each(|i| newest.push(i)));
        assert_eq!(drained(&newest, 9), [1]);
    }

    #[test]
    fn the_end_lets_who_pushes_and_who_drains_go() {
        let full = Arc::new(Queue::new(1, true));
        full.push(0);
        let pushing = full.clone();
        let pusher = spawn(move || pushing.push(1));
        let empty = Arc::new(Queue::<u32>::new(1, false));
        let draining = empty.clone();
        let drainer = spawn(move || draining.drain(&mut VecDeque::new(), 1, NEVER));
        sleep(Duration::from_millis(50));
        full.end();
        empty.end();
        pusher.join().unwrap();
        assert_eq!(drainer.join().unwrap(), ENDED);
        assert_eq!(counts(&full), (2, 0, 2));
    }

    #[test]
    fn what_is_drained_whole_or_in_part_keeps_its_order_and_its_count() {
        let queue = Queue::new(8, false);
        let mut into = VecDeque::new();
        for round in 0..9 {
            (0..5).for_each(|i| queue.push(round * 10 + i));
            into.clear();
            assert_eq!(queue.drain(&mut into, 2, Duration::ZERO), 2);
            assert_eq!(into, [round * 10, round * 10 + 1]);
            assert_eq!(queue.len.load(Ordering::Relaxed), 3);
            into.clear();
            assert_eq!(queue.drain(&mut into, 3, Duration::ZERO), 3);
            assert_eq!(into, [round * 10 + 2, round * 10 + 3, round * 10 + 4]);
            assert!(queue.is_empty());
        }
        assert_eq!(counts(&queue), (45, 0, 0));
    }

    #[test]
    fn what_waited_at_the_end_is_drained_before_the_end_is_told() {
        let queue = Queue::new(4, false);
        queue.push(1);
        queue.end();
        queue.push(2);
        assert_eq!(drained(&queue, 9), [1]);
        assert_eq!(queue.drain(&mut VecDeque::new(), 9, NEVER), ENDED);
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
            let mut into = VecDeque::new();
            draining.drain(&mut into, 1, NEVER);
            into
        });
        sleep(Duration::from_millis(20));
        queue.push(7);
        assert_eq!(drainer.join().unwrap(), [7]);
    }
}
