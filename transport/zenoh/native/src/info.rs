//! What a session is connected to.

use crate::{
    abi::{borrowed, give_text, guard},
    session::Session,
};
use zenoh::{
    qos::Reliability,
    session::{Link, Transport},
    Wait,
};

/// A line per node that it is connected to, or with `links` per link to one; tabs between fields.
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
        let lines: Vec<String> = if links != 0 {
            info.links().wait().map(|link| link_line(&link)).collect()
        } else {
            info.transports().wait().map(|transport| transport_line(&transport)).collect()
        };
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&lines.join("\n"), address, capacity) })
    })
}

pub fn transport_line(transport: &Transport) -> String {
    format!(
        "{}\t{}\t{}\t{}\t{}",
        transport.zid(),
        transport.whatami(),
        transport.is_qos(),
        transport.is_multicast(),
        transport.is_shm()
    )
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
    // What a peer says of itself is the last field, so that no tab of its makes another one.
    format!(
        "{}\t{}\t{}\t{}\t{}\t{}\t{first}\t{last}\t{reliability}\t{}\t{}",
        link.zid(),
        link.src(),
        link.dst(),
        link.group().map_or(String::new(), |group| group.to_string()),
        link.mtu(),
        link.is_streamed(),
        link.interfaces().join(" "),
        link.auth_identifier().unwrap_or_default().replace(['\n', '\r', '\t'], " "),
    )
}
