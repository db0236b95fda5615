//! Memory that Java lent: when the core lets go of it, its token waits here for Java.

use std::{
    collections::VecDeque,
    sync::{Condvar, Mutex},
    time::{Duration, Instant},
};

/// Held by every slice of a payload; the last one to go tells.
pub struct Lease {
    pub token: i64,
}

impl Lease {
    /// The token of a lease whose end Java knows already.
    pub const QUIET: i64 = 0;
}

impl Drop for Lease {
    fn drop(&mut self) {
        if self.token == Lease::QUIET {
            return;
        }
        // As long as the table of leases in Java at the most, so it needs no bound of its own.
        RELEASED.lock().unwrap_or_else(|e| e.into_inner()).push_back(self.token);
        ARRIVED.notify_one();
    }
}

static RELEASED: Mutex<VecDeque<i64>> = Mutex::new(VecDeque::new());
static ARRIVED: Condvar = Condvar::new();

/// Waits for ended leases and moves up to `limit` of their tokens to `tokens`; returns how many.
#[no_mangle]
pub unsafe extern "C" fn segue_leases_drain(tokens: *mut i64, limit: u64, wait_nanos: u64) -> i64 {
    crate::abi::guard(|| {
        let deadline = Instant::now() + Duration::from_nanos(wait_nanos);
        let mut released = RELEASED.lock().unwrap_or_else(|e| e.into_inner());
        while released.is_empty() {
            let left = deadline.saturating_duration_since(Instant::now());
            if left.is_zero() {
                return Ok(0);
            }
            released = ARRIVED.wait_timeout(released, left).unwrap_or_else(|e| e.into_inner()).0;
        }
        let count = released.len().min(limit as usize);
        for (i, token) in released.drain(..count).enumerate() {
            // SAFETY: Java's buffer has room for `limit` tokens.
            unsafe { *tokens.add(i) = token };
        }
        Ok(count as i64)
    })
}
