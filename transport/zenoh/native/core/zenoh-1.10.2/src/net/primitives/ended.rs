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
    pub(crate) const SUBSCRIBER: u8 = 0;
    pub(crate) const QUERYABLE: u8 = 1;
    pub(crate) const TOKEN: u8 = 2;

    const MOST: usize = 256;

    /// Notes what a declaration ends; `true` if it begins what has ended already.
    pub(crate) fn is_late(&mut self, body: &DeclareBody) -> bool {
        match body {
            DeclareBody::DeclareSubscriber(m) => return self.has(Self::SUBSCRIBER, m.id),
            DeclareBody::DeclareQueryable(m) => return self.has(Self::QUERYABLE, m.id),
            DeclareBody::DeclareToken(m) => return self.has(Self::TOKEN, m.id),
            DeclareBody::UndeclareSubscriber(m) => self.add(Self::SUBSCRIBER, m.id),
            DeclareBody::UndeclareQueryable(m) => self.add(Self::QUERYABLE, m.id),
            DeclareBody::UndeclareToken(m) => self.add(Self::TOKEN, m.id),
            _ => {}
        }
        false
    }

    /// Whether it ended.
    pub(crate) fn has(&self, kind: u8, id: u32) -> bool {
        self.known.contains(&(kind, id))
    }

    /// It ends.
    pub(crate) fn add(&mut self, kind: u8, id: u32) {
        let what = (kind, id);
        if id != 0 && self.known.insert(what) {
            self.order.push_back(what);
            if self.order.len() > Self::MOST {
                if let Some(oldest) = self.order.pop_front() {
                    self.known.remove(&oldest);
                }
            }
        }
    }
}
