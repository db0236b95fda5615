//! Added to the core by Segue: the liveliness tokens that a session knows of.
//!
//! Several nodes may have a token of one key, and several threads tell a session's subscribers of them, none
//! of which holds a lock as it calls back. So each looks again once it has told, and the last word is right.

use std::collections::{hash_map::Entry, HashMap};

use zenoh_protocol::network::declare::TokenId;

use crate::api::key_expr::KeyExpr;

#[derive(Default)]
pub(crate) struct Tokens {
    keys: HashMap<TokenId, KeyExpr<'static>>,
    /// How many have the key.
    counts: HashMap<KeyExpr<'static>, usize>,
}

impl Tokens {
    /// `false` if its beginning is known already.
    pub(crate) fn begin(&mut self, id: TokenId, key: &KeyExpr<'static>) -> bool {
        let Entry::Vacant(entry) = self.keys.entry(id) else {
            return false;
        };
        entry.insert(key.clone());
        *self.counts.entry(key.clone()).or_default() += 1;
        true
    }

    /// Its key, if its beginning is known.
    pub(crate) fn end(&mut self, id: TokenId) -> Option<KeyExpr<'static>> {
        let key = self.keys.remove(&id)?;
        if let Entry::Occupied(mut count) = self.counts.entry(key.clone()) {
            *count.get_mut() -= 1;
            if *count.get() == 0 {
                count.remove();
            }
        }
        Some(key)
    }

    /// Whether some token has the key.
    pub(crate) fn has(&self, key: &KeyExpr<'static>) -> bool {
        self.counts.contains_key(key)
    }

    /// Each key once.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &KeyExpr<'static>> {
        self.counts.keys()
    }
}

/// Tells whether a key has a token, until what was told last is so.
pub(crate) fn settle(mut alive: bool, is_alive: impl Fn() -> bool, tell: impl Fn(bool)) {
    loop {
        tell(alive);
        let now = is_alive();
        if now == alive {
            return;
        }
        alive = now;
    }
}
