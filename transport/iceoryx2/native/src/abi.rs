//! Codes, messages and texts across the boundary.

use crate::room;
use std::{
    collections::VecDeque,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{Mutex, MutexGuard},
};

/// The core said no.
pub const FAILED: u8 = 1;
/// An argument is not what the core takes.
pub const BAD_ARGUMENT: u8 = 2;
/// A bug on this side of the boundary.
pub const PANICKED: u8 = 3;
/// There is not that much shared memory.
pub const NO_MEMORY: u8 = 4;
/// As many samples are open as the service allows.
pub const TOO_MANY_BORROWED: u8 = 5;

/// Messages that wait for Java at most; older ones are dropped.
const KEPT: usize = 1024;

/// Messages of failures by number. A failure is one number for Java, `-(number << 8 | kind)`, and
/// not the state of a thread: what runs between the call and the question can't change it, and a
/// virtual thread may ask from another carrier.
static MESSAGES: Mutex<Messages> = Mutex::new(Messages { last: 0, kept: VecDeque::new() });

struct Messages {
    last: i64,
    kept: VecDeque<(i64, String)>,
}

#[derive(Debug)]
pub struct Failure {
    pub kind: u8,
    pub message: String,
}

impl Failure {
    fn keep(self) -> i64 {
        let mut messages = messages();
        messages.last += 1;
        let number = messages.last;
        if messages.kept.len() == KEPT {
            messages.kept.pop_front();
        }
        messages.kept.push_back((number, self.message));
        -(number << 8 | i64::from(self.kind))
    }
}

fn messages() -> MutexGuard<'static, Messages> {
    MESSAGES.lock().unwrap_or_else(|e| e.into_inner())
}

pub type Outcome = Result<i64, Failure>;

pub fn bad(message: impl ToString) -> Failure {
    Failure { kind: BAD_ARGUMENT, message: message.to_string() }
}

pub fn failed(message: impl ToString) -> Failure {
    Failure { kind: FAILED, message: message.to_string() }
}

pub fn no_memory(message: impl ToString) -> Failure {
    Failure { kind: NO_MEMORY, message: message.to_string() }
}

/// Runs the body of an entry point: a failure or a panic becomes a number below -256.
pub fn guard(body: impl FnOnce() -> Outcome) -> i64 {
    room::forget();
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return value,
        Ok(Err(failure)) => because_of_room(failure),
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|s| s.to_string())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no message".into());
            Failure { kind: PANICKED, message: format!("panic in the native core: {text}") }
        }
    };
    failure.keep()
}

/// The core has no error of its own for memory that was refused.
fn because_of_room(failure: Failure) -> Failure {
    match room::refused() {
        Some(bytes) if failure.kind == FAILED => no_memory(format!(
            "memoryByteSize={bytes} could not be taken out of /dev/shm ({}); {}",
            failure.message,
            room::HINT
        )),
        _ => failure,
    }
}

/// A text that Java lent for the time of the call.
///
/// # Safety
/// `address` and `length` name bytes that are alive during the call.
pub unsafe fn text<'a>(address: *const u8, length: u64) -> Result<&'a str, Failure> {
    if length == 0 {
        return Ok("");
    }
    // SAFETY: the caller's contract.
    let bytes = unsafe { std::slice::from_raw_parts(address, length as usize) };
    std::str::from_utf8(bytes).map_err(|e| bad(format!("the text is not UTF-8: {e}")))
}

/// The message of a failure, once: it is forgotten when it fit into the buffer. Returns its whole
/// length, which may be larger.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_error_take(
    failure: i64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    let number = failure.wrapping_neg() >> 8;
    let mut messages = messages();
    let at = messages.kept.iter().position(|(n, _)| *n == number);
    let message = at.map_or("no message was kept", |at| messages.kept[at].1.as_str());
    let length = message.len();
    // SAFETY: Java passes a buffer of its own, which doesn't overlap a Rust string.
    unsafe {
        std::ptr::copy_nonoverlapping(message.as_ptr(), address, length.min(capacity as usize))
    };
    if let Some(at) = at.filter(|_| length as u64 <= capacity) {
        messages.kept.remove(at);
    }
    length as i64
}

pub fn into_handle<T>(value: T) -> i64 {
    handle(Box::new(value))
}

/// The handle of what is in a box already, which `boxed` and `free` end.
pub fn handle<T>(value: Box<T>) -> i64 {
    Box::into_raw(value) as i64
}

/// # Safety
/// `handle` was made by `into_handle` for a `T` and is not freed.
pub unsafe fn borrow<'a, T>(handle: i64) -> &'a T {
    // SAFETY: the caller's contract.
    unsafe { &*(handle as *const T) }
}

/// # Safety
/// As `borrow`, and the handle is never used again.
pub unsafe fn take<T>(handle: i64) -> T {
    // SAFETY: the caller's contract.
    *unsafe { boxed::<T>(handle) }
}

/// # Safety
/// As `take`.
pub unsafe fn boxed<T>(handle: i64) -> Box<T> {
    // SAFETY: the caller's contract.
    unsafe { Box::from_raw(handle as *mut T) }
}

/// Frees what a handle stands for; what panics meanwhile stays behind the boundary.
///
/// # Safety
/// As `take`.
pub unsafe fn free<T>(handle: i64) {
    guard(|| {
        // SAFETY: the caller's contract.
        drop(unsafe { take::<T>(handle) });
        Ok(0)
    });
}
