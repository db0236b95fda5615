//! Memory that Java lent: when the core lets go of it, its token waits here for Java.

use crate::tokens::Tokens;

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
        if self.token != Lease::QUIET {
            // As long as the table of leases in Java at the most, so it needs no bound of its own.
            RELEASED.push(self.token);
        }
    }
}

static RELEASED: Tokens = Tokens::new();

/// Waits for ended leases and moves up to `limit` of their tokens to `tokens`; returns how many.
#[no_mangle]
pub unsafe extern "C" fn segue_leases_drain(tokens: *mut i64, limit: u64, wait_nanos: u64) -> i64 {
    // SAFETY: Java's buffer has room for `limit` tokens.
    unsafe { RELEASED.drain(tokens, limit, wait_nanos) }
}
