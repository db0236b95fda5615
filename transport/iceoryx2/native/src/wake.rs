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
    sync::{
        atomic::{fence, Ordering},
        Arc, Mutex,
    },
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
        // Sets a time-out: another thread that only looks while this one makes the socket block
        // would wait without one.
        wait(&ear.listener, SHORTEST, |_| {})?;
        *kept = Some(ear.clone());
        // The look that follows sees what was sent before the senders see the ear.
        fence(Ordering::SeqCst);
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

/// The core waits for whole microseconds, and for none of them without an end.
const SHORTEST: Duration = Duration::from_micros(1);

/// Waits for events; whether there were any, or a signal ended the wait.
pub fn wait(
    listener: &Listener<Ipc>,
    timeout: Duration,
    mut heard: impl FnMut(EventActivation),
) -> Result<bool, Failure> {
    let outcome = if timeout.is_zero() {
        listener.try_wait(&mut heard)
    } else {
        listener.timed_wait(&mut heard, timeout.max(SHORTEST))
    };
    match outcome {
        Ok(count) => Ok(count > 0),
        Err(ListenerWaitError::InterruptSignal) => Ok(true),
        Err(e) => Err(failed(format!("{e:?}"))),
    }
}

/// A file descriptor that can be read after `segue_ice_wake_ring`.
#[no_mangle]
pub extern "C" fn segue_ice_wake_new() -> i64 {
    guard(|| {
        // SAFETY: no memory of ours.
        match unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) } {
            -1 => Err(failed(format!("eventfd: {}", io::Error::last_os_error()))),
            wake => Ok(i64::from(wake)),
        }
    })
}

#[no_mangle]
pub extern "C" fn segue_ice_wake_ring(wake: i64) -> i64 {
    guard(|| {
        // SAFETY: Java frees it after the last call. It fails where it rang 2^64 - 2 times.
        unsafe { libc::eventfd_write(wake as i32, 1) };
        Ok(0)
    })
}

/// Forgets that it rang; 1 if it had.
#[no_mangle]
pub extern "C" fn segue_ice_wake_clear(wake: i64) -> i64 {
    guard(|| {
        let mut count = 0;
        // SAFETY: Java frees it after the last call.
        Ok(i64::from(unsafe { libc::eventfd_read(wake as i32, &mut count) } == 0))
    })
}

#[no_mangle]
pub extern "C" fn segue_ice_wake_free(wake: i64) {
    guard(|| {
        // SAFETY: Java frees it once.
        unsafe { libc::close(wake as i32) };
        Ok(0)
    });
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
