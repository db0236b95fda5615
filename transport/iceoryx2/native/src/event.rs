//! Event services: numbers that wake whoever waits, in any process.

use crate::{
    abi::{bad, borrow, failed, free, guard, into_handle, text},
    node::NodeHandle,
    room,
    service::opened,
    wake::{wait, Ear},
    Ipc,
};
use iceoryx2::{
    port::notifier::{Notifier, NotifierNotifyError},
    prelude::*,
    service::{messaging_pattern::MessagingPattern, port_factory::event},
};
use std::time::Duration;

type Events = event::PortFactory<Ipc>;

/// Opens a service or makes it.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_event_open(
    node: i64,
    name: *const u8,
    name_length: u64,
    notifiers: u64,
    listeners: u64,
    nodes: u64,
    last_event: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive, and Java lends the name for the time of the call.
        let (node, name) = unsafe { (borrow::<NodeHandle>(node), text(name, name_length)?) };
        room::require(0)?;
        let name = ServiceName::new(name).map_err(|e| bad(format!("service name: {e:?}")))?;
        let node = node.lock();
        let events = opened(&node, &name, MessagingPattern::Event, || {
            node.service_builder(&name)
                .event()
                .max_notifiers(notifiers as usize)
                .max_listeners(listeners as usize)
                .max_nodes(nodes as usize)
                .event_id_max_value(last_event as usize)
                .open_or_create()
        })
        .map_err(failed)?;
        Ok(into_handle(events))
    })
}

/// The largest event that the service has.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_event_last(service: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<Events>(service) }.static_config().event_id_max_value() as i64))
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_event_free(service: i64) {
    // SAFETY: Java frees a handle once. Ports keep the service alive on their own.
    unsafe { free::<Events>(service) }
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_notifier_new(service: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let service = unsafe { borrow::<Events>(service) };
        room::require(0)?;
        let notifier = service.notifier_builder().create().map_err(|e| failed(format!("{e:?}")))?;
        Ok(into_handle(notifier))
    })
}

/// Wakes all listeners; how many there were.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_notify(notifier: i64, event: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let notifier = unsafe { borrow::<Notifier<Ipc>>(notifier) };
        match notifier.notify_with_custom_event_id(EventId::new(event as usize)) {
            Ok(listeners) => Ok(listeners as i64),
            Err(NotifierNotifyError::EventIdOutOfBounds) => {
                Err(bad("larger than the last event of the service"))
            }
            Err(e) => Err(failed(format!("{e:?}"))),
        }
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_notifier_free(notifier: i64) {
    // SAFETY: Java frees a handle once.
    unsafe { free::<Notifier<Ipc>>(notifier) }
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_listener_new(service: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let service = unsafe { borrow::<Events>(service) };
        room::require(0)?;
        let listener = service.listener_builder().create().map_err(|e| failed(format!("{e:?}")))?;
        Ok(into_handle(Ear::new(listener)))
    })
}

/// Waits for events and writes each one's number and count; how many there are, which is at most
/// the service's largest event and one.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_listener_wait(
    listener: i64,
    nanos: u64,
    pairs: *mut u64,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive, and Java lends room for so many pairs.
        let (listener, pairs) = unsafe {
            let pairs = std::slice::from_raw_parts_mut(pairs, 2 * capacity as usize);
            (borrow::<Ear>(listener), pairs)
        };
        let mut heard = 0;
        wait(&listener.listener, Duration::from_nanos(nanos), |activation| {
            if let Some(pair) = pairs.get_mut(2 * heard..2 * heard + 2) {
                pair.copy_from_slice(&[activation.id.as_value() as u64, activation.count]);
                heard += 1;
            }
        })?;
        Ok(heard as i64)
    })
}

/// The file descriptor that can be read when there may be events.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_listener_descriptor(listener: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(i64::from(unsafe { borrow::<Ear>(listener) }.descriptor)))
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_listener_free(listener: i64) {
    // SAFETY: Java frees a handle once.
    unsafe { free::<Ear>(listener) }
}
