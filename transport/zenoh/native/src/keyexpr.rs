//! The key expression language, by the core's own rules.

use crate::abi::{bad, give_text, guard, text};
use zenoh::key_expr::{keyexpr, KeyExpr, OwnedKeyExpr, SetIntersectionLevel};

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
        let expr = unsafe { text(expr, expr_length) }?;
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
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(joined.as_str(), address, capacity) })
    })
}
