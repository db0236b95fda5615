//! Subscribers and their samples.

use crate::{
    abi::{borrow, failed, free, guard, into_handle, Failure, TOO_MANY_BORROWED},
    room,
    service::PubSub,
    Ipc,
};
use iceoryx2::{
    port::{
        listener::{Listener, ListenerWaitError},
        subscriber, DegradationAction, ReceiveError,
    },
    prelude::*,
    sample,
};
use std::{
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

/// Publishers that are gone and whose samples are open, or wait, at most: the core panics, or drops
/// what waits, where there are more.
pub const GONE_PUBLISHERS: usize = 1024;

/// Samples of a subscriber that are open at most, with room for those who take one at once.
pub const MOST_OPEN: usize = 1000;

type Port = subscriber::Subscriber<Ipc, [u8], ()>;

pub struct SubscriberHandle {
    port: Arc<Port>,
    service: Arc<PubSub>,
    /// Made by the first who waits, so that publishers wake nobody where all are polling.
    listener: Mutex<Option<Arc<Listener<Ipc>>>>,
}

/// A sample keeps its subscriber in the service: when a subscriber leaves, publishers take back all
/// that it was given, and also what it still reads.
#[repr(C)]
#[cfg_attr(not(test), allow(dead_code))]
pub struct Sample {
    /// Where its bytes begin, and how many they are: Java reads both at the handle.
    address: *const u8,
    length: u64,
    _sample: sample::Sample<Ipc, [u8], ()>,
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
        let port = service.port(|| {
            service
                .slices
                .subscriber_builder()
                // A publisher that just leaves can't be connected to either, which is no failure.
                .set_degradation_handler(|_, _| match room::refused() {
                    Some(_) => DegradationAction::DegradeAndFail,
                    None => DegradationAction::Ignore,
                })
                .create()
        })?;
        Ok(SubscriberHandle {
            port: Arc::new(port),
            service: service.clone(),
            listener: Mutex::new(None),
        })
    }

    pub fn take(&self) -> Result<Option<Sample>, Failure> {
        let open = Arc::strong_count(&self.port) - 1;
        if open >= MOST_OPEN {
            return Err(Failure { kind: TOO_MANY_BORROWED, message: format!("open={open}") });
        }
        match self.port.receive() {
            Ok(None) => Ok(None),
            Ok(Some(sample)) => {
                let payload = sample.payload();
                let (address, length) = (payload.as_ptr(), payload.len() as u64);
                Ok(Some(Sample { address, length, _sample: sample, _port: self.port.clone() }))
            }
            Err(e @ ReceiveError::ExceedsMaxBorrows) => {
                Err(Failure { kind: TOO_MANY_BORROWED, message: format!("{e:?}") })
            }
            Err(e) => Err(failed(format!("{e:?}"))),
        }
    }

    fn listener(&self) -> MutexGuard<'_, Option<Arc<Listener<Ipc>>>> {
        self.listener.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Waits to be woken; true if it may have been.
    pub fn wait(&self, timeout: Duration) -> Result<bool, Failure> {
        let mut kept = self.listener();
        let Some(listener) = kept.as_ref().cloned() else {
            let made = self.service.port(|| self.service.events.listener_builder().create())?;
            *kept = Some(Arc::new(made));
            // What came before it was there woke nobody.
            return Ok(true);
        };
        drop(kept);
        wait(&listener, timeout, |_| {})
    }
}

/// Waits for events; whether there were any, or a signal ended the wait.
pub fn wait(
    listener: &Listener<Ipc>,
    timeout: Duration,
    mut heard: impl FnMut(EventActivation),
) -> Result<bool, Failure> {
    let outcome = if timeout.is_zero() {
        listener.try_wait(&mut heard)
    } else {
        listener.timed_wait(&mut heard, timeout)
    };
    match outcome {
        Ok(count) => Ok(count > 0),
        Err(ListenerWaitError::InterruptSignal) => Ok(true),
        Err(e) => Err(failed(format!("{e:?}"))),
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
