//! Which processes have a segment of shared memory open.
//!
//! The core's every process keeps a shared advisory lock on the file of each segment that it maps,
//! from before the first look at it until it ends. The kernel takes the lock away when a process
//! dies, however it dies, and at no other time: a process that is merely paused keeps it.

use crate::shm_reader;
use std::{
    collections::BTreeSet,
    fs, io,
    os::{
        fd::RawFd,
        unix::fs::{FileTypeExt, MetadataExt},
    },
    path::PathBuf,
    sync::Mutex,
};

#[derive(Debug, PartialEq, Eq)]
pub enum Holders {
    /// No process reads it.
    Nobody,
    /// These, and maybe others.
    Processes(BTreeSet<i32>),
    /// Some process has it open, or it can't be told.
    Unknown,
}

/// Which processes have the segment open to read it. This one does as long as it maps samples that
/// came over a link of its own.
pub fn holders(segment: u32) -> Holders {
    if shm_reader::is_mapped(segment) {
        return Holders::Processes(BTreeSet::from([std::process::id() as i32]));
    }
    match others(segment) {
        Ok(pids) if !pids.is_empty() => Holders::Processes(pids),
        // Each process of the machine is listed in the first namespace, and only there.
        Ok(_) if sees_all_processes() => Holders::Nobody,
        _ if is_ours_alone(segment) => Holders::Nobody,
        _ => Holders::Unknown,
    }
}

/// Whether a process has not ended.
pub fn is_alive(pid: i32) -> bool {
    // 23987 (name with any character) S 1 …
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).unwrap_or_default();
    let state = stat.rsplit_once(')').and_then(|(_, rest)| rest.trim_start().chars().next());
    state.is_some_and(|state| !matches!(state, 'Z' | 'X'))
}

fn file_of(segment: u32) -> PathBuf {
    PathBuf::from(format!("/dev/shm/{segment}.zenoh"))
}

fn sees_all_processes() -> bool {
    // PROC_PID_INIT_INO of the kernel.
    fs::read_link("/proc/self/ns/pid").is_ok_and(|ns| ns.as_os_str() == "pid:[4026531836]")
}

fn others(segment: u32) -> io::Result<BTreeSet<i32>> {
    let file = fs::metadata(file_of(segment))?;
    // Not a u64 everywhere, as `dev()` is.
    let device = file.dev() as libc::dev_t;
    let (major, minor) = (libc::major(device), libc::minor(device));
    let wanted = format!("{major:02x}:{minor:02x}:{}", file.ino());
    let me = std::process::id() as i32;
    // 1: FLOCK  ADVISORY  READ 23987 00:1b:245 0 EOF
    Ok(fs::read_to_string("/proc/locks")?
        .lines()
        .filter_map(|line| {
            let mut words = line.split_whitespace().skip_while(|&word| word != "FLOCK").skip(3);
            let pid: i32 = words.next()?.parse().ok()?;
            (words.next()? == wanted && pid != me).then_some(pid)
        })
        .collect())
}

/// One at a time, as it changes our locks for a moment.
static TRYING: Mutex<()> = Mutex::new(());

/// Whether nobody but this process has the segment open, by the kernel's word: the lock can be had
/// exclusively.
fn is_ours_alone(segment: u32) -> bool {
    let _alone = TRYING.lock().unwrap_or_else(|e| e.into_inner());
    let Ok(fds) = our_files(segment) else { return false };
    let Some((&first, rest)) = fds.split_first() else { return false };
    // SAFETY: these files are open as long as this process maps the segment.
    let lock = |fd, how| unsafe { libc::flock(fd, how | libc::LOCK_NB) } == 0;
    rest.iter().for_each(|&fd| {
        lock(fd, libc::LOCK_UN);
    });
    let alone = lock(first, libc::LOCK_EX);
    fds.iter().for_each(|&fd| {
        lock(fd, libc::LOCK_SH);
    });
    alone
}

fn our_files(segment: u32) -> io::Result<Vec<RawFd>> {
    let wanted = fs::metadata(file_of(segment))?;
    Ok(our_segments()?
        .into_iter()
        .filter(|(_, _, file)| file.ino() == wanted.ino() && file.dev() == wanted.dev())
        .map(|(fd, _, _)| fd)
        .collect())
}

/// The files of segments that this process has open.
fn our_segments() -> io::Result<Vec<(RawFd, PathBuf, fs::Metadata)>> {
    Ok(fs::read_dir("/proc/self/fd")?
        .flatten()
        .filter_map(|entry| {
            let path = fs::read_link(entry.path()).ok()?;
            let is_segment = path.starts_with("/dev/shm") && path.extension()? == "zenoh";
            let file = fs::metadata(entry.path()).ok()?;
            let fd = entry.file_name().to_str()?.parse().ok()?;
            (is_segment && !file.file_type().is_char_device()).then_some((fd, path, file))
        })
        .collect())
}

/// At the end of this process: removes the names of the segments that nobody else has open. The core
/// does so as well, but not for those that are in use at the end.
pub extern "C" fn remove_names_at_exit() {
    let Ok(segments) = our_segments() else { return };
    for (fd, path, file) in &segments {
        // SAFETY: as in `is_ours_alone`; from here on nothing of this process matters.
        let lock = |fd: RawFd, how| unsafe { libc::flock(fd, how | libc::LOCK_NB) } == 0;
        segments.iter().filter(|(_, _, other)| other.ino() == file.ino()).for_each(
            |(other, _, _)| {
                lock(*other, libc::LOCK_UN);
            },
        );
        if lock(*fd, libc::LOCK_EX) {
            let _ = fs::remove_file(path);
            lock(*fd, libc::LOCK_UN);
        }
    }
}
