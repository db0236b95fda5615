//! Added to the core by Segue: what nobody declares or is interested in any more leaves the tables.
//!
//! The core forgets the keys of subscribers, queryables and tokens as they end. It kept those of
//! interests (each publisher of a client is one) for good, and what a node that had gone left behind.

use std::{
    collections::{HashMap, HashSet},
    sync::Arc,
};

use ahash::RandomState;
use zenoh_protocol::{
    core::Region,
    network::interest::{ext, Interest, InterestMode, InterestOptions},
};
use zenoh_sync::get_mut_unchecked;

use super::{
    face::{FaceId, FaceState},
    interests::RemoteInterest,
    region::RegionMap,
    resource::{FaceContext, Resource},
};
use crate::net::routing::{
    hat::{DispatcherContext, HatTrait},
    RoutingContext,
};

/// A key that was declared over a link keeps its number, and its place in the tables of both ends,
/// until the link ends. Further ones are sent in full.
pub(crate) const MAX_NUMBERED_KEYS: usize = 16_384;

/// In bytes. Longer ones are sent in full.
pub(crate) const MAX_NUMBERED_KEY: usize = 1_024;

/// The tables have each resource once.
type Key = (Option<*const Resource>, InterestOptions);

/// Interests that ended, each with whether somebody else is still interested in the same.
pub(crate) type Ended = HashMap<Key, bool, RandomState>;

fn key(interest: &RemoteInterest) -> Key {
    (interest.res.as_ref().map(Arc::as_ptr), interest.options)
}

/// Closes a node's face. What only this node was interested in ends.
pub(super) fn close_face(
    hats: &mut RegionMap<Box<dyn HatTrait + Send + Sync>>,
    mut ctx: DispatcherContext,
) {
    let region = ctx.src_face.region;
    let gone = ctx.src_face.id;
    let mut interests = Vec::new();
    hats[region].visit_interests(ctx.tables, &mut |face, interest| {
        if face == gone {
            interests.push(interest.clone());
        }
    });
    hats[region].close_face(ctx.reborrow());
    // Queries went on to the node, and waited for it until their time was up.
    hats[region].disable_all_routes(ctx.tables);
    if !interests.is_empty() {
        end_interests(hats, ctx, interests);
    }
}

/// Ends interests of a node: beyond the gateway, unless somebody else is interested in the same, and
/// in the tables.
pub(super) fn end_interests(
    hats: &mut RegionMap<Box<dyn HatTrait + Send + Sync>>,
    mut ctx: DispatcherContext,
    mut interests: Vec<RemoteInterest>,
) {
    // Those of nodes beyond the gateway went nowhere.
    if ctx.src_face.region.bound().is_south() {
        let mut ended: Ended = interests.iter().map(|i| (key(i), false)).collect();
        for hat in hats.values() {
            hat.visit_interests(ctx.tables, &mut |_, interest| {
                if let Some(wanted) = ended.get_mut(&key(interest)) {
                    *wanted = true;
                }
            });
        }
        let north = &mut hats[Region::North];
        north.route_interest_final(ctx.reborrow(), &ended);
        // Where nobody was known to want it, nothing was sent; from now on nobody says who does.
        for res in interests.iter_mut().filter_map(|interest| interest.res.as_mut()) {
            north.disable_data_routes(res);
            north.disable_query_routes(res);
        }
    }
    for interest in interests {
        if let Some(mut res) = interest.res {
            Resource::clean(&mut res);
        }
    }
}

/// Ends what was sent to `dst` for interests that ended. Of those that somebody else still has, one
/// of each kind stays: each node that comes and goes has sent one more.
pub(crate) fn end_sent(dst: &mut Arc<FaceState>, ended: &Ended) {
    let dst = get_mut_unchecked(dst);
    let primitives = &dst.primitives;
    let mut kept = HashSet::new();
    dst.local_interests.retain(|id, sent| {
        let key = (sent.res.as_ref().map(Arc::as_ptr), sent.options);
        let Some(&wanted) = ended.get(&key) else {
            return true;
        };
        // What was asked for may still be under way.
        if wanted && (!sent.finalized || kept.insert((key, sent.current))) {
            return true;
        }
        primitives.send_interest(RoutingContext::with_expr(
            &mut Interest {
                id: *id,
                mode: InterestMode::Final,
                // Not part of the protocol: interceptors look at it.
                options: sent.options,
                wire_expr: None,
                ext_qos: ext::QoSType::INTEREST,
                ext_tstamp: None,
                ext_nodeid: ext::NodeIdType::DEFAULT,
            },
            sent.res.as_ref().map(|res| res.expr().to_string()).unwrap_or_default(),
        ));
        if !wanted {
            sent.unset_finalized();
        }
        false
    });
}

/// A node has gone: so does all of the tree that only it, or nobody, holds.
pub(super) fn sweep(root: &Arc<Resource>, gone: FaceId) {
    let mut places = vec![root.clone()];
    let mut next = 0;
    while let Some(place) = places.get(next).cloned() {
        places.extend(place.children.iter().map(|child| Arc::clone(child)));
        next += 1;
    }
    // Children come behind their parents.
    while let Some(mut place) = places.pop() {
        get_mut_unchecked(&mut place).face_ctxs.remove(&gone);
        if !place.face_ctxs.values().any(|ctx| declares(ctx)) {
            Resource::clean(&mut place);
        }
    }
}

/// Nodes of a multicast group declare all under one id, and nothing else holds their keys.
fn declares(ctx: &FaceContext) -> bool {
    ctx.subs.is_some() || ctx.qabl.is_some() || ctx.token
}
