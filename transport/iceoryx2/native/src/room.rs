//! Room for shared memory. A page of /dev/shm is taken when it is first written, and when there is
//! none left then, the process gets SIGBUS: so what is to be written is committed before.

use crate::abi::{no_memory, Failure};
use std::{fs, os::fd::AsRawFd};

const SHARED_MEMORY: &std::ffi::CStr = c"/dev/shm";

/// What the books of a node, a service, a port or a connection take, with room to spare.
pub const BOOKS: u64 = 1 << 20;

/// The free bytes of the file system that shared memory lies in.
fn free() -> Result<u64, Failure> {
    // SAFETY: zeros are a value of this C struct, and the call fills it.
    let mut stats: libc::statvfs = unsafe { std::mem::zeroed() };
    // SAFETY: a text that ends with 0 and a struct of ours.
    if unsafe { libc::statvfs(SHARED_MEMORY.as_ptr(), &mut stats) } != 0 {
        let error = std::io::Error::last_os_error();
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
         beside it; lower the limits of the service, or give /dev/shm more room (--shm-size of a \
         container, size= of the mount)"
    )))
}

/// Takes all pages of the shared memory that this address lies in, or fails.
pub fn commit(address: *const u8) -> Result<u64, Failure> {
    let path = file_of(address as u64)?;
    let file = fs::OpenOptions::new()
        .read(true)
        .write(true)
        .open(&path)
        .map_err(|e| no_memory(format!("{path} can't be opened: {e}")))?;
    let size = file.metadata().map_err(|e| no_memory(format!("{path}: {e}")))?.len();
    loop {
        // SAFETY: a file that is open for writing.
        match unsafe { libc::posix_fallocate(file.as_raw_fd(), 0, size as libc::off_t) } {
            0 => return Ok(size),
            libc::EINTR => continue,
            code => {
                let error = std::io::Error::from_raw_os_error(code);
                return Err(no_memory(format!(
                    "memoryByteSize={size} can't be taken out of /dev/shm: {error}"
                )));
            }
        }
    }
}

fn file_of(address: u64) -> Result<String, Failure> {
    let maps = fs::read_to_string("/proc/self/maps")
        .map_err(|e| no_memory(format!("/proc/self/maps can't be read: {e}")))?;
    maps.lines()
        .filter_map(|line| {
            let (range, rest) = line.split_once(' ')?;
            let (start, end) = range.split_once('-')?;
            let start = u64::from_str_radix(start, 16).ok()?;
            let end = u64::from_str_radix(end, 16).ok()?;
            let within = (start..end).contains(&address);
            within.then(|| rest.find('/').map(|at| rest[at..].to_string()))?
        })
        .next()
        .ok_or_else(|| no_memory("the file of the shared memory is not known"))
}
