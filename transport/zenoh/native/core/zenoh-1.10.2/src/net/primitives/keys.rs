//! Added to the core by Segue: keys that peers declare are checked before the tables see them.
//!
//! The core keeps what comes and takes it for key expressions from then on: the first that meets
//! one that is none panics, under the locks of its tables.

use zenoh_keyexpr::keyexpr;
use zenoh_protocol::{
    core::{WhatAmI, WireExpr},
    network::{Declare, DeclareBody, Interest},
};

use super::{limits, Primitives};
use crate::net::routing::dispatcher::face::Face;

pub(super) fn declare(face: &Face, msg: &mut Declare) {
    let expr = match &msg.body {
        DeclareBody::DeclareKeyExpr(m) => &m.wire_expr,
        DeclareBody::DeclareSubscriber(m) => &m.wire_expr,
        DeclareBody::DeclareQueryable(m) => &m.wire_expr,
        DeclareBody::DeclareToken(m) => &m.wire_expr,
        // A token that is named is made, if need be, before it is undeclared.
        DeclareBody::UndeclareToken(m) if !m.ext_wire_expr.wire_expr.is_empty() => {
            &m.ext_wire_expr.wire_expr
        }
        _ => return face.send_declare(msg),
    };
    if is_sound(face, expr) {
        face.send_declare(msg);
    }
}

pub(super) fn interest(face: &Face, msg: &mut Interest) {
    if is_server_of_client(face) {
        tracing::error!("Refused an interest of {face}, which this client is connected to");
    } else if msg.wire_expr.as_ref().map_or(true, |expr| is_sound(face, expr)) {
        face.send_interest(msg);
    }
}

/// A client tells those nothing that ask it, and panics when they do.
fn is_server_of_client(face: &Face) -> bool {
    let tables = zread!(face.tables.tables);
    let region = face.state.region;
    region.bound().is_north() && tables.hats[region].mode() == WhatAmI::Client
}

fn is_sound(face: &Face, expr: &WireExpr) -> bool {
    let key = {
        let tables = zread!(face.tables.tables);
        match tables.data.get_mapping(&face.state, &expr.scope, expr.mapping) {
            Some(prefix) => [prefix.expr(), expr.suffix.as_ref()].concat(),
            // The core itself refuses a prefix that it doesn't know.
            None => return true,
        }
    };
    let why = match limits::exceeded(&key) {
        Some((what, found, most)) => format!("{what}={found}, at most {most}"),
        None if keyexpr::new(&key).is_ok() => return true,
        None => "no key expression".into(),
    };
    let start: String = key.chars().take(100).collect();
    tracing::error!("Refused what {face} declares for the key {start:?}: {why}");
    false
}
