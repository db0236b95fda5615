//! Threads with deep stacks, for what walks keys of peers: a thread of Java has 1 MiB or less.
//!
//! One that is through waits for more to do for a while: to make one takes 30 to 100 µs, to wake one 6.

use crate::later;
use std::{
    panic::{catch_unwind, resume_unwind, AssertUnwindSafe},
    sync::{
        atomic::{AtomicU64, Ordering},
        mpsc::{channel, Receiver, RecvTimeoutError, Sender},
        Mutex, MutexGuard,
    },
    time::Duration,
};

/// The stack of a thread of the core: its matching and its table of keys recurse by the chunk, and
/// a key of a peer may have 32,768. Only what is used takes memory.
pub const STACK_BYTE_SIZE: usize = 64 << 20;
const KEPT_FOR: Duration = Duration::from_secs(2);

/// Gets what tells that its thread is idle, to be called before the result is told.
type Work<'a> = Box<dyn FnOnce(&dyn Fn()) + Send + 'a>;

struct Idle {
    number: u64,
    work: Sender<Work<'static>>,
}

/// The one that was idle last is taken first, so that those that are too many end.
struct Threads(Mutex<Vec<Idle>>);

static THREADS: Threads = Threads(Mutex::new(Vec::new()));
static NUMBERS: AtomicU64 = AtomicU64::new(0);

/// Runs it on a thread with a deep stack, and waits for its end; a panic comes back as one.
pub fn on_a_deep_stack<R: Send>(body: impl FnOnce() -> R + Send) -> R {
    THREADS.run(body)
}

impl Threads {
    fn idle(&self) -> MutexGuard<'_, Vec<Idle>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn run<R: Send>(&'static self, body: impl FnOnce() -> R + Send) -> R {
        let running = later::take();
        let (told, result) = channel();
        let work = move |idle: &dyn Fn()| {
            let outcome = catch_unwind(AssertUnwindSafe(|| {
                later::set(running);
                (body(), later::take())
            }));
            idle();
            let _ = told.send(outcome);
        };
        let work: Work<'_> = Box::new(work);
        // SAFETY: only the lifetime changes. What the work borrows is used by `body` alone, and that has
        // ended, and is dropped, when the result is told, or when nobody can tell one any more: until then
        // this waits.
        let work = unsafe { std::mem::transmute::<Work<'_>, Work<'static>>(work) };
        let waiting = self.idle().pop();
        match waiting {
            // A thread leaves the list before it ends, so one from the list takes its work.
            Some(thread) => thread.work.send(work).expect("an idle thread"),
            None => self.start(work),
        }
        match result.recv().expect("a thread that tells the result") {
            Ok((result, running)) => {
                later::set(running);
                result
            }
            Err(panic) => resume_unwind(panic),
        }
    }

    fn start(&'static self, first: Work<'static>) {
        let (sender, receiver) = channel();
        sender.send(first).expect("its own receiver");
        std::thread::Builder::new()
            .name("segue-declare".into())
            .stack_size(STACK_BYTE_SIZE)
            .spawn(move || self.work(NUMBERS.fetch_add(1, Ordering::Relaxed), sender, receiver))
            .expect("a thread");
    }

    fn work(&self, number: u64, sender: Sender<Work<'static>>, receiver: Receiver<Work<'static>>) {
        loop {
            match receiver.recv_timeout(KEPT_FOR) {
                Ok(work) => work(&|| self.idle().push(Idle { number, work: sender.clone() })),
                Err(RecvTimeoutError::Disconnected) => return,
                Err(RecvTimeoutError::Timeout) => {
                    let mut idle = self.idle();
                    // Without it, somebody has just taken it: work comes.
                    if let Some(at) = idle.iter().position(|thread| thread.number == number) {
                        idle.remove(at);
                        return;
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        collections::HashSet,
        thread::{current, sleep, ThreadId},
    };

    /// Not those of the other tests.
    static OWN: Threads = Threads(Mutex::new(Vec::new()));

    fn thread() -> ThreadId {
        OWN.run(|| current().id())
    }

    #[test]
    fn one_call_after_another_runs_on_one_thread_until_it_was_idle_for_long() {
        let first = thread();
        assert_ne!(first, current().id());
        // A machine that stands still for long may end it in between.
        assert!((0..100).map(|_| thread()).collect::<HashSet<_>>().len() < 50);
        for _ in 0..300 {
            if OWN.idle().is_empty() {
                break;
            }
            sleep(KEPT_FOR / 10);
        }
        assert!(OWN.idle().is_empty());
        assert_ne!(thread(), first);
    }

    #[test]
    fn what_it_borrows_is_used_and_what_it_returns_comes_back() {
        let mut text = String::from("a");
        let length = on_a_deep_stack(|| {
            text.push('b');
            on_a_deep_stack(|| text.push('c'));
            text.len()
        });
        assert_eq!((length, text.as_str()), (3, "abc"));
    }

    #[test]
    fn a_panic_comes_back_and_the_thread_goes_on() {
        let panic = catch_unwind(|| on_a_deep_stack(|| panic!("seven"))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"seven"));
        assert_eq!(on_a_deep_stack(|| 8), 8);
    }

    #[test]
    fn the_stack_is_deep_each_time() {
        fn recurse(depth: u32) -> u32 {
            let block = std::hint::black_box([0u8; 4096]);
            if depth == 0 {
                u32::from(block[0])
            } else {
                1 + recurse(depth - 1)
            }
        }
        for _ in 0..3 {
            assert_eq!(on_a_deep_stack(|| recurse(8_000)), 8_000);
        }
    }

    #[test]
    fn as_many_run_at_a_time_as_are_called() {
        let met = std::sync::Barrier::new(16);
        std::thread::scope(|scope| {
            for _ in 0..16 {
                scope.spawn(|| on_a_deep_stack(|| met.wait()));
            }
        });
    }
}
