//! How a call waits for room in queues of its own session, which it fills on its own thread.
//!
//! A call of Java doesn't: what it pushes goes beyond the capacity. A put, get, reply or declaration
//! waits for as many samples to be taken as its own ones are beyond, either inside the call, or later
//! in Java: a virtual thread that waited here would keep its carrier from others, and from who makes
//! the room. The end of something waits for nobody, as who ends all that a session has would.

use crate::abi::guard;
use std::{
    cell::{Cell, RefCell},
    collections::HashMap,
    sync::{
        atomic::{AtomicU64, Ordering},
        Arc, LazyLock, Mutex, MutexGuard,
    },
    thread::LocalKey,
    time::Instant,
};

/// What a push into a full queue waits for.
pub struct Debt {
    /// How many were taken out of the queue; `u64::MAX` at its end.
    pub taken: Arc<AtomicU64>,
    pub target: u64,
    pub until: Option<Instant>,
}

impl Debt {
    fn is_paid(&self) -> bool {
        self.taken.load(Ordering::Acquire) >= self.target
            || self.until.is_some_and(|until| Instant::now() >= until)
    }
}

/// A bit of what a call returns: Java waits until `segue_call_has_room` of its token says so.
pub const OWES: i64 = 1 << 2;

/// Where the running call waits.
#[derive(Clone, Copy, Default)]
enum Waits {
    /// In the push: also what the core does on a thread of its own.
    #[default]
    Here,
    Later,
    Never,
}

thread_local! {
    static WAITS: Cell<Waits> = const { Cell::new(Waits::Here) };
    static DEBTS: RefCell<Vec<Debt>> = const { RefCell::new(Vec::new()) };
    static ASKS: Cell<bool> = const { Cell::new(false) };
}

/// What calls owe, by their tokens, until Java has waited for it.
static OWED: LazyLock<Mutex<HashMap<i64, Vec<Debt>>>> = LazyLock::new(Mutex::default);

fn owed() -> MutexGuard<'static, HashMap<i64, Vec<Debt>>> {
    OWED.lock().unwrap_or_else(|e| e.into_inner())
}

/// Whether who pushed beyond waits in the push; else the call may owe that.
pub fn waits_here(debt: impl FnOnce() -> Debt) -> bool {
    match WAITS.get() {
        Waits::Here => return true,
        Waits::Later => DEBTS.with_borrow_mut(|debts| debts.push(debt())),
        Waits::Never => {}
    }
    false
}

/// Runs it while the thread's cell has a value, and gives the cell its old one, also after a panic.
pub fn with<T: Copy + 'static, R>(
    cell: &'static LocalKey<Cell<T>>,
    value: T,
    body: impl FnOnce() -> R,
) -> R {
    struct Before<T: Copy + 'static>(&'static LocalKey<Cell<T>>, T);
    impl<T: Copy> Drop for Before<T> {
        fn drop(&mut self) {
            self.0.set(self.1);
        }
    }
    let _before = Before(cell, cell.replace(value));
    body()
}

/// Runs what waits for no room.
pub fn never<R>(body: impl FnOnce() -> R) -> R {
    with(&WAITS, Waits::Never, body)
}

/// Runs the core's part of a get, which may reply on this thread itself: of a cache, or of the admin
/// space.
pub fn asking<R>(body: impl FnOnce() -> R) -> R {
    with(&ASKS, true, body)
}

/// Pushes a reply. One that comes inside the call that asks waits for no room: nobody can read it
/// before that call returns.
pub fn reply(push: impl FnOnce()) {
    if ASKS.get() {
        never(push);
    } else {
        push();
    }
}

/// Runs a call that waits `later`, or inside; returns `OWES` or 0 beside its result. Who failed waits
/// for nothing.
pub fn watch<R, E>(
    later: bool,
    token: i64,
    call: impl FnOnce() -> Result<R, E>,
) -> (Result<R, E>, i64) {
    if !later {
        return (with(&WAITS, Waits::Here, call), 0);
    }
    struct Forget;
    impl Drop for Forget {
        fn drop(&mut self) {
            DEBTS.take();
        }
    }
    let _forget = Forget;
    let result = with(&WAITS, Waits::Later, call);
    let debts = DEBTS.take();
    if debts.is_empty() || result.is_err() {
        return (result, 0);
    }
    owed().insert(token, debts);
    (result, OWES)
}

/// 1 when as many were taken as a call has pushed beyond, or its queues have ended; else 0.
#[no_mangle]
pub extern "C" fn segue_call_has_room(token: i64) -> i64 {
    guard(|| {
        let mut owed = owed();
        if let Some(debts) = owed.get_mut(&token) {
            debts.retain(|debt| !debt.is_paid());
            if !debts.is_empty() {
                return Ok(0);
            }
            owed.remove(&token);
        }
        Ok(1)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{deep_stack::on_a_deep_stack, queue::Queue};
    use std::{collections::VecDeque, thread::scope, time::Duration};

    fn push(queue: &Queue<u32>, count: u32) -> Result<(), ()> {
        (0..count).for_each(|i| queue.push(i));
        Ok(())
    }

    fn drain(queue: &Queue<u32>) -> i64 {
        queue.drain(&mut VecDeque::new(), 1, Duration::ZERO)
    }

    #[test]
    fn a_call_that_waits_later_pushes_beyond_and_has_room_when_as_many_are_drained() {
        let queue = Queue::new(2, true);
        let push = |count| push(&queue, count);
        assert_eq!(watch(true, 101, || push(2)), (Ok(()), 0));
        assert_eq!(segue_call_has_room(101), 1);
        let deep = || on_a_deep_stack(|| push(2));
        assert_eq!(watch(true, 102, deep), (Ok(()), OWES));
        assert!(DEBTS.take().is_empty());
        for _ in 0..2 {
            assert_eq!(segue_call_has_room(102), 0);
            assert_eq!(drain(&queue), 1);
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
    fn a_call_waits_for_its_own_share_and_not_for_what_others_push_after_it() {
        let queue = Queue::new(1, true);
        let push = || push(&queue, 1);
        assert_eq!(watch(true, 111, push), (Ok(()), 0));
        for token in 112..115 {
            assert_eq!(watch(true, token, push), (Ok(()), OWES));
        }
        for token in 112..115 {
            assert_eq!(segue_call_has_room(token), 0);
            assert_eq!(drain(&queue), 1);
            assert_eq!(segue_call_has_room(token), 1);
            // Others keep it full.
            assert_eq!(watch(true, token + 10, push), (Ok(()), OWES));
        }
    }

    #[test]
    fn a_call_of_java_that_is_no_put_pushes_beyond_and_waits_for_nothing() {
        let queue = Queue::new(1, true);
        assert_eq!(guard(|| Ok(push(&queue, 3).map_or(1, |()| 0))), 0);
        assert_eq!(queue.counts(), [3, 0, 3, 0]);
        // One that waits inside does so for its own sample, whatever else comes.
        scope(|scope| {
            let put = scope.spawn(|| guard(|| Ok(watch(false, 0, || push(&queue, 1)).1)));
            while queue.counts()[0] < 4 {
                std::thread::yield_now();
            }
            never(|| push(&queue, 5)).unwrap();
            for _ in 0..3 {
                assert!(!put.is_finished());
                assert_eq!(drain(&queue), 1);
            }
            assert_eq!(put.join().unwrap(), 0);
        });
        assert_eq!(queue.counts(), [9, 0, 6, 0]);
    }

    #[test]
    fn one_whose_time_is_up_is_dropped_as_any_other() {
        let queue = Queue::until(1, true, Some(Instant::now()), Arc::default());
        let push = || push(&queue, 2);
        assert_eq!(watch(true, 105, push), (Ok(()), 0));
        assert_eq!(queue.counts(), [2, 1, 1, 0]);
        let soon = Instant::now() + Duration::from_millis(30);
        let queue = Queue::until(1, true, Some(soon), Arc::default());
        assert_eq!(watch(true, 107, || super::tests::push(&queue, 3)), (Ok(()), OWES));
        while segue_call_has_room(107) == 0 {
            std::thread::yield_now();
        }
        assert!(Instant::now() >= soon);
        assert_eq!(queue.counts(), [3, 2, 1, 0]);
    }
}
