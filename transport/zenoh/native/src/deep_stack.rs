//! Deep stacks, for what walks keys of peers: a thread of Java has 1 MiB or less.
//!
//! A call moves to one of them and stays on its thread. Nothing here calls Java, which sees a thread
//! in a call as it left it: its own frames lie untouched on its own stack.

use crate::later::with;
use std::{
    cell::Cell,
    io::Error,
    mem::ManuallyDrop,
    panic::{catch_unwind, resume_unwind, AssertUnwindSafe},
    ptr::{null_mut, NonNull},
    sync::{Mutex, MutexGuard},
};

/// The stack of a thread of the core: its matching and its table of keys recurse by the chunk, and
/// a key of a peer may have 32,768. Only what is used takes memory.
pub const STACK_BYTE_SIZE: usize = 64 << 20;

/// What overflows a stack ends the process there, and writes nowhere else.
const GUARD_BYTE_SIZE: usize = 64 << 10;

/// Stacks that are kept: as many as were used at a time, at most this many, and none of which more
/// memory was used.
const MOST_KEPT: usize = 16;
const MOST_USED_BYTE_SIZE: usize = 4 << 20;

/// Of the smallest pages there are.
const PAGE: usize = 4096;

/// What the page below that holds as long as no call was so deep: whatever recurses through a page
/// leaves return addresses in it, and a frame larger than a page probes each with a zero. To ask the
/// kernel which pages are in use (`mincore`) took a quarter of the time of a declaration.
const UNTOUCHED: [u64; PAGE / 8] = [0x5e60_e5e6_0e5e_60e5; PAGE / 8];

thread_local! {
    /// Whether the thread is on a deep stack already.
    static IS_DEEP: Cell<bool> = const { Cell::new(false) };
}

static IDLE: Mutex<Vec<Stack>> = Mutex::new(Vec::new());

fn idle() -> MutexGuard<'static, Vec<Stack>> {
    IDLE.lock().unwrap_or_else(|e| e.into_inner())
}

struct Stack {
    lowest: NonNull<u8>,
    byte_size: usize,
}

// SAFETY: memory of its own, which one thread uses at a time.
unsafe impl Send for Stack {}

impl Stack {
    fn take() -> Stack {
        let kept = idle().pop();
        kept.unwrap_or_else(|| Stack::map(STACK_BYTE_SIZE))
    }

    /// # Panics
    /// If there is no room for it.
    fn map(byte_size: usize) -> Stack {
        let access = libc::PROT_READ | libc::PROT_WRITE;
        let flags = libc::MAP_PRIVATE | libc::MAP_ANONYMOUS | libc::MAP_NORESERVE;
        // SAFETY: new memory, at any address.
        let memory = unsafe { libc::mmap(null_mut(), byte_size, access, flags, -1, 0) };
        if memory == libc::MAP_FAILED {
            panic!("no room for a stack of byteSize={byte_size}: {}", Error::last_os_error());
        }
        // A huge page would be taken for the few KiB that most calls use; a kernel that has none
        // refuses, which changes nothing.
        // SAFETY: advice on memory of our own.
        let _ = unsafe { libc::madvise(memory, byte_size, libc::MADV_NOHUGEPAGE) };
        let stack = Stack { lowest: NonNull::new(memory.cast()).expect("mmap"), byte_size };
        // SAFETY: the lower end of it.
        let guarded = unsafe { libc::mprotect(memory, GUARD_BYTE_SIZE, libc::PROT_NONE) };
        assert_eq!(guarded, 0, "the guard of a stack: {}", Error::last_os_error());
        // SAFETY: a page of it, on which nobody is.
        unsafe { stack.deepest_kept().write(UNTOUCHED) };
        stack
    }

    /// The page below the memory that may have been used of one that is kept.
    fn deepest_kept(&self) -> *mut [u64; PAGE / 8] {
        // SAFETY: within the stack, whose size is a multiple of a page and more than that.
        unsafe { self.lowest.as_ptr().add(self.byte_size - MOST_USED_BYTE_SIZE - PAGE).cast() }
    }

    fn give_back(self) {
        let mut idle = idle();
        if idle.len() < MOST_KEPT && !self.holds_much() {
            idle.push(self);
        }
    }

    /// Whether more than `MOST_USED_BYTE_SIZE` of its memory is in use.
    fn holds_much(&self) -> bool {
        // SAFETY: initialized by `map`, and nobody is on the stack.
        unsafe { *self.deepest_kept() != UNTOUCHED }
    }
}

impl Drop for Stack {
    fn drop(&mut self) {
        // SAFETY: nobody is on it.
        unsafe { libc::munmap(self.lowest.as_ptr().cast(), self.byte_size) };
    }
}

/// Runs it on a deep stack, on this thread; a panic comes back as one.
///
/// # Panics
/// If there is no room for a stack. What it owns is then forgotten, as dropping it, too, may recurse by
/// the chunk.
pub fn on_a_deep_stack<R>(body: impl FnOnce() -> R) -> R {
    if IS_DEEP.get() {
        return body();
    }
    run(Stack::take, body)
}

/// `on_a_deep_stack` of what owns nothing that is deep, such as a put: without a stack it is dropped,
/// so that what was lent to it comes back.
pub fn shallow_on_a_deep_stack<R>(body: impl FnOnce() -> R) -> R {
    let mut body = Some(body);
    on_a_deep_stack(|| body.take().expect("called once")())
}

fn run<R>(stack: impl FnOnce() -> Stack, body: impl FnOnce() -> R) -> R {
    let body = ManuallyDrop::new(body);
    let stack = stack();
    let body = ManuallyDrop::into_inner(body);
    let (lowest, byte_size) = (stack.lowest.as_ptr(), stack.byte_size);
    let caught = || catch_unwind(AssertUnwindSafe(body));
    // SAFETY: the stack is ours, is given back when nobody is on it, and no panic leaves it.
    let outcome = with(&IS_DEEP, true, || unsafe { psm::on_stack(lowest, byte_size, caught) });
    stack.give_back();
    outcome.unwrap_or_else(|panic| resume_unwind(panic))
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::{
        hint::black_box,
        sync::{Arc, Barrier},
        thread::{current, scope, Builder},
    };

    fn recurse(depth: u32) -> u32 {
        let block = black_box([0u8; 4096]);
        if depth == 0 {
            u32::from(block[0])
        } else {
            1 + recurse(depth - 1) + u32::from(black_box(&block)[1])
        }
    }

    #[test]
    fn the_stack_is_deep_each_time_whatever_the_thread_has() {
        let deep = || (0..3).map(|_| on_a_deep_stack(|| recurse(8_000))).sum::<u32>();
        let shallow = Builder::new().stack_size(128 << 10);
        assert_eq!(shallow.spawn(deep).unwrap().join().unwrap(), 24_000);
    }

    #[test]
    fn it_stays_on_its_thread_uses_what_it_borrows_and_returns_what_it_made() {
        let mut text = String::from("a");
        let (length, thread) = on_a_deep_stack(|| {
            text.push('b');
            on_a_deep_stack(|| text.push('c'));
            (text.len(), current().id())
        });
        assert_eq!((length, text.as_str(), thread), (3, "abc", current().id()));
    }

    #[test]
    fn a_panic_comes_back_and_the_next_call_is_deep_again() {
        let panic = catch_unwind(|| on_a_deep_stack(|| panic!("seven"))).unwrap_err();
        assert_eq!(panic.downcast_ref::<&str>(), Some(&"seven"));
        assert_eq!(on_a_deep_stack(|| recurse(8_000)), 8_000);
    }

    #[test]
    fn without_a_stack_nothing_runs_and_nothing_is_dropped_on_the_shallow_one() {
        let owned = Arc::new(());
        let (deep, shallow) = (owned.clone(), owned.clone());
        let none = || Stack::map(1 << 60);
        assert!(catch_unwind(|| run(none, move || drop(deep))).is_err());
        assert_eq!(Arc::strong_count(&owned), 3);
        let mut body = Some(move || drop(shallow));
        let lent = catch_unwind(AssertUnwindSafe(|| run(none, || body.take().unwrap()())));
        assert!(lent.is_err() && body.is_some());
        drop(body);
        assert_eq!(Arc::strong_count(&owned), 2);
        assert!(!IS_DEEP.get());
    }

    #[test]
    fn a_stack_of_which_much_was_used_is_not_kept() {
        let used = |depth| {
            let stack = Stack::map(STACK_BYTE_SIZE);
            let (lowest, byte_size) = (stack.lowest.as_ptr(), stack.byte_size);
            // SAFETY: as in `run`.
            unsafe { psm::on_stack(lowest, byte_size, || recurse(depth)) };
            stack.holds_much()
        };
        assert!(!used(10));
        assert!(used(8_000));
    }

    #[test]
    fn as_many_run_at_a_time_as_are_called_and_few_stacks_are_kept() {
        let met = Barrier::new(40);
        scope(|scope| {
            for _ in 0..40 {
                scope.spawn(|| on_a_deep_stack(|| met.wait()));
            }
        });
        assert!(idle().len() <= MOST_KEPT);
    }
}
