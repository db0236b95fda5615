//! Codes, messages and texts across the boundary.

use crate::later;
use std::{
    collections::VecDeque,
    panic::{catch_unwind, AssertUnwindSafe},
    sync::{Mutex, MutexGuard},
};

/// The core said no.
pub const FAILED: u8 = 1;
/// An argument is not what the core takes.
pub const BAD_ARGUMENT: u8 = 2;
/// A bug on this side of the boundary. The token of a put that ends so comes in any case.
pub const PANICKED: u8 = 3;
/// Added to the kind of a failed put whose token will come.
const TOKEN_COMES: u8 = 0x40;

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

pub struct Failure {
    kind: u8,
    message: String,
}

impl Failure {
    pub fn is_panic(&self) -> bool {
        self.kind == PANICKED
    }

    pub fn with_token(self) -> Failure {
        Failure { kind: self.kind | TOKEN_COMES, ..self }
    }

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
    Failure { kind: BAD_ARGUMENT, message: without_places(&message.to_string()) }
}

pub fn failed(message: impl ToString) -> Failure {
    Failure { kind: FAILED, message: without_places(&message.to_string()) }
}

/// The core ends its messages with ` at FILE.rs:LINE.`, which says nothing to a caller.
pub fn without_places(message: &str) -> String {
    let mut rest = message;
    let mut kept = String::with_capacity(message.len());
    while let Some(at) = rest.find(" at ") {
        let (before, place) = (&rest[..at], &rest[at + 4..]);
        kept.push_str(before);
        let end = place.find(".rs:").filter(|&end| !place[..end].contains(char::is_whitespace));
        rest = match end {
            Some(end) => place[end + 4..]
                .trim_start_matches(|c: char| c.is_ascii_digit())
                .trim_start_matches('.'),
            None => {
                kept.push_str(" at ");
                place
            }
        };
    }
    kept + rest
}

/// Runs the body of an entry point: a failure or a panic becomes a number below -256. It waits for room
/// in no queue, unless it says how: `later::watch`.
pub fn guard(body: impl FnOnce() -> Outcome) -> i64 {
    caught(|| later::never(body)).unwrap_or_else(Failure::keep)
}

/// A panic as a failure.
pub fn caught<R>(body: impl FnOnce() -> Result<R, Failure>) -> Result<R, Failure> {
    catch_unwind(AssertUnwindSafe(body)).unwrap_or_else(|panic| {
        let text = panic
            .downcast_ref::<&str>()
            .map(|s| s.to_string())
            .or_else(|| panic.downcast_ref::<String>().cloned())
            .unwrap_or_else(|| "no message".into());
        // What std says of a lock whose holder panicked.
        let message = if text.contains("PoisonError") {
            "the native core panicked before and is of no more use: open another session".into()
        } else {
            format!("panic in the native core: {}", without_places(&text))
        };
        Err(Failure { kind: PANICKED, message })
    })
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

/// Writes `value` into Java's buffer and returns its whole length, which may be larger.
///
/// # Safety
/// `address` and `capacity` name writable bytes that are alive during the call.
pub unsafe fn give_text(value: &str, address: *mut u8, capacity: u64) -> i64 {
    let length = value.len().min(capacity as usize);
    if length > 0 {
        // SAFETY: the caller's contract; a fresh buffer of Java doesn't overlap a Rust string.
        unsafe { std::ptr::copy_nonoverlapping(value.as_ptr(), address, length) };
    }
    value.len() as i64
}

/// The message of a failure, once: it is forgotten when it fit into the buffer.
#[no_mangle]
pub unsafe extern "C" fn segue_error_take(failure: i64, address: *mut u8, capacity: u64) -> i64 {
    let number = failure.wrapping_neg() >> 8;
    let mut messages = messages();
    let Some(at) = messages.kept.iter().position(|(n, _)| *n == number) else {
        // SAFETY: Java passes a buffer of its own.
        return unsafe { give_text("no message was kept", address, capacity) };
    };
    // SAFETY: as above.
    let length = unsafe { give_text(&messages.kept[at].1, address, capacity) };
    if length as u64 <= capacity {
        messages.kept.remove(at);
    }
    length
}

pub fn into_handle<T>(value: T) -> i64 {
    Box::into_raw(Box::new(value)) as i64
}

/// # Safety
/// `handle` was made by `into_handle` for a `T` and is not freed.
///
/// # Panics
/// If it is 0, which `guard` makes a failure.
pub unsafe fn borrow<'a, T>(handle: i64) -> &'a T {
    assert_ne!(handle, 0, "no handle");
    // SAFETY: the caller's contract.
    unsafe { &*(handle as *const T) }
}

/// `borrow` that refuses no handle at all.
///
/// # Safety
/// As `borrow`, unless it is 0.
pub unsafe fn borrowed<'a, T>(handle: i64) -> Result<&'a T, Failure> {
    if handle == 0 {
        return Err(bad("no handle"));
    }
    // SAFETY: the caller's contract.
    Ok(unsafe { borrow(handle) })
}

/// # Safety
/// As `borrow`, and no other call uses the handle at the same time.
pub unsafe fn borrow_mut<'a, T>(handle: i64) -> &'a mut T {
    assert_ne!(handle, 0, "no handle");
    // SAFETY: the caller's contract.
    unsafe { &mut *(handle as *mut T) }
}

/// # Safety
/// As `borrow`, and the handle is never used again.
pub unsafe fn take<T>(handle: i64) -> T {
    assert_ne!(handle, 0, "no handle");
    // SAFETY: the caller's contract.
    *unsafe { Box::from_raw(handle as *mut T) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn places_in_the_core_are_left_out_of_messages() {
        assert_eq!(
            without_places("[no: Cannot look at it at /a/b-1.0/src/c.rs:61.] at /d.rs:338."),
            "[no: Cannot look at it]"
        );
        assert_eq!(without_places("at most 3 at a time"), "at most 3 at a time");
    }

    /// Tests of the kept messages, one at a time.
    static ALONE: Mutex<()> = Mutex::new(());

    fn kind(failure: i64) -> u8 {
        (-failure & 0xFF) as u8
    }

    fn taken(failure: i64, capacity: usize) -> (i64, String) {
        let mut text = vec![0u8; capacity];
        // SAFETY: the buffer is ours.
        let length = unsafe { segue_error_take(failure, text.as_mut_ptr(), capacity as u64) };
        text.truncate(length as usize);
        (length, String::from_utf8(text).unwrap())
    }

    #[test]
    fn a_panic_becomes_a_kind_and_a_message() {
        let _alone = ALONE.lock();
        let failure = guard(|| panic!("kaput"));
        assert_eq!(kind(failure), PANICKED);
        assert_eq!(taken(failure, 64).1, "panic in the native core: kaput");
    }

    #[test]
    fn a_lock_that_is_poisoned_is_told_as_what_to_do() {
        let _alone = ALONE.lock();
        let lock = Mutex::new(());
        let first = guard(|| {
            let _held = lock.lock().unwrap();
            panic!("kaput")
        });
        assert_eq!(taken(first, 64).1, "panic in the native core: kaput");
        let second = guard(|| Ok(lock.lock().map(|_| 0).unwrap()));
        assert_eq!(kind(second), PANICKED);
        assert!(taken(second, 99).1.ends_with("open another session"));
    }

    #[test]
    fn a_message_belongs_to_its_failure_and_not_to_the_last_one() {
        let _alone = ALONE.lock();
        let first = guard(|| Err(bad("first")));
        let second = guard(|| Err(failed("second").with_token()));
        assert_eq!((kind(first), kind(second)), (BAD_ARGUMENT, FAILED | TOKEN_COMES));
        assert_eq!(std::thread::spawn(move || taken(first, 9)).join().unwrap().1, "first");
        assert_eq!(taken(second, 3), (6, "sec".into()));
        assert_eq!(taken(second, 9).1, "second");
        assert_eq!(taken(second, 64).1, "no message was kept");
    }

    #[test]
    fn messages_that_nobody_takes_are_bounded() {
        let _alone = ALONE.lock();
        let failures: Vec<i64> = (0..KEPT + 9).map(|i| guard(|| Err(bad(i)))).collect();
        assert!(messages().kept.len() <= KEPT);
        assert_eq!(taken(failures[0], 64).1, "no message was kept");
    }

    #[test]
    fn a_text_that_does_not_fit_is_cut_and_its_length_told() {
        let mut text = [0u8; 4];
        // SAFETY: the buffer is ours.
        assert_eq!(unsafe { give_text("shared", text.as_mut_ptr(), 4) }, 6);
        assert_eq!(&text, b"shar");
    }

    #[test]
    fn text_that_is_not_utf8_is_refused() {
        // SAFETY: the bytes are ours.
        assert!(unsafe { text([0xFFu8].as_ptr(), 1) }.is_err());
    }
}
