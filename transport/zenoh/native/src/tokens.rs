//! Numbers that native threads leave for one thread of Java.

use crate::abi::guard;
use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex, MutexGuard},
    time::{Duration, Instant},
};

pub struct Tokens {
    waiting: Mutex<VecDeque<i64>>,
    arrived: Condvar,
}

impl Tokens {
    pub const fn new() -> Tokens {
        Tokens { waiting: Mutex::new(VecDeque::new()), arrived: Condvar::new() }
    }

    fn lock(&self) -> MutexGuard<'_, VecDeque<i64>> {
        self.waiting.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn push(&self, token: i64) {
        self.lock().push_back(token);
        self.arrived.notify_one();
    }

    /// Waits for tokens and moves up to `limit` of them to `out`; returns how many.
    ///
    /// # Safety
    /// `out` has room for `limit` tokens.
    pub unsafe fn drain(&self, out: *mut i64, limit: u64, wait_nanos: u64) -> i64 {
        guard(|| {
            let deadline = Instant::now() + Duration::from_nanos(wait_nanos);
            let mut waiting = self.lock();
            while waiting.is_empty() {
                let left = deadline.saturating_duration_since(Instant::now());
                if left.is_zero() {
                    return Ok(0);
                }
                waiting =
                    self.arrived.wait_timeout(waiting, left).unwrap_or_else(|e| e.into_inner()).0;
            }
            let count = waiting.len().min(limit as usize);
            for (i, token) in waiting.drain(..count).enumerate() {
                // SAFETY: the caller's contract.
                unsafe { *out.add(i) = token };
            }
            Ok(count as i64)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_come_in_order_and_no_more_than_fit() {
        let tokens = Tokens::new();
        (1..=3).for_each(|i| tokens.push(i));
        let mut out = [0; 2];
        // SAFETY: the buffer has room for 2.
        unsafe {
            assert_eq!(tokens.drain(out.as_mut_ptr(), 2, 0), 2);
            assert_eq!(out, [1, 2]);
            assert_eq!(tokens.drain(out.as_mut_ptr(), 2, 0), 1);
            assert_eq!(out[0], 3);
            assert_eq!(tokens.drain(out.as_mut_ptr(), 2, 1_000), 0);
        }
    }
}
