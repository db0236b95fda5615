//! Added to the core by Segue: what a node has taken back lately.
//!
//! What is declared in answer to an interest and what is taken back leave a node from different threads,
//! each after it let go of the tables. So the end of a token, subscriber or queryable may come before its
//! beginning, which would then stay for as long as the link. A node gives no number twice, but for 0,
//! which stands for none.

use std::collections::{HashSet, VecDeque};

use zenoh_protocol::network::DeclareBody;

/// A kind and a number.
type What = (u8, u32);

#[derive(Default)]
pub(crate) struct Ended {
    known: HashSet<What>,
    order: VecDeque<What>,
}

impl Ended {
    const MOST: usize = 256;

    /// Notes what a declaration ends; `true` if it begins what has ended already.
    pub(crate) fn is_late(&mut self, body: &DeclareBody) -> bool {
        match body {
            DeclareBody::DeclareSubscriber(m) => self.known.contains(&(0, m.id)),
            DeclareBody::DeclareQueryable(m) => self.known.contains(&(1, m.id)),
            DeclareBody::DeclareToken(m) => self.known.contains(&(2, m.id)),
            DeclareBody::UndeclareSubscriber(m) => self.add((0, m.id)),
            DeclareBody::UndeclareQueryable(m) => self.add((1, m.id)),
            DeclareBody::UndeclareToken(m) => self.add((2, m.id)),
            _ => false,
        }
    }

    /// Whether it ended: a subscriber (0), a queryable (1) or a token (2).
    pub(crate) fn has(&self, kind: u8, id: u32) -> bool {
        self.known.contains(&(kind, id))
    }

    fn add(&mut self, what: What) -> bool {
        if what.1 != 0 && self.known.insert(what) {
            self.order.push_back(what);
            if self.order.len() > Self::MOST {
                if let Some(oldest) = self.order.pop_front() {
                    self.known.remove(&oldest);
                }
            }
        }
        false
    }
}
