//! Calls that must not wait for room in a queue: those of virtual threads, which would keep their
//! carriers from others, and from who makes the room. What they push beyond the capacity is waited
//! for in Java, which parks them.

use crate::abi::guard;
use std::{
    cell::RefCell,
    collections::HashMap,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc, LazyLock, Mutex, MutexGuard,
    },
};

/// How many a queue holds beyond its capacity.
pub type Excess = Arc<AtomicUsize>;

/// A bit of what a call returns: Java waits until `segue_call_has_room` of its token says so.
pub const OWES: i64 = 1 << 2;

thread_local! {
    /// What the running call has pushed beyond; `None` in one that may wait.
    static RUNNING: RefCell<Option<Vec<Excess>>> = const { RefCell::new(None) };
}

/// What calls have pushed beyond, by their tokens, until Java has waited for it.
static OWED: LazyLock<Mutex<HashMap<i64, Vec<Excess>>>> = LazyLock::new(Mutex::default);

fn owed() -> MutexGuard<'static, HashMap<i64, Vec<Excess>>> {
    OWED.lock().unwrap_or_else(|e| e.into_inner())
}

/// Whether the running call must not wait.
pub fn is_asked() -> bool {
    RUNNING.with_borrow(Option::is_some)
}

/// The running call has pushed beyond.
pub fn owe(excess: &Excess) {
    RUNNING
        .with_borrow_mut(|running| running.iter_mut().for_each(|owed| owed.push(excess.clone())));
}

/// What a call on this thread does on another one goes there and comes back.
pub fn take() -> Option<Vec<Excess>> {
    RUNNING.take()
}

pub fn set(running: Option<Vec<Excess>>) {
    RUNNING.set(running);
}

/// Runs a call that waits `later`, or not at all; returns `OWES` or 0 beside its result. Who failed
/// waits for nothing.
pub fn watch<R, E>(
    later: bool,
    token: i64,
    call: impl FnOnce() -> Result<R, E>,
) -> (Result<R, E>, i64) {
    struct Before(Option<Vec<Excess>>);
    impl Drop for Before {
        fn drop(&mut self) {
            RUNNING.set(self.0.take());
        }
    }

    if !later {
        return (call(), 0);
    }
    let _before = Before(RUNNING.replace(Some(Vec::new())));
    let result = call();
    let pushed = take().unwrap_or_default();
    if pushed.is_empty() || result.is_err() {
        return (result, 0);
    }
    owed().insert(token, pushed);
    (result, OWES)
}

/// 1 when all that a call has pushed beyond has room by now, or its queue has ended; else 0.
#[no_mangle]
pub extern "C" fn segue_call_has_room(token: i64) -> i64 {
    guard(|| {
        let mut owed = owed();
        let is_over = |excess: &Excess| excess.load(Ordering::Acquire) > 0;
        if owed.get(&token).is_some_and(|pushed| pushed.iter().any(is_over)) {
            return Ok(0);
        }
        owed.remove(&token);
        Ok(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::queue::Queue;
    use std::{collections::VecDeque, thread::scope, time::Duration};

    #[test]
    fn a_call_that_waits_later_pushes_beyond_and_has_room_when_as_many_are_drained() {
        let queue = Queue::new(2, true);
        let push = |count: u32| -> Result<(), ()> {
            (0..count).for_each(|i| queue.push(i));
            Ok(())
        };
        let drain = || queue.drain(&mut VecDeque::new(), 1, Duration::ZERO);
        assert_eq!(watch(true, 101, || push(2)), (Ok(()), 0));
        assert_eq!(segue_call_has_room(101), 1);
        let elsewhere = || {
            let running = take();
            let there = || {
                set(running);
                push(2).map(|()| take())
            };
            scope(|scope| scope.spawn(there).join().unwrap()).map(set)
        };
        assert_eq!(watch(true, 102, elsewhere), (Ok(()), OWES));
        assert!(!is_asked());
        for _ in 0..2 {
            assert_eq!(segue_call_has_room(102), 0);
            assert_eq!(drain(), 1);
        }
        assert_eq!(segue_call_has_room(102), 1);
        assert!(owed().get(&102).is_none());
        assert_eq!(watch(true, 103, || push(1)), (Ok(()), OWES));
        let fails = || push(1).and(Err::<(), ()>(()));
        assert_eq!(watch(true, 106, fails), (Err(()), 0));
        queue.end();
        assert_eq!(segue_call_has_room(103), 1);
        assert_eq!(watch(true, 104, || push(1)), (Ok(()), 0));
    }

    #[test]
    fn one_whose_time_is_up_is_dropped_as_any_other() {
        let queue = Queue::new(1, true);
        queue.push(0);
        let push = || {
            queue.push_until(1, Some(std::time::Instant::now()));
            Ok::<(), ()>(())
        };
        assert_eq!(watch(true, 105, push), (Ok(()), 0));
        assert_eq!(queue.lock().dropped, 1);
    }
}
