//! How two key expressions lie to each other, by the core's rules and in bounded time and stack.
//!
//! The core's own matching recurses by the chunk and tries all ways to place wildcards: a key that
//! a peer made for it overflows the stack, or never ends. Here it is a table of "the rest of one
//! and the rest of the other", filled from the end: as many steps as chunks times chunks.
//!
//! The core that is built has this file as well, for its tables.

const ANY_CHUNKS: &str = "**";
const ANY_CHUNK: &str = "*";
const ANY_BYTES: &str = "$*";

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Relation {
    Disjoint = 0,
    Intersects = 1,
    Includes = 2,
    Equals = 3,
}

/// Both must be canonical.
pub fn relation(left: &str, right: &str) -> Relation {
    if left == right {
        return Relation::Equals;
    }
    if !left.contains('*') && !right.contains('*') {
        return Relation::Disjoint;
    }
    let (left, right) = (chunks(left), chunks(right));
    if !intersect(&left, &right) {
        Relation::Disjoint
    } else if includes(&left, &right) {
        Relation::Includes
    } else {
        Relation::Intersects
    }
}

/// Whether a key meets both.
#[allow(dead_code)] // The core asks so.
pub fn keys_meet(left: &str, right: &str) -> bool {
    if !left.contains('*') && !right.contains('*') {
        return left == right;
    }
    left == right || intersect(&chunks(left), &chunks(right))
}

/// Whether the core's own matching, which needs no memory, tries no more than one place after the
/// other for what follows a wildcard.
#[allow(dead_code)] // The core asks so.
pub fn are_simple(left: &str, right: &str) -> bool {
    let long_wildcards = |key: &str| {
        let pairs = key.as_bytes().windows(2);
        pairs.filter(|pair| *pair == b"**" || *pair == b"$*").count()
    };
    long_wildcards(left) + long_wildcards(right) <= 1
}

/// Whether the first includes the second.
#[allow(dead_code)] // The core's tables ask so.
pub fn key_includes(left: &str, right: &str) -> bool {
    left == right || left.contains('*') && includes(&chunks(left), &chunks(right))
}

/// Whether one chunk meets another, each of which may stand for any number of them.
#[allow(dead_code)] // The core's tables ask so.
pub fn chunk_meets(left: &str, right: &str) -> bool {
    match (left, right) {
        _ if left == right => true,
        _ if !left.contains('*') && !right.contains('*') => false,
        (ANY_CHUNKS, other) | (other, ANY_CHUNKS) => !is_verbatim(other),
        _ => chunks_intersect(left, right),
    }
}

fn chunks(expr: &str) -> Vec<&str> {
    expr.split('/').collect()
}

/// No wildcard stands for a chunk that begins so.
fn is_verbatim(chunk: &str) -> bool {
    chunk.starts_with('@')
}

/// Fills a table of `rows + 1` by `columns + 1` answers about rests, from the end; a cell sees those
/// below it, right of it and both. Returns the first.
fn from_the_end(
    rows: usize,
    columns: usize,
    cell: impl Fn(
        usize,
        usize,
        /* below */ bool,
        /* right */ bool,
        /* both */ bool,
    ) -> bool,
) -> bool {
    let mut below = vec![false; columns + 2];
    let mut current = vec![false; columns + 2];
    for row in (0..=rows).rev() {
        for column in (0..=columns).rev() {
            current[column] =
                cell(row, column, below[column], current[column + 1], below[column + 1]);
        }
        current[columns + 1] = false;
        std::mem::swap(&mut below, &mut current);
    }
    below[0]
}

fn intersect(left: &[&str], right: &[&str]) -> bool {
    from_the_end(left.len(), right.len(), |l, r, below, beside, both| {
        match (left.get(l), right.get(r)) {
            (None, None) => true,
            (Some(&ANY_CHUNKS), other) => below || other.is_some_and(|c| !is_verbatim(c)) && beside,
            (other, Some(&ANY_CHUNKS)) => beside || other.is_some_and(|c| !is_verbatim(c)) && below,
            (Some(left), Some(right)) => both && chunks_intersect(left, right),
            _ => false,
        }
    })
}

fn includes(left: &[&str], right: &[&str]) -> bool {
    from_the_end(left.len(), right.len(), |l, r, below, beside, both| {
        match (left.get(l), right.get(r)) {
            (None, other) => other.is_none(),
            (Some(&ANY_CHUNKS), other) => below || other.is_some_and(|c| !is_verbatim(c)) && beside,
            (Some(_), None | Some(&ANY_CHUNKS)) => false,
            (Some(left), Some(right)) => both && chunk_includes(left, right),
        }
    })
}

fn chunks_intersect(left: &str, right: &str) -> bool {
    if chunk_includes(left, right) || chunk_includes(right, left) {
        return true;
    }
    if is_verbatim(left) || is_verbatim(right) {
        return false;
    }
    // What stands between the first and the last `$*` of either fits into one of the other's.
    let (Some((left_start, _)), Some((right_start, _))) =
        (left.split_once(ANY_BYTES), right.split_once(ANY_BYTES))
    else {
        return false;
    };
    let (Some((_, left_end)), Some((_, right_end))) =
        (left.rsplit_once(ANY_BYTES), right.rsplit_once(ANY_BYTES))
    else {
        return false;
    };
    (left_start.starts_with(right_start) || right_start.starts_with(left_start))
        && (left_end.ends_with(right_end) || right_end.ends_with(left_end))
}

fn chunk_includes(left: &str, right: &str) -> bool {
    if left == right {
        return true;
    }
    if is_verbatim(left) || is_verbatim(right) {
        return false;
    }
    if left == ANY_CHUNK {
        return true;
    }
    let (Some((start, _)), Some((_, end))) =
        (left.split_once(ANY_BYTES), left.rsplit_once(ANY_BYTES))
    else {
        return false;
    };
    let Some(mut rest) = right.strip_prefix(start).and_then(|rest| rest.strip_suffix(end)) else {
        return false;
    };
    let between = left.split(ANY_BYTES).skip(1);
    for part in between.take(left.matches(ANY_BYTES).count() - 1) {
        match rest.find(part) {
            Some(at) => rest = &rest[at + part.len()..],
            None => return false,
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;
    use zenoh::key_expr::{keyexpr, OwnedKeyExpr, SetIntersectionLevel};

    fn of_the_core(left: &str, right: &str) -> Relation {
        match keyexpr::new(left).unwrap().relation_to(keyexpr::new(right).unwrap()) {
            SetIntersectionLevel::Disjoint => Relation::Disjoint,
            SetIntersectionLevel::Intersects => Relation::Intersects,
            SetIntersectionLevel::Includes => Relation::Includes,
            SetIntersectionLevel::Equals => Relation::Equals,
        }
    }

    /// SplitMix64.
    struct Random(u64);

    impl Random {
        fn below(&mut self, bound: usize) -> usize {
            self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
            ((z ^ (z >> 31)) % bound as u64) as usize
        }

        fn key(&mut self) -> String {
            const CHUNKS: [&str; 14] = [
                "a", "b", "ab", "aba", "*", "*", "**", "**", "$*a", "a$*", "a$*b", "$*a$*", "@v",
                "@w",
            ];
            let chunks: Vec<&str> =
                (0..1 + self.below(5)).map(|_| CHUNKS[self.below(CHUNKS.len())]).collect();
            OwnedKeyExpr::autocanonize(chunks.join("/")).unwrap().as_str().to_owned()
        }
    }

    #[test]
    fn random_key_expressions_lie_to_each_other_as_the_core_says() {
        let seed = std::env::var("SEGUE_TEST_SEED").map_or_else(
            |_| {
                let now = std::time::SystemTime::now();
                now.duration_since(std::time::UNIX_EPOCH).unwrap().as_nanos() as u64
            },
            |seed| seed.parse().unwrap(),
        );
        println!("SEGUE_TEST_SEED={seed}");
        let mut random = Random(seed);
        let mut seen = [0; 4];
        for _ in 0..200_000 {
            let (left, right) = (random.key(), random.key());
            let found = relation(&left, &right);
            assert_eq!(found, of_the_core(&left, &right), "{left} to {right}, seed {seed}");
            seen[found as usize] += 1;
            let (left, right) = (keyexpr::new(&left).unwrap(), keyexpr::new(&right).unwrap());
            assert_eq!(key_includes(left, right), left.includes(right), "{left} to {right}");
            assert_eq!(keys_meet(left, right), left.intersects(right), "{left} to {right}");
            for (left, right) in left.chunks().zip(right.chunks()) {
                assert_eq!(chunk_meets(left, right), left.intersects(right), "{left} to {right}");
            }
        }
        assert!(seen.iter().all(|&count| count > 100), "{seen:?}");
    }

    #[test]
    fn time_does_not_grow_with_the_power_of_wildcards() {
        let many = vec!["**/a"; 16].join("/") + "/**/b";
        let long = vec!["a"; 1024].join("/");
        assert_eq!(relation(&many, &long), Relation::Disjoint);
        let many = "$*a".repeat(15) + "$*b";
        let long = "a".repeat(60_000);
        assert_eq!(relation(&many, &long), Relation::Disjoint);
        assert_eq!(relation(&format!("$*{long}$*"), &format!("x{long}$*")), Relation::Includes);
    }
}
