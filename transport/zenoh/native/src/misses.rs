//! Samples that an advanced subscriber missed, for as many listeners as want to learn of them.

use crate::{
    abi::{bad, borrowed, guard, into_handle, take, Failure},
    queue::Queue,
    subscribe::Subscriber,
};
use std::{
    collections::VecDeque,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, Mutex, MutexGuard,
    },
    time::Duration,
};

/// Misses that wait at most; of more, the newest stay.
const CAPACITY: usize = 64;

/// How many samples of one publisher were missed; `Miss` in Java reads the same layout.
#[repr(C)]
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Miss {
    zid: [u8; 16],
    eid: u32,
    count: u32,
}

/// The core tells one listener, under the lock of the subscriber. So listeners of Java come and go
/// under a lock of their own, and none is waited for.
pub struct Misses {
    missed: AtomicU64,
    /// None when no more comes.
    listening: Mutex<Option<Vec<Arc<Queue<Miss>>>>>,
}

impl Misses {
    pub fn new() -> Arc<Misses> {
        Arc::new(Misses { missed: AtomicU64::new(0), listening: Mutex::new(Some(Vec::new())) })
    }

    fn listening(&self) -> MutexGuard<'_, Option<Vec<Arc<Queue<Miss>>>>> {
        self.listening.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn tell(&self, miss: Miss) {
        self.missed.fetch_add(u64::from(miss.count), Ordering::Relaxed);
        for queue in self.listening().iter().flatten() {
            queue.push(miss);
        }
    }

    fn listen(&self) -> Arc<Queue<Miss>> {
        let queue = Arc::new(Queue::new(CAPACITY, false));
        match &mut *self.listening() {
            Some(queues) => queues.push(queue.clone()),
            None => queue.end(),
        }
        queue
    }

    fn forget(&self, queue: &Arc<Queue<Miss>>) {
        if let Some(queues) = &mut *self.listening() {
            queues.retain(|known| !Arc::ptr_eq(known, queue));
        }
    }

    pub fn end(&self) {
        let queues = self.listening().take();
        queues.iter().flatten().for_each(|queue| queue.end());
    }
}

/// The core's side; when the core drops it, no more comes.
pub struct MissFeed(pub Arc<Misses>);

impl MissFeed {
    pub fn take(&self, miss: zenoh_ext::Miss) {
        let source = miss.source();
        let zid = source.zid().to_le_bytes();
        self.0.tell(Miss { zid, eid: source.eid(), count: miss.nb() });
    }
}

impl Drop for MissFeed {
    fn drop(&mut self) {
        self.0.end();
    }
}

struct Listener {
    misses: Arc<Misses>,
    queue: Arc<Queue<Miss>>,
}

/// # Safety
/// `subscriber` is alive, or 0.
unsafe fn misses<'a>(subscriber: i64) -> Result<&'a Arc<Misses>, Failure> {
    // SAFETY: the caller's contract.
    let subscriber = unsafe { borrowed::<Subscriber>(subscriber) }?;
    subscriber.misses.as_ref().ok_or_else(|| bad("it is no advanced subscriber"))
}

/// How many samples were missed since the declaration.
#[no_mangle]
pub unsafe extern "C" fn segue_misses_count(subscriber: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { misses(subscriber) }?.missed.load(Ordering::Relaxed) as i64))
}

#[no_mangle]
pub unsafe extern "C" fn segue_misses_listen(subscriber: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let misses = unsafe { misses(subscriber) }?.clone();
        let queue = misses.listen();
        Ok(into_handle(Listener { misses, queue }))
    })
}

/// Writes the next miss: 1, or 0 at the time-out, or `ENDED`.
#[no_mangle]
pub unsafe extern "C" fn segue_misses_drain(listener: i64, out: *mut Miss, wait_nanos: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let listener = unsafe { borrowed::<Listener>(listener) }?;
        let mut next = VecDeque::with_capacity(1);
        let count = listener.queue.drain(&mut next, 1, Duration::from_nanos(wait_nanos));
        if let Some(miss) = next.pop_front() {
            // SAFETY: `out` is Java's buffer of 24 bytes.
            unsafe { *out = miss };
        }
        Ok(count)
    })
}

/// As `segue_subscriber_arm`.
#[no_mangle]
pub unsafe extern "C" fn segue_misses_arm(listener: i64, bell: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrowed::<Listener>(listener) }?.queue.arm(bell) as i64))
}

/// Ends it and wakes all who wait; the handle stays alive until `segue_misses_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_misses_close(listener: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let listener = unsafe { borrowed::<Listener>(listener) }?;
        listener.misses.forget(&listener.queue);
        listener.queue.end();
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_misses_free(listener: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once, after `segue_misses_close`.
        drop(unsafe { take::<Listener>(listener) });
        Ok(0)
    });
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::ENDED;

    fn miss(count: u32) -> Miss {
        Miss { zid: [1; 16], eid: 2, count }
    }

    fn next(queue: &Queue<Miss>) -> (i64, Option<Miss>) {
        let mut into = VecDeque::new();
        (queue.drain(&mut into, 1, Duration::ZERO), into.pop_front())
    }

    #[test]
    fn each_listener_learns_of_what_is_missed_while_it_listens() {
        let misses = Misses::new();
        misses.tell(miss(1));
        let (first, second) = (misses.listen(), misses.listen());
        misses.tell(miss(2));
        misses.forget(&second);
        misses.tell(miss(3));
        assert_eq!(next(&first), (1, Some(miss(2))));
        assert_eq!(next(&first), (1, Some(miss(3))));
        assert_eq!(next(&second), (1, Some(miss(2))));
        assert_eq!(next(&second), (0, None));
        assert_eq!(misses.missed.load(Ordering::Relaxed), 6);
        drop(MissFeed(misses.clone()));
        assert_eq!(next(&first), (ENDED, None));
        assert_eq!(next(&misses.listen()), (ENDED, None));
        misses.tell(miss(4));
    }
}
