//! Room for shared memory: the core asks for none, and leaves what it began when there is too little.

use std::{
    collections::HashSet,
    ffi::OsString,
    fs::{self, File},
    os::fd::AsRawFd,
    path::Path,
    sync::Mutex,
};

const FOLDER: &str = "/dev/shm";

/// One at a time, so that what a failure leaves is known.
static RESERVING: Mutex<()> = Mutex::new(());

/// Makes a segment of `byte_size` if the machine has as much, and leaves nothing of one that fails.
///
/// The core sizes the file, maps it and locks it into memory, which takes whatever there is. When
/// that fails, it keeps the mapping and the file: nobody else has that memory then.
pub fn reserve<T>(byte_size: usize, make: impl FnOnce() -> zenoh::Result<T>) -> zenoh::Result<T> {
    let _alone = RESERVING.lock().unwrap_or_else(|e| e.into_inner());
    if let Some(free) = free_bytes() {
        if byte_size as u64 > free {
            return Err(format!("{FOLDER} has only availableByteSize={free}").into());
        }
    }
    let before = files();
    make().map_err(|e| {
        remove_left(byte_size as u64, &before);
        let limit = lock_limit().map_or(String::new(), |limit| {
            format!("; this process may lock byteSize={limit} of memory (ulimit -l)")
        });
        format!("{e}{limit}").into()
    })
}

fn free_bytes() -> Option<u64> {
    let mut stats = std::mem::MaybeUninit::<libc::statvfs>::uninit();
    let folder = c"/dev/shm";
    // SAFETY: both are alive; it is read only if it was filled.
    let stats = unsafe {
        (libc::statvfs(folder.as_ptr(), stats.as_mut_ptr()) == 0).then(|| stats.assume_init())
    }?;
    // Not a u64 everywhere. A tmpfs without a size has no blocks.
    #[allow(clippy::unnecessary_cast)]
    let (blocks, free, size) =
        (stats.f_blocks as u64, stats.f_bavail as u64, stats.f_frsize as u64);
    (blocks > 0).then(|| free.saturating_mul(size))
}

/// `None` if there is no limit.
fn lock_limit() -> Option<u64> {
    let mut limit = libc::rlimit { rlim_cur: 0, rlim_max: 0 };
    // SAFETY: it is alive.
    let known = unsafe { libc::getrlimit(libc::RLIMIT_MEMLOCK, &mut limit) } == 0;
    #[allow(clippy::unnecessary_cast)]
    (known && limit.rlim_cur != libc::RLIM_INFINITY).then_some(limit.rlim_cur as u64)
}

fn files() -> HashSet<OsString> {
    fs::read_dir(FOLDER)
        .map(|files| files.flatten().map(|file| file.file_name()).collect())
        .unwrap_or_default()
}

/// Takes the memory of new files of that size which nobody uses, and then their names.
fn remove_left(byte_size: u64, before: &HashSet<OsString>) {
    for name in files().difference(before) {
        let path = Path::new(FOLDER).join(name);
        if path.extension().is_none_or(|ending| ending != "zenoh") {
            continue;
        }
        let is_left_here = is_mapped(&path) && !is_open(&path);
        let Ok(file) = File::options().write(true).open(&path) else { continue };
        let is_large = file.metadata().is_ok_and(|found| found.len() >= byte_size);
        // SAFETY: the file is open. A segment that is in use is locked by who uses it.
        let is_free =
            || unsafe { libc::flock(file.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } == 0;
        if is_large && (is_left_here || is_free()) {
            let _ = file.set_len(0);
            let _ = fs::remove_file(&path);
        }
    }
}

/// Whether this process maps it. What the core forgot to unmap keeps the lock of its file, which is
/// closed; who uses a segment has its file open for as long as it is mapped.
fn is_mapped(path: &Path) -> bool {
    let maps = fs::read_to_string("/proc/self/maps").unwrap_or_default();
    path.to_str().is_some_and(|path| maps.lines().any(|line| line.ends_with(path)))
}

fn is_open(path: &Path) -> bool {
    fs::read_dir("/proc/self/fd").map_or(true, |files| {
        files.flatten().any(|file| fs::read_link(file.path()).is_ok_and(|open| open == path))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_machine_has_not_is_refused_before_it_is_begun() {
        let refused = reserve(1 << 60, || -> zenoh::Result<()> { panic!("it was begun") });
        if free_bytes().is_some() {
            assert!(refused.unwrap_err().to_string().contains("availableByteSize="));
        }
    }

    #[test]
    fn of_a_segment_that_fails_nothing_is_left() {
        const SIZE: u64 = 12_345;
        let path = Path::new(FOLDER).join("4294967290.zenoh");
        if !Path::new(FOLDER).is_dir() {
            return;
        }
        let outcome = reserve(SIZE as usize, || -> zenoh::Result<()> {
            File::create(&path).unwrap().set_len(SIZE).unwrap();
            Err("no room".into())
        });
        assert!(outcome.is_err());
        assert!(!path.exists());
    }
}
