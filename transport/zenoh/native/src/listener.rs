//! Listeners that learn when somebody begins to match a publisher or querier, or the last one ends.

use crate::{
    abi::{borrowed, failed, guard, into_handle, take},
    publish::Publisher,
    querier::Querier,
    queue::Queue,
    session::on_a_deep_stack,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use zenoh::{
    matching::{MatchingListener, MatchingStatus},
    Wait,
};

/// Changes that wait at most; of more, the newest stay.
const CAPACITY: usize = 64;

/// The core's side; when the core drops it, no more comes.
struct Feed(Arc<Queue<bool>>);

impl Feed {
    fn take(&self, status: MatchingStatus) {
        self.0.push(status.matching());
    }
}

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.end();
    }
}

struct Listener {
    zenoh: Mutex<Option<MatchingListener<()>>>,
    queue: Arc<Queue<bool>>,
}

/// `of_querier`: the handle is a querier's, else a publisher's.
#[no_mangle]
pub unsafe extern "C" fn segue_listener_declare(owner: i64, of_querier: i32) -> i64 {
    guard(|| {
        let queue = Arc::new(Queue::new(CAPACITY, false));
        let feed = Feed(queue.clone());
        let callback = move |status| feed.take(status);
        let zenoh = if of_querier != 0 {
            // SAFETY: the handle is alive.
            let querier = unsafe { borrowed::<Querier>(owner) }?;
            on_a_deep_stack(|| querier.zenoh.matching_listener().callback(callback).wait())
        } else {
            // SAFETY: as above.
            let publisher = unsafe { borrowed::<Publisher>(owner) }?;
            on_a_deep_stack(|| publisher.zenoh.matching_listener().callback(callback).wait())
        };
        let zenoh = Mutex::new(Some(zenoh.map_err(failed)?));
        Ok(into_handle(Listener { zenoh, queue }))
    })
}

/// The next change: 1 nobody matches any more, 2 somebody does; 0 at the time-out, or `ENDED`.
#[no_mangle]
pub unsafe extern "C" fn segue_listener_drain(listener: i64, wait_nanos: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let listener = unsafe { borrowed::<Listener>(listener) }?;
        let mut next = VecDeque::with_capacity(1);
        let count = listener.queue.drain(&mut next, 1, Duration::from_nanos(wait_nanos));
        Ok(next.pop_front().map_or(count, |matching| 1 + matching as i64))
    })
}

/// As `segue_subscriber_arm`.
#[no_mangle]
pub unsafe extern "C" fn segue_listener_arm(listener: i64, bell: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrowed::<Listener>(listener) }?.queue.arm(bell) as i64))
}

/// Undeclares and wakes all who wait; the handle stays alive until `segue_listener_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_listener_close(listener: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let listener = unsafe { borrowed::<Listener>(listener) }?;
        listener.queue.end();
        let zenoh = listener.zenoh.lock().unwrap_or_else(|e| e.into_inner()).take();
        let undeclare = |zenoh: MatchingListener<()>| zenoh.undeclare().wait();
        on_a_deep_stack(|| zenoh.map_or(Ok(()), undeclare)).map(|_| 0).map_err(failed)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_listener_free(listener: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once, after `segue_listener_close`.
        drop(unsafe { take::<Listener>(listener) });
        Ok(0)
    });
}
