//! Added to the core by Segue: what a session has, found by key.
//!
//! The core compares a key with those of all subscribers and numbers of a session, so that ten thousand
//! declarations took a hundred million comparisons.

use std::{
    hash::{BuildHasher, Hash},
    sync::Arc,
};

use ahash::{HashMap, HashSet, RandomState};

use crate::api::{
    publisher::PublisherState, querier::QuerierState, queryable::QueryableState,
    subscriber::SubscriberState,
};

pub(crate) trait Keyed {
    fn key(&self) -> &str;
}

/// Entries by their numbers, whose keys stay as they are.
pub(crate) struct ByKey<I, T> {
    entries: HashMap<I, T>,
    /// By the hash of the key, which is not kept twice.
    numbers: HashMap<u64, Vec<I>>,
    with_wildcards: HashSet<I>,
    hasher: RandomState,
}

impl<I, T> Default for ByKey<I, T> {
    fn default() -> Self {
        Self {
            entries: HashMap::default(),
            numbers: HashMap::default(),
            with_wildcards: HashSet::default(),
            hasher: RandomState::new(),
        }
    }
}

fn has_wildcard(key: &str) -> bool {
    key.contains('*')
}

impl<I: Copy + Eq + Hash, T: Keyed> ByKey<I, T> {
    pub(crate) fn len(&self) -> usize {
        self.entries.len()
    }

    pub(crate) fn contains_key(&self, id: &I) -> bool {
        self.entries.contains_key(id)
    }

    pub(crate) fn get(&self, id: &I) -> Option<&T> {
        self.entries.get(id)
    }

    pub(crate) fn get_mut(&mut self, id: &I) -> Option<&mut T> {
        self.entries.get_mut(id)
    }

    pub(crate) fn values(&self) -> impl Iterator<Item = &T> {
        self.entries.values()
    }

    pub(crate) fn insert(&mut self, id: I, entry: T) {
        self.remove(&id);
        let hash = self.hasher.hash_one(entry.key());
        self.numbers.entry(hash).or_default().push(id);
        if has_wildcard(entry.key()) {
            self.with_wildcards.insert(id);
        }
        self.entries.insert(id, entry);
    }

    pub(crate) fn remove(&mut self, id: &I) -> Option<T> {
        let entry = self.entries.remove(id)?;
        let hash = self.hasher.hash_one(entry.key());
        if let Some(numbers) = self.numbers.get_mut(&hash) {
            numbers.retain(|number| number != id);
            if numbers.is_empty() {
                self.numbers.remove(&hash);
            }
        }
        self.with_wildcards.remove(id);
        Some(entry)
    }

    /// The numbers of those with a key, and of those few whose key has the same hash.
    fn numbers_of(&self, key: &str) -> &[I] {
        self.numbers.get(&self.hasher.hash_one(key)).map(Vec::as_slice).unwrap_or_default()
    }

    /// Those with a key.
    pub(crate) fn of<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (I, &'a T)> {
        self.numbers_of(key)
            .iter()
            .map(|id| (*id, &self.entries[id]))
            .filter(move |(_, entry)| entry.key() == key)
    }

    /// Those that may match a key, some of which don't: without wildcards, keys match only if they are the same.
    pub(crate) fn near<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (I, &'a T)> {
        let is_one = !has_wildcard(key);
        let all = (!is_one).then(|| self.entries.iter().map(|(id, entry)| (*id, entry)));
        let same = is_one.then(|| self.of(key));
        let wild = is_one.then(|| self.with_wildcards.iter().map(|id| (*id, &self.entries[id])));
        let some = same.into_iter().flatten().chain(wild.into_iter().flatten());
        all.into_iter().flatten().chain(some)
    }

    /// Visits those that may match a key, some of which don't.
    pub(crate) fn visit_near(&mut self, key: &str, mut visit: impl FnMut(&mut T)) {
        let near: Vec<I> = self.near(key).map(|(id, _)| id).collect();
        for id in near {
            if let Some(entry) = self.entries.get_mut(&id) {
                visit(entry);
            }
        }
    }
}

impl Keyed for Arc<SubscriberState> {
    fn key(&self) -> &str {
        self.key_expr.as_str()
    }
}

impl Keyed for Arc<QueryableState> {
    fn key(&self) -> &str {
        self.key_expr.as_str()
    }
}

impl Keyed for PublisherState {
    fn key(&self) -> &str {
        self.key_expr.as_str()
    }
}

impl Keyed for QuerierState {
    fn key(&self) -> &str {
        self.key_expr.as_str()
    }
}
