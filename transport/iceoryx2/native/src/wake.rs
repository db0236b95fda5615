//! Waits in the kernel: for one port, or for many at once.

use crate::{
    abi::{failed, guard, Failure},
    service::port,
    Ipc,
};
use iceoryx2::{
    port::listener::{Listener, ListenerWaitError},
    prelude::*,
    service::port_factory::event,
};
use std::{
    io,
    sync::{Arc, Mutex},
    time::Duration,
};

/// A listener and its file descriptor, which the core gives out only while nobody waits.
pub struct Ear {
    pub listener: Listener<Ipc>,
    pub descriptor: i32,
}

impl Ear {
    pub fn new(listener: Listener<Ipc>) -> Ear {
        // SAFETY: nobody closes it, and it is used while the listener is alive.
        let descriptor = unsafe { listener.file_descriptor().native_handle() };
        Ear { listener, descriptor }
    }
}

/// The listener of a port, made by the first who waits, so that nobody is woken where all poll.
#[derive(Default)]
pub struct Wakes(Mutex<Option<Arc<Ear>>>);

impl Wakes {
    /// The ear, and whether it was just made.
    fn ear(&self, events: &event::PortFactory<Ipc>) -> Result<(Arc<Ear>, bool), Failure> {
        let mut kept = self.0.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(ear) = kept.as_ref() {
            return Ok((ear.clone(), false));
        }
        let ear = Arc::new(Ear::new(port(events, || events.listener_builder().create())?));
        *kept = Some(ear.clone());
        Ok((ear, true))
    }

    /// Waits to be woken; true if it may have been.
    pub fn wait(
        &self,
        events: &event::PortFactory<Ipc>,
        timeout: Duration,
    ) -> Result<bool, Failure> {
        let (ear, is_new) = self.ear(events)?;
        if is_new {
            // What came before it was there woke nobody.
            return Ok(true);
        }
        wait(&ear.listener, timeout, |_| {})
    }

    pub fn descriptor(&self, events: &event::PortFactory<Ipc>) -> Result<i64, Failure> {
        Ok(i64::from(self.ear(events)?.0.descriptor))
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

/// Waits until one of many file descriptors can be read, which Java set; how many can. Not by the
/// core's wait set: it is built on `select`, which takes no descriptor above 1,023, and a JVM has
/// many.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_poll(
    descriptors: *mut libc::pollfd,
    count: u64,
    nanos: u64,
) -> i64 {
    guard(|| {
        let whole = Duration::from_nanos(nanos);
        let timeout = libc::timespec {
            tv_sec: whole.as_secs() as libc::time_t,
            tv_nsec: whole.subsec_nanos().into(),
        };
        // SAFETY: Java lends so many, and keeps the ports that they are of alive meanwhile.
        let ready =
            unsafe { libc::ppoll(descriptors, count as libc::nfds_t, &timeout, std::ptr::null()) };
        if ready >= 0 {
            return Ok(i64::from(ready));
        }
        let error = io::Error::last_os_error();
        match error.kind() {
            io::ErrorKind::Interrupted => Ok(0),
            _ => Err(failed(format!("poll: {error}"))),
        }
    })
}
