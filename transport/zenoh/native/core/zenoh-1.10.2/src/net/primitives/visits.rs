//! Added to the core by Segue: a walk through the tree of keys that comes to each place once.
//!
//! The core's own takes every way, and there are as many to one place as there are ways to put
//! chunks behind wildcards: the walk for a key of 60 chunks doesn't end if a peer declared another
//! of 16 wildcards, and what it keeps of the ways fills the memory.

use std::{
    collections::{HashSet, VecDeque},
    sync::Arc,
};

use zenoh_keyexpr::keyexpr;

/// Nearly all walks are shorter, and cost no set.
const FEW: usize = 256;

/// `visit` appends where to go on: with the same rest of the key, or with one that is shorter.
pub(crate) fn each_once<'a, T>(
    first: (&'a keyexpr, &'a Arc<T>),
    mut visit: impl FnMut((&'a keyexpr, &'a Arc<T>), &mut VecDeque<(&'a keyexpr, &'a Arc<T>)>),
) {
    let mut places = VecDeque::from([first]);
    let (mut found, mut shorter) = (VecDeque::new(), VecDeque::new());
    // Of one rest of the key, or the set would grow with the length of the key.
    let mut seen = HashSet::new();
    let mut visits = 0;
    while !places.is_empty() {
        while let Some((rest, place)) = places.pop_front() {
            visits += 1;
            if visits > FEW && !seen.insert(Arc::as_ptr(place)) {
                continue;
            }
            visit((rest, place), &mut found);
            for next in found.drain(..) {
                if next.0.len() == rest.len() {
                    places.push_back(next);
                } else {
                    shorter.push_back(next);
                }
            }
        }
        if !seen.is_empty() {
            seen = HashSet::new();
        }
        std::mem::swap(&mut places, &mut shorter);
    }
}
