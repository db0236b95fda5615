//! Subscribers and their samples.

use crate::{
    abi::{borrow, boxed, failed, free, guard, handle, into_handle, Failure, TOO_MANY_BORROWED},
    room,
    service::{port, unconnected, PubSub},
    wake::Wakes,
    Ipc,
};
use iceoryx2::{
    port::{
        subscriber::{self, Taken},
        ReceiveError,
    },
    prelude::PortFactory,
    service::{header::payload_header::PayloadHeader, marker::CustomHeaderMarker},
};
use std::{sync::Arc, time::Duration};

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
    /// None once it was given back.
    taken: Option<Taken>,
    port: Arc<Port>,
}

impl Sample {
    fn new(taken: Taken, port: &Arc<Port>) -> Sample {
        Sample {
            address: taken.payload_ptr(),
            length: taken.header().number_of_elements(), // of a byte each
            header: taken.user_header_ptr(),
            taken: Some(taken),
            port: port.clone(),
        }
    }

    fn replace(&mut self, taken: Taken) {
        self.address = taken.payload_ptr();
        self.length = taken.header().number_of_elements();
        self.header = taken.user_header_ptr();
        self.taken = Some(taken);
    }
}

impl Drop for Sample {
    fn drop(&mut self) {
        if let Some(taken) = self.taken.take() {
            self.port.__internal_give_back(taken);
        }
    }
}

#[cfg(test)]
impl SubscriberHandle {
    /// Counts as an open sample.
    pub fn hold(&self) -> Arc<Port> {
        self.port.clone()
    }
}

#[cfg(test)]
impl Sample {
    pub fn bytes(&self) -> &[u8] {
        // SAFETY: the sample is alive.
        unsafe { std::slice::from_raw_parts(self.address, self.length as usize) }
    }
}

fn refused(e: ReceiveError) -> Failure {
    match e {
        ReceiveError::ExceedsMaxBorrows => {
            Failure { kind: TOO_MANY_BORROWED, message: format!("{e:?}") }
        }
        _ => failed(format!("{e:?}")),
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
        let taken = self.port.__internal_take().map_err(refused)?;
        Ok(taken.map(|taken| Sample::new(taken, &self.port)))
    }

    /// Gives back a sample of this, also where this fails, and takes the next one into its place.
    pub fn next(&self, mut sample: Box<Sample>) -> Result<Option<Box<Sample>>, Failure> {
        // Two less: it is not open any more.
        let open = Arc::strong_count(&self.port) - 2;
        // Where it is refused, the sample keeps what its end gives back.
        let Some(done) = check_open(open).ok().and_then(|()| sample.taken.take()) else {
            drop(sample);
            return self.take().map(|next| next.map(Box::new));
        };
        let taken = self.port.__internal_next(done).map_err(refused)?;
        Ok(taken.map(|taken| {
            sample.replace(taken);
            sample
        }))
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

/// Gives back a sample of this subscriber, whose handle ends in any case, and takes the next one; 0 if there is none now.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_next(subscriber: i64, sample: i64) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive, and Java never uses the sample's again.
        let (subscriber, sample) =
            unsafe { (borrow::<SubscriberHandle>(subscriber), boxed::<Sample>(sample)) };
        Ok(subscriber.next(sample)?.map_or(0, handle))
    })
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
