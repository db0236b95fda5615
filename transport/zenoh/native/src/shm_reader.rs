//! Segments of other processes, mapped only as long as samples in them are held.

use crate::shm_header::Note;
use std::{
    fmt,
    sync::{Arc, LazyLock, Mutex, MutexGuard},
    time::{Duration, Instant},
};
use zenoh::shm::{
    ChunkID, ProtocolID, SegmentID, ShmClient, ShmClientStorage, ShmSegment, WithProtocolID,
};
use zenoh_shm::posix_shm::array::ArrayInSHM;

/// The protocol of POSIX shared memory, the core's only one.
const POSIX: ProtocolID = 0;

/// For how long a segment without held samples stays mapped, and how many such at most: mapping it
/// again takes some milliseconds.
const IDLE: Duration = Duration::from_secs(10);
const IDLE_COUNT: usize = 4;

type Mapped = ArrayInSHM<SegmentID, u8, ChunkID>;

struct Segment {
    id: SegmentID,
    mapping: Mutex<Mapping>,
}

struct Mapping {
    mapped: Option<Mapped>,
    used: Instant,
}

impl Segment {
    fn mapping(&self) -> MutexGuard<'_, Mapping> {
        self.mapping.lock().unwrap_or_else(|e| e.into_inner())
    }
}

impl fmt::Debug for Segment {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Segment({})", self.id)
    }
}

impl ShmSegment for Segment {
    fn map(&self, chunk: ChunkID) -> zenoh::Result<*mut u8> {
        let mut mapping = self.mapping();
        mapping.used = Instant::now();
        let mapped = match &mapping.mapped {
            Some(mapped) => mapped,
            None => mapping.mapped.insert(Mapped::open(self.id)?),
        };
        if chunk as usize >= mapped.elem_count().get() {
            return Err(format!("chunk {chunk} is outside of segment {}", self.id).into());
        }
        // SAFETY: it is inside. Who calls this holds the segment's `Arc` for as long as it uses the
        // address, and `unmap_idle` leaves a segment alone that is held.
        let address = unsafe { mapped.elem_mut(chunk) };
        // Before the core looks for the mark, which it does once.
        // SAFETY: the segment begins `chunk` bytes in front of the address.
        unsafe { Note::wipe_mark(address, self.id, chunk) };
        Ok(address)
    }
}

#[derive(Debug)]
struct Client;

impl WithProtocolID for Client {
    fn id(&self) -> ProtocolID {
        POSIX
    }
}

impl ShmClient for Client {
    fn attach(&self, segment: SegmentID) -> zenoh::Result<Arc<dyn ShmSegment>> {
        let mapping = Mutex::new(Mapping { mapped: None, used: Instant::now() });
        let segment = Arc::new(Segment { id: segment, mapping });
        segments().push(segment.clone());
        crate::shm::wake_keeper();
        Ok(segment)
    }
}

/// Each segment that was ever read from; the core keeps as many names, and never lets go.
static SEGMENTS: Mutex<Vec<Arc<Segment>>> = Mutex::new(Vec::new());

fn segments() -> MutexGuard<'static, Vec<Arc<Segment>>> {
    SEGMENTS.lock().unwrap_or_else(|e| e.into_inner())
}

/// Whether this process maps a segment to read it.
pub fn is_mapped(segment: SegmentID) -> bool {
    segments().iter().any(|s| s.id == segment && s.mapping().mapped.is_some())
}

/// What sessions read shared memory with.
pub fn clients() -> Arc<ShmClientStorage> {
    static CLIENTS: LazyLock<Arc<ShmClientStorage>> = LazyLock::new(|| {
        Arc::new(ShmClientStorage::builder().with_client(Arc::new(Client)).build())
    });
    CLIENTS.clone()
}

/// One for the core's table and one for ours; each held sample has another.
const UNHELD: usize = 2;

/// Unmaps segments in which no sample is held; says whether some are still mapped.
pub fn unmap_idle() -> bool {
    let segments = segments();
    let mut idle: Vec<(Instant, &Arc<Segment>)> = Vec::new();
    let mut mapped = false;
    for segment in segments.iter() {
        let mapping = segment.mapping();
        if mapping.mapped.is_some() {
            mapped = true;
            if Arc::strong_count(segment) == UNHELD {
                idle.push((mapping.used, segment));
            }
        }
    }
    idle.sort_by_key(|(used, _)| *used);
    let too_many = idle.len().saturating_sub(IDLE_COUNT);
    for (i, (used, segment)) in idle.into_iter().enumerate() {
        if i < too_many || used.elapsed() >= IDLE {
            let mut mapping = segment.mapping();
            // Who wants an address takes a hold first, and then waits for this lock.
            if Arc::strong_count(segment) == UNHELD {
                mapping.mapped = None;
            }
        }
    }
    mapped
}
