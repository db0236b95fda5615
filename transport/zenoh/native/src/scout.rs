//! Scouting: nodes that say hello.

use crate::{
    abi::{bad, borrowed, failed, give_text, guard, into_handle, take},
    fields::column,
    queue::Queue,
};
use std::{
    collections::VecDeque,
    sync::{Arc, Mutex},
    time::Duration,
};
use zenoh::{
    config::WhatAmIMatcher,
    scouting::{scout, Hello, Scout as ZenohScout},
    Config, Wait,
};

/// Hellos that wait at most; of more, the newest stay: a node says hello again and again.
const CAPACITY: usize = 1024;

/// The core's side; when the core drops it, no more comes.
struct Feed(Arc<Queue<Hello>>);

impl Drop for Feed {
    fn drop(&mut self) {
        self.0.end();
    }
}

impl Feed {
    fn take(&self, hello: Hello) {
        self.0.push(hello);
    }
}

struct Scout {
    zenoh: Mutex<Option<ZenohScout<()>>>,
    queue: Arc<Queue<Hello>>,
    /// The hello whose text Java asked for with a buffer that was too short.
    kept: Mutex<Option<String>>,
}

/// Starts to look for nodes: `what` is a sum of 1 routers, 2 peers, 4 clients.
#[no_mangle]
pub unsafe extern "C" fn segue_scout_start(config: i64, what: u32) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let config = unsafe { borrowed::<Config>(config) }?.clone();
        let what = u8::try_from(what)
            .ok()
            .filter(|&what| what != 0)
            .and_then(|what| WhatAmIMatcher::try_from(what).ok())
            .ok_or_else(|| bad(format!("scouting for what={what}")))?;
        let queue = Arc::new(Queue::new(CAPACITY, false));
        let feed = Feed(queue.clone());
        let zenoh = scout(what, config).callback(move |hello| feed.take(hello)).wait();
        let zenoh = Mutex::new(Some(zenoh.map_err(failed)?));
        Ok(into_handle(Scout { zenoh, queue, kept: Mutex::default() }))
    })
}

/// Gives the next hello as lines of one of the `fields` each: what it is, its id, then its locators. Returns the length, 0 at
/// the time-out, or `ENDED`; of a text that doesn't fit, the next call gives the same one again.
#[no_mangle]
pub unsafe extern "C" fn segue_scout_drain(
    scout: i64,
    address: *mut u8,
    capacity: u64,
    wait_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let scout = unsafe { borrowed::<Scout>(scout) }?;
        let mut kept = scout.kept.lock().unwrap_or_else(|e| e.into_inner());
        if kept.is_none() {
            drop(kept);
            let mut next = VecDeque::with_capacity(1);
            let count = scout.queue.drain(&mut next, 1, Duration::from_nanos(wait_nanos));
            let Some(hello) = next.pop_front() else {
                return Ok(count);
            };
            kept = scout.kept.lock().unwrap_or_else(|e| e.into_inner());
            *kept = Some(text(&hello));
        }
        let text = kept.take().unwrap_or_default();
        // SAFETY: Java passes a buffer of its own.
        let length = unsafe { give_text(&text, address, capacity) };
        if length as u64 > capacity {
            *kept = Some(text);
        }
        Ok(length)
    })
}

fn text(hello: &Hello) -> String {
    let head = [hello.whatami().to_string(), hello.zid().to_string()];
    column(head.into_iter().chain(hello.locators().iter().map(|locator| locator.to_string())))
}

/// As `segue_subscriber_arm`.
#[no_mangle]
pub unsafe extern "C" fn segue_scout_arm(scout: i64, bell: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrowed::<Scout>(scout) }?.queue.arm(bell) as i64))
}

/// Stops and wakes all who wait; the handle stays alive until `segue_scout_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_scout_close(scout: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let scout = unsafe { borrowed::<Scout>(scout) }?;
        scout.queue.end();
        let zenoh = scout.zenoh.lock().unwrap_or_else(|e| e.into_inner()).take();
        if let Some(zenoh) = zenoh {
            zenoh.stop();
        }
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_scout_free(scout: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once, after `segue_scout_close`.
        drop(unsafe { take::<Scout>(scout) });
        Ok(0)
    });
}
