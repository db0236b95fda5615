//! Subscribers and their samples.

use crate::{
    abi::{borrow, failed, free, guard, into_handle, Failure, TOO_MANY_BORROWED},
    room,
    service::{port, unconnected, PubSub},
    wake::Wakes,
    Ipc,
};
use iceoryx2::{
    port::{subscriber, ReceiveError},
    prelude::PortFactory,
    sample,
    service::{header::payload_header::PayloadHeader, marker::CustomHeaderMarker},
};
use std::{ptr::from_ref, sync::Arc, time::Duration};

/// Publishers that are gone and whose samples are open, or wait, at most: the core panics, or drops
/// what waits, where there are more.
pub const GONE_PUBLISHERS: usize = 1024;

/// Samples of a subscriber that are open at most, with room for those who take one at once.
pub const MOST_OPEN: usize = 1000;

/// Refuses one more where as many are open as may be.
pub fn check_open(open: usize) -> Result<(), Failure> {
    if open >= MOST_OPEN {
        return Err(Failure { kind: TOO_MANY_BORROWED, message: format!("open={open}") });
    }
    Ok(())
}

type Port = subscriber::Subscriber<Ipc, [u8], CustomHeaderMarker>;

pub struct SubscriberHandle {
    port: Arc<Port>,
    service: Arc<PubSub>,
    wakes: Wakes,
}

/// A sample keeps its subscriber in the service: when a subscriber leaves, publishers take back all
/// that it was given, and also what it still reads.
#[repr(C)]
#[cfg_attr(not(test), allow(dead_code))]
pub struct Sample {
    /// Where its bytes begin, and how many they are: Java reads both at the handle.
    address: *const u8,
    length: u64,
    /// Where the user header is, which may be empty: also read at the handle.
    header: *const u8,
    _sample: sample::Sample<Ipc, [u8], CustomHeaderMarker>,
    _port: Arc<Port>, // dropped after the sample
}

#[cfg(test)]
impl Sample {
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the sample is alive.
        unsafe { std::slice::from_raw_parts(self.address, self.length as usize) }
    }
}

impl SubscriberHandle {
    pub fn new(service: &Arc<PubSub>) -> Result<SubscriberHandle, Failure> {
        room::require(0)?;
        let port = port(&service.slices, || {
            let of = service.clone();
            service
                .slices
                .subscriber_builder()
                .set_degradation_handler(move |cause, info| {
                    unconnected(cause, || of.has_publisher(info.sender_port_id))
                })
                .create()
        })?;
        Ok(SubscriberHandle {
            port: Arc::new(port),
            service: service.clone(),
            wakes: Wakes::default(),
        })
    }

    pub fn take(&self) -> Result<Option<Sample>, Failure> {
        check_open(Arc::strong_count(&self.port) - 1)?;
        match self.port.receive() {
            Ok(None) => Ok(None),
            Ok(Some(sample)) => {
                let address = sample.__internal_payload_ptr();
                let length = sample.header().number_of_elements(); // of a byte each
                let header = from_ref(sample.user_header()).cast();
                let _port = self.port.clone();
                Ok(Some(Sample { address, length, header, _sample: sample, _port }))
            }
            Err(e @ ReceiveError::ExceedsMaxBorrows) => {
                Err(Failure { kind: TOO_MANY_BORROWED, message: format!("{e:?}") })
            }
            Err(e) => Err(failed(format!("{e:?}"))),
        }
    }

    /// Waits to be woken; true if it may have been.
    pub fn wait(&self, timeout: Duration) -> Result<bool, Failure> {
        self.wakes.wait(&self.service.events, timeout)
    }
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_subscriber_new(service: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(into_handle(SubscriberHandle::new(unsafe { borrow::<Arc<PubSub>>(service) })?)))
}

/// The next sample, or 0 if there is none now.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_take(subscriber: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<SubscriberHandle>(subscriber) }.take()?.map_or(0, into_handle)))
}

/// Waits for a publisher to send; 1 if one may have, 0 at the time-out.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_subscriber_wait(subscriber: i64, nanos: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let subscriber = unsafe { borrow::<SubscriberHandle>(subscriber) };
        Ok(i64::from(subscriber.wait(Duration::from_nanos(nanos))?))
    })
}

/// 1 if a sample waits.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_subscriber_ready(subscriber: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let subscriber = unsafe { borrow::<SubscriberHandle>(subscriber) };
        let ready = subscriber.port.has_samples().map_err(|e| failed(format!("{e:?}")))?;
        Ok(i64::from(ready))
    })
}

/// The file descriptor that can be read when a publisher may have sent.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_subscriber_descriptor(subscriber: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let subscriber = unsafe { borrow::<SubscriberHandle>(subscriber) };
        subscriber.wakes.descriptor(&subscriber.service.events)
    })
}

/// 1 if there may be publishers that wake nobody: there are more of them than notifiers.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_subscriber_silent(subscriber: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let service = &unsafe { borrow::<SubscriberHandle>(subscriber) }.service;
        let publishers = service.slices.dynamic_config().number_of_publishers();
        Ok(i64::from(publishers > service.events.dynamic_config().number_of_notifiers()))
    })
}

/// Ends its waits.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_subscriber_end(subscriber: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        unsafe { borrow::<SubscriberHandle>(subscriber) }.wakes.end();
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_sample_free(sample: i64) {
    // SAFETY: Java frees a handle once.
    unsafe { free::<Sample>(sample) }
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_subscriber_free(subscriber: i64) {
    // SAFETY: Java frees a handle once. Samples keep the port on their own.
    unsafe { free::<SubscriberHandle>(subscriber) }
}
