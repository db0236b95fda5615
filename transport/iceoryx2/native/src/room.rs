//! Room for shared memory. A page of /dev/shm is taken when it is first written, and when there is
//! none left then, the process gets SIGBUS: so every file of shared memory is given its pages when
//! it gets its size, before anybody writes there.

use crate::abi::{no_memory, Failure};
use libc::{c_int, off_t};
use std::{cell::Cell, ffi::CStr, io};

const SHARED_MEMORY: &CStr = c"/dev/shm";

/// What the books of a node, a service, a port or a connection take, with room to spare.
pub const BOOKS: u64 = 1 << 20;

/// Taken at a time: a signal makes the system give back what it has taken so far.
const PIECE: off_t = 16 << 20;

thread_local! {
    /// The bytes that this thread could not get since `forget`.
    static REFUSED: Cell<Option<u64>> = const { Cell::new(None) };
}

/// The free bytes of the file system that shared memory lies in.
fn free() -> Result<u64, Failure> {
    // SAFETY: zeros are a value of this C struct, and the call fills it.
    let mut stats: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: a text that ends with 0 and a struct of ours.
    if unsafe { libc::statvfs(SHARED_MEMORY.as_ptr(), &mut stats) } != 0 {
        let error = io::Error::last_os_error();
        return Err(no_memory(format!("/dev/shm can't be looked at: {error}")));
    }
    Ok((stats.f_bavail as u64).saturating_mul(stats.f_frsize as u64))
}

/// Checks that there is room for `bytes` and the books beside them.
pub fn require(bytes: u64) -> Result<(), Failure> {
    let available = free()?;
    if bytes.saturating_add(BOOKS) <= available {
        return Ok(());
    }
    Err(no_memory(format!(
        "/dev/shm has availableByteSize={available}, and memoryByteSize={bytes} is needed and {BOOKS} \
         beside it; {HINT}"
    )))
}

pub const HINT: &str =
    "lower the limits of the service, or give /dev/shm more room (--shm-size of a \
                        container, size= of the mount)";

/// Forgets what this thread could not get.
pub fn forget() {
    REFUSED.set(None);
}

/// The bytes of shared memory that this thread could not get since `forget`.
pub fn refused() -> Option<u64> {
    REFUSED.get()
}

extern "C" {
    /// The system's `ftruncate`.
    fn __real_ftruncate(file: c_int, length: off_t) -> c_int;
}

/// What the core calls as `ftruncate` (build.rs): gives a file its size and all its pages, or fails.
#[no_mangle]
unsafe extern "C" fn __wrap_ftruncate(file: c_int, length: off_t) -> c_int {
    // SAFETY: the core's arguments.
    let outcome = unsafe { __real_ftruncate(file, length) };
    if outcome != 0 {
        return outcome;
    }
    let mut taken = 0;
    while taken < length {
        let piece = PIECE.min(length - taken);
        // SAFETY: the same file.
        match unsafe { libc::posix_fallocate(file, taken, piece) } {
            0 => taken += piece,
            libc::EINTR => continue,
            code => {
                REFUSED.set(Some(length as u64));
                // SAFETY: the place of this thread's errno.
                unsafe { *libc::__errno_location() = code };
                return -1;
            }
        }
    }
    0
}
