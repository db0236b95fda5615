//! Codes, messages and texts across the boundary.

use std::{
    cell::RefCell,
    panic::{catch_unwind, AssertUnwindSafe},
};

/// The core said no.
pub const FAILED: i64 = -1;
/// An argument is not what the core takes.
pub const BAD_ARGUMENT: i64 = -2;
/// A bug on this side of the boundary. The token of a put that ends so comes in any case.
pub const PANICKED: i64 = -3;
/// Added to the code of a failed put whose token will come.
const TOKEN_COMES: i64 = -100;

thread_local! {
    static LAST_ERROR: RefCell<String> = const { RefCell::new(String::new()) };
}

pub struct Failure {
    code: i64,
    message: String,
}

impl Failure {
    pub fn with_token(self) -> Failure {
        Failure { code: self.code + TOKEN_COMES, ..self }
    }
}

pub type Outcome = Result<i64, Failure>;

pub fn bad(message: impl ToString) -> Failure {
    Failure { code: BAD_ARGUMENT, message: without_places(&message.to_string()) }
}

pub fn failed(message: impl ToString) -> Failure {
    Failure { code: FAILED, message: without_places(&message.to_string()) }
}

/// The core ends its messages with ` at FILE.rs:LINE.`, which says nothing to a caller.
fn without_places(message: &str) -> String {
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

/// Runs the body of an entry point: a failure becomes its code, a panic `PANICKED`.
pub fn guard(body: impl FnOnce() -> Outcome) -> i64 {
    let failure = match catch_unwind(AssertUnwindSafe(body)) {
        Ok(Ok(value)) => return value,
        Ok(Err(failure)) => failure,
        Err(panic) => {
            let text = panic
                .downcast_ref::<&str>()
                .map(|s| s.to_string())
                .or_else(|| panic.downcast_ref::<String>().cloned())
                .unwrap_or_else(|| "no message".into());
            Failure { code: PANICKED, message: format!("panic in the native core: {text}") }
        }
    };
    LAST_ERROR.with(|last| *last.borrow_mut() = failure.message);
    failure.code
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

/// The message of the last failure on this thread.
#[no_mangle]
pub unsafe extern "C" fn segue_last_error(address: *mut u8, capacity: u64) -> i64 {
    // SAFETY: Java passes a buffer of its own.
    LAST_ERROR.with(|last| unsafe { give_text(&last.borrow(), address, capacity) })
}

pub fn into_handle<T>(value: T) -> i64 {
    Box::into_raw(Box::new(value)) as i64
}

/// # Safety
/// `handle` was made by `into_handle` for a `T` and is not freed.
pub unsafe fn borrow<'a, T>(handle: i64) -> &'a T {
    // SAFETY: the caller's contract.
    unsafe { &*(handle as *const T) }
}

/// # Safety
/// As `borrow`, and no other call uses the handle at the same time.
pub unsafe fn borrow_mut<'a, T>(handle: i64) -> &'a mut T {
    // SAFETY: the caller's contract.
    unsafe { &mut *(handle as *mut T) }
}

/// # Safety
/// As `borrow`, and the handle is never used again.
pub unsafe fn take<T>(handle: i64) -> T {
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

    #[test]
    fn a_panic_becomes_a_code_and_a_message() {
        assert_eq!(guard(|| panic!("kaput")), PANICKED);
        let mut text = [0u8; 64];
        // SAFETY: the buffer is ours.
        let length = unsafe { segue_last_error(text.as_mut_ptr(), 64) } as usize;
        assert_eq!(&text[..length], b"panic in the native core: kaput");
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
