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
    os::fd::{AsRawFd, FromRawFd, IntoRawFd, OwnedFd},
    sync::{
        atomic::{fence, Ordering},
        Arc, Mutex, MutexGuard,
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

/// What a port waits with: the ear, and a descriptor by which this process ends its waits.
struct Waiting {
    ear: Ear,
    end: OwnedFd,
}

/// The listener of a port, made by the first who waits, so that nobody is woken where all poll.
#[derive(Default)]
pub struct Wakes(Mutex<Option<Arc<Waiting>>>);

impl Wakes {
    fn kept(&self) -> MutexGuard<'_, Option<Arc<Waiting>>> {
        self.0.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// What it waits with, and whether that was just made.
    fn waiting(&self, events: &event::PortFactory<Ipc>) -> Result<(Arc<Waiting>, bool), Failure> {
        let mut kept = self.kept();
        if let Some(waiting) = kept.as_ref() {
            return Ok((waiting.clone(), false));
        }
        let end = eventfd()?;
        let ear = Ear::new(port(events, || events.listener_builder().create())?);
        let waiting = Arc::new(Waiting { ear, end });
        *kept = Some(waiting.clone());
        // The look that follows sees what was sent before the senders see the ear.
        fence(Ordering::SeqCst);
        Ok((waiting, true))
    }

    /// Waits to be woken; true if it may have been. The core is never asked to wait itself: it waits
    /// without an end for less than a microsecond, and makes others wait who only look.
    pub fn wait(
        &self,
        events: &event::PortFactory<Ipc>,
        timeout: Duration,
    ) -> Result<bool, Failure> {
        let (waiting, is_new) = self.waiting(events)?;
        let listener = &waiting.ear.listener;
        // What came before it was there woke nobody. And the descriptor can be read for all that
        // comes only behind a look that heard nothing: the core sends no second byte to one that it
        // takes for woken.
        let heard = wait(listener, Duration::ZERO, |_| {})?;
        if is_new || heard || timeout.is_zero() {
            return Ok(is_new || heard);
        }
        let readable = |fd| libc::pollfd { fd, events: libc::POLLIN, revents: 0 };
        let mut descriptors = [readable(waiting.ear.descriptor), readable(waiting.end.as_raw_fd())];
        // SAFETY: an array of ours, of descriptors that are alive.
        unsafe { poll(descriptors.as_mut_ptr(), descriptors.len() as u64, timeout)? };
        wait(listener, Duration::ZERO, |_| {})
    }

    /// Ends the wait that is under way, and all that come.
    pub fn end(&self) {
        if let Some(waiting) = self.kept().as_ref() {
            // SAFETY: the descriptor is alive.
            unsafe { libc::eventfd_write(waiting.end.as_raw_fd(), 1) };
        }
    }

    pub fn descriptor(&self, events: &event::PortFactory<Ipc>) -> Result<i64, Failure> {
        Ok(i64::from(self.waiting(events)?.0.ear.descriptor))
    }
}

fn eventfd() -> Result<OwnedFd, Failure> {
    // SAFETY: no memory of ours.
    match unsafe { libc::eventfd(0, libc::EFD_CLOEXEC | libc::EFD_NONBLOCK) } {
        -1 => Err(failed(format!("eventfd: {}", io::Error::last_os_error()))),
        // SAFETY: it was just made, for this alone.
        descriptor => Ok(unsafe { OwnedFd::from_raw_fd(descriptor) }),
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
    guard(|| Ok(i64::from(eventfd()?.into_raw_fd())))
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
    // SAFETY: Java lends so many, and keeps the ports that they are of alive meanwhile.
    guard(|| unsafe { poll(descriptors, count, Duration::from_nanos(nanos)) })
}

/// How many can be read; 0 where a signal ended the wait.
///
/// # Safety
/// There are so many descriptors, and they are alive.
unsafe fn poll(
    descriptors: *mut libc::pollfd,
    count: u64,
    timeout: Duration,
) -> Result<i64, Failure> {
    let timeout = libc::timespec {
        tv_sec: timeout.as_secs() as libc::time_t,
        tv_nsec: timeout.subsec_nanos().into(),
    };
    // SAFETY: the caller's contract.
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
}
