//! What a session is connected to.

use crate::{
    abi::{borrowed, give_text, guard},
    fields::{line, lines},
    session::Session,
};
use zenoh::{
    qos::Reliability,
    session::{Link, Transport},
    Wait,
};

/// A line of `fields` per node that it is connected to, or with `links` per link to one.
#[no_mangle]
pub unsafe extern "C" fn segue_session_connections(
    session: i64,
    links: i32,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let info = unsafe { borrowed::<Session>(session) }?.zenoh.info();
        let text = if links != 0 {
            lines(info.links().wait().map(|link| link_line(&link)))
        } else {
            lines(info.transports().wait().map(|transport| transport_line(&transport)))
        };
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&text, address, capacity) })
    })
}

pub fn transport_line(transport: &Transport) -> String {
    line(&[
        &transport.zid(),
        &transport.whatami(),
        &transport.is_qos(),
        &transport.is_multicast(),
        &transport.is_shm(),
    ])
}

pub fn link_line(link: &Link) -> String {
    let reliability = match link.reliability() {
        None => "",
        Some(Reliability::Reliable) => "RELIABLE",
        Some(Reliability::BestEffort) => "BEST_EFFORT",
    };
    let (first, last) =
        link.priorities().map_or((String::new(), String::new()), |(first, last)| {
            (first.to_string(), last.to_string())
        });
    line(&[
        &link.zid(),
        link.src(),
        link.dst(),
        &link.group().map_or(String::new(), |group| group.to_string()),
        &link.mtu(),
        &link.is_streamed(),
        &first,
        &last,
        &reliability,
        &link.interfaces().join(" "),
        &link.auth_identifier().unwrap_or_default(),
    ])
}
