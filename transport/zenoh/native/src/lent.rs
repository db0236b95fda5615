//! Memory that Java lent to a put, and who finds out that nobody holds it any more.

use crate::lease::Lease;
use std::{
    fmt, ptr,
    sync::{
        atomic::{self, AtomicPtr, Ordering},
        Arc,
    },
};

/// The core let go of all lent memory before the call returned.
pub const RELEASED: i64 = 0;
/// It holds some; the token comes through `segue_leases_drain`.
pub const HELD: i64 = 1;

/// Memory of Java under a lease: one of several runs of a payload shares its lease with the others,
/// the only run of a payload has it to itself, which is an allocation less.
pub struct Lent<L> {
    pub address: *const u8,
    pub length: usize,
    pub lease: L,
}

// SAFETY: the memory is read-only and stays alive until the lease ends, on whichever thread.
unsafe impl<L: Send> Send for Lent<L> {}
// SAFETY: as above; nobody writes to it while it is lent.
unsafe impl<L: Sync> Sync for Lent<L> {}

impl<L> fmt::Debug for Lent<L> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Lent({} B)", self.length)
    }
}

/// Whether the last hold on the lent memory was this one; then the token never needs to be told.
pub fn settle(lease: Arc<Lease>) -> i64 {
    match Arc::into_inner(lease) {
        Some(mut lease) => {
            lease.token = Lease::QUIET;
            RELEASED
        }
        None => HELD,
    }
}

/// The box of the last payload, for the next one: most are free again when the put returns.
#[derive(Default)]
pub struct Spare(AtomicPtr<Lent<Lease>>);

impl Spare {
    pub fn lend(&self, address: *const u8, length: usize, token: i64) -> Arc<Lent<Lease>> {
        let lent = Lent { address, length, lease: Lease { token } };
        let spare = self.0.swap(ptr::null_mut(), Ordering::Acquire);
        if spare.is_null() {
            return Arc::new(lent);
        }
        // SAFETY: only `settle` puts a spare there, from an `Arc` that nobody else held, and it was
        // swapped out: it is this thread's alone.
        unsafe {
            *spare = lent;
            Arc::from_raw(spare)
        }
    }

    /// As `settle` of a lease; keeps the box when nobody else holds it.
    pub fn settle(&self, lent: Arc<Lent<Lease>>) -> i64 {
        // There are no weak references, so a count of one can't grow again: only the holder clones.
        if Arc::strong_count(&lent) != 1 {
            return HELD;
        }
        atomic::fence(Ordering::Acquire);
        let spare = Arc::into_raw(lent).cast_mut();
        // SAFETY: nobody else holds it.
        unsafe { (*spare).lease.token = Lease::QUIET };
        drop_spare(self.0.swap(spare, Ordering::AcqRel));
        RELEASED
    }
}

impl Drop for Spare {
    fn drop(&mut self) {
        drop_spare(*self.0.get_mut());
    }
}

fn drop_spare(spare: *mut Lent<Lease>) {
    if !spare.is_null() {
        // SAFETY: only `Spare::settle` makes spares, from an `Arc`; this one was swapped out.
        drop(unsafe { Arc::from_raw(spare) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::lease::segue_leases_drain;
    use std::{sync::Mutex, thread::spawn};

    /// Tests of the ended leases, one at a time.
    static ALONE: Mutex<()> = Mutex::new(());

    fn ended() -> Vec<i64> {
        let mut tokens = [0; 64];
        // SAFETY: the buffer has room for 64.
        let count = unsafe { segue_leases_drain(tokens.as_mut_ptr(), 64, 0) };
        tokens[..count as usize].to_vec()
    }

    #[test]
    fn what_nobody_holds_after_the_put_is_released_without_a_token() {
        let _alone = ALONE.lock();
        let spare = Spare::default();
        let bytes = [1u8, 2, 3];
        for token in 1..9 {
            let lent = spare.lend(bytes.as_ptr(), 3, token);
            let core = lent.clone();
            assert_eq!(core.length, 3);
            drop(core);
            assert_eq!(spare.settle(lent), RELEASED);
        }
        let lease = Arc::new(Lease { token: 9 });
        drop(lease.clone());
        assert_eq!(settle(lease), RELEASED);
        drop(spare);
        assert!(ended().is_empty());
    }

    #[test]
    fn the_token_of_what_is_still_held_comes_once_with_the_last_hold() {
        let _alone = ALONE.lock();
        let spare = Spare::default();
        let lent = spare.lend([7u8].as_ptr(), 1, 11);
        let (one, other) = (lent.clone(), lent.clone());
        assert_eq!(spare.settle(lent), HELD);
        drop(one);
        assert!(ended().is_empty());
        drop(other);
        assert_eq!(ended(), [11]);
        let lease = Arc::new(Lease { token: 12 });
        let held = lease.clone();
        assert_eq!(settle(lease), HELD);
        drop(held);
        assert_eq!(ended(), [12]);
    }

    #[test]
    fn threads_that_put_at_once_and_holders_that_let_go_late_end_each_lease_once() {
        let _alone = ALONE.lock();
        const PUTS: i64 = if cfg!(miri) { 50 } else { 20_000 };
        let spare = Arc::new(Spare::default());
        let putters: Vec<_> = (0..4)
            .map(|putter| {
                let spare = spare.clone();
                spawn(move || {
                    let bytes = [putter as u8; 8];
                    let mut held = Vec::new();
                    for i in 0..PUTS {
                        let token = 1 + putter * PUTS + i;
                        let lent = spare.lend(bytes.as_ptr(), 8, token);
                        let core = lent.clone();
                        let late = (i % 3 == 0).then(|| spawn_or_drop(core, i));
                        if spare.settle(lent) == HELD {
                            held.push(token);
                        }
                        if let Some(Some(thread)) = late {
                            thread.join().unwrap();
                        }
                    }
                    held
                })
            })
            .collect();
        let mut held: Vec<i64> = putters.into_iter().flat_map(|p| p.join().unwrap()).collect();
        let mut told = Vec::new();
        loop {
            let some = ended();
            if some.is_empty() {
                break;
            }
            told.extend(some);
        }
        held.sort_unstable();
        told.sort_unstable();
        assert_eq!(held, told);
    }

    /// The core's last hold goes on another thread now and then.
    fn spawn_or_drop(core: Arc<Lent<Lease>>, i: i64) -> Option<std::thread::JoinHandle<()>> {
        if i % 30 == 0 {
            return Some(spawn(move || drop(core)));
        }
        drop(core);
        None
    }
}
