//! Added to the core by Segue: what nobody declares or is interested in any more leaves the tables.
//!
//! The core forgets the keys of subscribers, queryables and tokens as they end. It kept those of
//! interests (each publisher of a client is one) for good, and what a node that had gone left behind.

use std::{collections::HashSet, sync::Arc};

use zenoh_protocol::{
    core::Region,
    network::interest::{ext, Interest, InterestMode, InterestOptions},
};
use zenoh_sync::get_mut_unchecked;

use super::{
    face::FaceId,
    interests::RemoteInterest,
    region::RegionMap,
    resource::{FaceContext, Resource},
};
use crate::net::routing::hat::{DispatcherContext, HatTrait};

/// The tables have each resource once.
fn key(interest: &RemoteInterest) -> (Option<*const Resource>, InterestOptions) {
    (interest.res.as_ref().map(Arc::as_ptr), interest.options)
}

/// Closes a node's face. What only this node of its region was interested in ends.
pub(super) fn close_face(
    hats: &mut RegionMap<Box<dyn HatTrait + Send + Sync>>,
    mut ctx: DispatcherContext,
) {
    let region = ctx.src_face.region;
    let gone = ctx.src_face.id;
    let mut ended = Vec::new();
    hats[region].visit_interests(ctx.tables, &mut |face, interest| {
        if face == gone {
            ended.push(interest.clone());
        }
    });
    hats[region].close_face(ctx.reborrow());
    if ended.is_empty() {
        return;
    }
    let mut known = HashSet::new();
    hats[region].visit_interests(ctx.tables, &mut |_, interest| {
        known.insert((key(interest), interest.mode));
    });
    ended.retain(|interest| known.insert((key(interest), interest.mode)));
    end_interests(hats, ctx, ended);
}

/// Ends interests that nobody else of their region has: beyond the gateway, unless somebody else is
/// interested in the same, and in the tables.
pub(super) fn end_interests(
    hats: &mut RegionMap<Box<dyn HatTrait + Send + Sync>>,
    mut ctx: DispatcherContext,
    ended: Vec<RemoteInterest>,
) {
    let region = ctx.src_face.region;
    // The interests of nodes beyond the gateway went nowhere.
    let was_sent = region.bound().is_south();
    let keys: HashSet<_> = ended.iter().map(key).collect();
    let mut wanted = HashSet::new();
    // Also those of the same region, which may differ in their mode: one end ends both beyond the gateway.
    for hat in hats.values().filter(|_| was_sent) {
        hat.visit_interests(ctx.tables, &mut |_, interest| {
            if keys.contains(&key(interest)) {
                wanted.insert(key(interest));
            }
        });
    }
    let end = Interest {
        id: 0,
        mode: InterestMode::Final,
        options: InterestOptions::empty(),
        wire_expr: None,
        ext_qos: ext::QoSType::INTEREST,
        ext_tstamp: None,
        ext_nodeid: ext::NodeIdType::DEFAULT,
    };
    for interest in ended {
        if was_sent && !wanted.contains(&key(&interest)) {
            hats[Region::North].route_interest_final(ctx.reborrow(), &end, &interest);
        }
        if let Some(mut res) = interest.res {
            Resource::clean(&mut res);
        }
    }
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
