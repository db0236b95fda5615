//! The key expression language, by the core's own rules.

use crate::abi::{bad, give_text, guard, text, Failure};
use zenoh::key_expr::{keyexpr, KeyExpr, OwnedKeyExpr, SetIntersectionLevel};

/// The length of a key is 16 bits on the wire; the core panics beyond it.
const MAX_BYTE_SIZE: usize = u16::MAX as usize;
/// Matching recurses by the chunk and by the wildcard: 16,000 chunks overflow a stack of 1 MiB.
const MAX_CHUNK_COUNT: usize = 1024;
const MAX_WILDCARD_COUNT: usize = 16;

fn limited(expr: &str) -> Result<&str, Failure> {
    let chunks = expr.bytes().filter(|&b| b == b'/').count() + 1;
    let wildcards = expr.matches("**").count() + expr.matches("$*").count();
    let limits = [
        ("byteSize", expr.len(), MAX_BYTE_SIZE),
        ("chunkCount", chunks, MAX_CHUNK_COUNT),
        ("wildcardCount", wildcards, MAX_WILDCARD_COUNT),
    ];
    match limits.iter().find(|(_, found, most)| found > most) {
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
        let left = keyexpr::new(left).map_err(bad)?;
        let right = keyexpr::new(right).map_err(bad)?;
        Ok(match left.relation_to(right) {
            SetIntersectionLevel::Disjoint => 0,
            SetIntersectionLevel::Intersects => 1,
            SetIntersectionLevel::Includes => 2,
            SetIntersectionLevel::Equals => 3,
        })
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
        let left = KeyExpr::try_from(left).map_err(bad)?;
        let joined =
            if with_slash != 0 { left.join(right) } else { left.concat(right) }.map_err(bad)?;
        limited(joined.as_str())?;
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(joined.as_str(), address, capacity) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_core_cannot_send_or_match_is_refused() {
        assert!(limited(&"k".repeat(MAX_BYTE_SIZE)).is_ok());
        assert!(limited(&"k".repeat(MAX_BYTE_SIZE + 1)).is_err());
        assert!(limited(&vec!["k"; MAX_CHUNK_COUNT].join("/")).is_ok());
        assert!(limited(&vec!["k"; MAX_CHUNK_COUNT + 1].join("/")).is_err());
        assert!(limited(&vec!["**/k"; MAX_WILDCARD_COUNT].join("/")).is_ok());
        assert!(limited(&"$*k".repeat(MAX_WILDCARD_COUNT + 1)).is_err());
    }
}
