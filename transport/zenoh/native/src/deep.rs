//! Which puts need a deep stack: those that an advanced subscriber of the same session gets.
//!
//! The core gives a sample to subscribers of its session on the thread that puts it, and an advanced
//! one may ask for what it lacks right there. A get compares its key with those that peers declared,
//! and recurses by the chunk of theirs.

use crate::{
    matching::{relation, Relation},
    publish::Qos,
};
use std::sync::{
    atomic::{AtomicU64, Ordering},
    Arc, Mutex, MutexGuard,
};

/// `Qos::locality` of what never comes to a subscriber of the same session.
const REMOTE: i32 = 2;

/// What the advanced subscribers of a session listen to.
#[derive(Default)]
pub struct Deep {
    /// Counts up with each change.
    generation: AtomicU64,
    keys: Mutex<Vec<String>>,
}

/// Takes keys out again when it is dropped.
pub struct Listening {
    deep: Arc<Deep>,
    keys: Vec<String>,
}

impl Deep {
    fn keys(&self) -> MutexGuard<'_, Vec<String>> {
        self.keys.lock().unwrap_or_else(|e| e.into_inner())
    }

    pub fn listen(self: &Arc<Self>, keys: Vec<String>) -> Listening {
        self.keys().extend(keys.iter().cloned());
        self.generation.fetch_add(1, Ordering::Release);
        Listening { deep: self.clone(), keys }
    }

    fn hears(&self, key: &str) -> bool {
        self.keys().iter().any(|known| relation(known, key) != Relation::Disjoint)
    }

    /// Of one put to a key.
    pub fn is_deep(&self, key: &str, qos: &Qos) -> bool {
        let used = self.generation.load(Ordering::Acquire) != 0;
        used && qos.locality != REMOTE && self.hears(key)
    }

    pub fn depth_of(self: &Arc<Self>, key: &str, qos: &Qos) -> Depth {
        let key = (qos.locality != REMOTE).then(|| key.to_owned());
        Depth { deep: self.clone(), key, known: AtomicU64::new(0) }
    }
}

impl Drop for Listening {
    fn drop(&mut self) {
        let mut keys = self.deep.keys();
        for key in &self.keys {
            if let Some(at) = keys.iter().position(|known| known == key) {
                keys.swap_remove(at);
            }
        }
        drop(keys);
        self.deep.generation.fetch_add(1, Ordering::Release);
    }
}

/// What is known of a publisher's puts.
pub struct Depth {
    deep: Arc<Deep>,
    key: Option<String>,
    /// Twice the generation that it was found out in, and 1 when they are deep.
    known: AtomicU64,
}

impl Depth {
    pub fn is_deep(&self) -> bool {
        let generation = self.deep.generation.load(Ordering::Acquire);
        let mut known = self.known.load(Ordering::Relaxed);
        if known >> 1 != generation {
            let hears = self.key.as_ref().is_some_and(|key| self.deep.hears(key));
            known = generation << 1 | u64::from(hears);
            self.known.store(known, Ordering::Relaxed);
        }
        known & 1 != 0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn puts_are_deep_while_an_advanced_subscriber_of_the_session_hears_them() {
        let deep = Arc::new(Deep::default());
        let qos = |locality| Qos {
            congestion_control: 0,
            priority: 5,
            express: 0,
            reliability: 1,
            locality,
        };
        let (near, other) = (deep.depth_of("a/b", &qos(0)), deep.depth_of("c", &qos(0)));
        let far = deep.depth_of("a/b", &qos(REMOTE));
        assert!(!near.is_deep() && !other.is_deep() && !far.is_deep());
        let first = deep.listen(vec!["a/*".into()]);
        let second = deep.listen(vec!["a/*".into(), "a/*/@adv/pub/**".into()]);
        assert!(near.is_deep() && !other.is_deep() && !far.is_deep());
        assert!(deep.is_deep("a/c", &qos(0)));
        assert!(deep.is_deep("a/c/@adv/pub/x", &qos(1)));
        assert!(!deep.is_deep("a/c", &qos(REMOTE)));
        drop(first);
        assert!(near.is_deep());
        drop(second);
        assert!(!near.is_deep());
        assert!(!deep.is_deep("a/c", &qos(0)));
    }
}
