//! The key expression language, by the core's own rules.

use crate::abi::{bad, give_text, guard, text, Failure};
use crate::limits::{self, MAX_WILDCARD_COUNT};
use crate::matching::relation;
use zenoh::key_expr::{keyexpr, KeyExpr, OwnedKeyExpr};

fn limited(expr: &str) -> Result<&str, Failure> {
    match limits::exceeded(expr) {
        Some((what, found, most)) => Err(bad(format!("{what}={found}, at most {most}"))),
        None => Ok(expr),
    }
}

/// Canonical form of a key expression.
#[no_mangle]
pub unsafe extern "C" fn segue_keyexpr_canonize(
    expr: *const u8,
    expr_length: u64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: Java lends the text and its buffer for the call.
        let expr = limited(unsafe { text(expr, expr_length) }?)?;
        let canonical = OwnedKeyExpr::autocanonize(expr.to_owned()).map_err(bad)?;
        // SAFETY: as above.
        Ok(unsafe { give_text(canonical.as_str(), address, capacity) })
    })
}

/// Whether a key that a peer sent is within the limits of our own; what isn't is never matched. The
/// core itself drops what is no key expression.
pub fn is_within_limits(key: &str) -> bool {
    // No more of either fit into so few bytes, and nearly all keys are shorter.
    const CERTAIN: usize = 2 * MAX_WILDCARD_COUNT;
    key.len() <= CERTAIN || limited(key).is_ok()
}

/// 0 disjoint, 1 intersecting, 2 the first includes the second, 3 equal.
#[no_mangle]
pub unsafe extern "C" fn segue_keyexpr_relation(
    left: *const u8,
    left_length: u64,
    right: *const u8,
    right_length: u64,
) -> i64 {
    guard(|| {
        // SAFETY: Java lends the texts for the call.
        let (left, right) = unsafe { (text(left, left_length)?, text(right, right_length)?) };
        let left = keyexpr::new(limited(left)?).map_err(bad)?;
        let right = keyexpr::new(limited(right)?).map_err(bad)?;
        Ok(relation(left.as_str(), right.as_str()) as i64)
    })
}

/// `left/right` when `with_slash`, else `leftright`, in canonical form.
#[no_mangle]
pub unsafe extern "C" fn segue_keyexpr_join(
    left: *const u8,
    left_length: u64,
    right: *const u8,
    right_length: u64,
    with_slash: i32,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: Java lends the texts for the call.
        let (left, right) = unsafe { (text(left, left_length)?, text(right, right_length)?) };
        limited(right)?;
        let left = KeyExpr::try_from(limited(left)?).map_err(bad)?;
        let joined =
            if with_slash != 0 { left.join(right) } else { left.concat(right) }.map_err(bad)?;
        limited(joined.as_str())?;
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(joined.as_str(), address, capacity) })
    })
}

#[cfg(test)]
mod tests {
    use super::{
        limits::{MAX_BYTE_SIZE, MAX_CHUNK_COUNT},
        *,
    };

    #[test]
    fn what_the_core_cannot_send_or_match_is_refused() {
        assert!(limited(&"k".repeat(MAX_BYTE_SIZE)).is_ok());
        assert!(limited(&"k".repeat(MAX_BYTE_SIZE + 1)).is_err());
        assert!(limited(&vec!["k"; MAX_CHUNK_COUNT].join("/")).is_ok());
        assert!(limited(&vec!["k"; MAX_CHUNK_COUNT + 1].join("/")).is_err());
        assert!(limited(&vec!["**/k"; MAX_WILDCARD_COUNT].join("/")).is_ok());
        assert!(limited(&"$*k".repeat(MAX_WILDCARD_COUNT + 1)).is_err());
    }

    #[test]
    fn a_key_of_a_peer_has_the_limits_of_our_own() {
        assert!(is_within_limits("a/b/**"));
        assert!(is_within_limits(&vec!["k"; MAX_CHUNK_COUNT].join("/")));
        assert!(!is_within_limits(&vec!["k"; MAX_CHUNK_COUNT + 1].join("/")));
        assert!(!is_within_limits(&"$*k".repeat(MAX_WILDCARD_COUNT + 1)));
    }

    #[test]
    fn no_text_ends_the_process_in_a_comparison() {
        let huge = vec!["k"; 32_000].join("/");
        let compare = |left: &str, right: &str| {
            // SAFETY: the texts are alive.
            unsafe {
                segue_keyexpr_relation(
                    left.as_ptr(),
                    left.len() as u64,
                    right.as_ptr(),
                    right.len() as u64,
                )
            }
        };
        assert!(compare(&huge, "**/k/**") < -256);
        assert!(compare("**/k/**", &huge) < -256);
        assert!(compare("a//b", "a") < -256);
        assert_eq!(compare("a/*", "a/b"), 2);
    }
}
