//! The core's shared-memory allocator with books: how much is out, never more than was agreed, and
//! who may still read what is out.

use crate::{
    shm_header::{of_own, Header, Note},
    shm_proof::{holders, is_alive, Holders},
    shm_space,
};
use std::{
    collections::{BTreeSet, HashMap},
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicUsize, Ordering},
        Arc, Mutex, MutexGuard,
    },
    time::{Duration, Instant},
};
use zenoh::{
    internal::buffers::ZSlice,
    shm::{
        AllocAlignment, AllocatedChunk, ChunkAllocResult, ChunkDescriptor, ChunkID, MemoryLayout,
        PosixShmProviderBackend, ProtocolID, PtrInSegment, SegmentID, ShmProviderBackend,
        WithProtocolID, ZAllocError, ZLayoutError, ZShm,
    },
    Wait,
};
use zenoh_shm::ShmBufInner;

/// Room for the notes and the allocator's own tags between chunks, so that the capacity can be lent
/// whole.
const SLACK: NonZeroUsize = NonZeroUsize::new(128 * 1024).unwrap();

/// For how long nobody must have had a pool open before what was sent is taken back: a sample may
/// be on its way to a process that opens the pool only then. One that takes longer is refused there.
const ON_ITS_WAY: Duration = Duration::from_secs(2);
/// The same when who had it open was not seen, or lives: a process lets go of a pool as well.
const ON_ITS_WAY_MAYBE: Duration = Duration::from_secs(30);

pub struct Backend {
    memory: PosixShmProviderBackend,
    segment: SegmentID,
    /// Where the segment begins.
    base: usize,
    capacity: usize,
    used: AtomicUsize,
    chunks: Mutex<HashMap<ChunkID, Chunk>>,
    /// Processes that had it open lately.
    seen: Mutex<BTreeSet<i32>>,
}

/// A chunk that is out.
struct Chunk {
    /// What the allocator gave: a note and then the chunk that the core knows.
    whole: ChunkDescriptor,
    descriptor: ChunkDescriptor,
    /// Cloned with each hold of this process.
    here: Arc<PtrInSegment>,
    /// Known once it was handed over.
    header: Option<&'static Header>,
    /// Since when this process doesn't hold it and no other has the pool open.
    alone: Option<Instant>,
    /// Who had the pool open while others held it.
    seen: BTreeSet<i32>,
    /// Whether one of those has ended since.
    is_doubtful: bool,
}

/// Added to the holds of a chunk that was taken back, so that the core never frees it once more,
/// whatever a message that comes late takes away.
const TAKEN_BACK: u32 = 1 << 20;

impl Backend {
    pub fn new(capacity: NonZeroUsize, alignment: AllocAlignment) -> zenoh::Result<Backend> {
        let capacity = alignment.align_size(capacity).get();
        let whole = capacity + alignment.align_size(SLACK).get();
        let layout = MemoryLayout::new(whole, alignment).map_err(|e| e.to_string())?;
        let memory = shm_space::reserve(whole, || PosixShmProviderBackend::builder(layout).wait())?;
        let size = alignment.align_size(NonZeroUsize::MIN);
        let layout = MemoryLayout::new(size, alignment).map_err(|e| e.to_string())?;
        let AllocatedChunk { descriptor: probe, data } =
            memory.alloc(&layout).map_err(|e| format!("{e:?}"))?;
        memory.free(&probe);
        Ok(Backend {
            memory,
            segment: probe.segment,
            base: data.ptr() as usize - probe.chunk as usize,
            capacity,
            used: AtomicUsize::new(0),
            chunks: Mutex::default(),
            seen: Mutex::default(),
        })
    }

    pub fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }

    fn alloc_with_note(&self, layout: &MemoryLayout) -> ChunkAllocResult {
        let size = layout.size().saturating_add(Note::DISTANCE);
        let layout = MemoryLayout::new(size, layout.alignment()).map_err(|_| ZAllocError::Other)?;
        self.memory.alloc(&layout)
    }

    fn chunks(&self) -> MutexGuard<'_, HashMap<ChunkID, Chunk>> {
        self.chunks.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// How many chunks are out.
    pub fn out(&self) -> usize {
        self.chunks().len()
    }

    /// A loan is handed over: from here on other processes may hold it.
    ///
    /// Returns the core's books of it, if they are what we know.
    pub fn handed_over(&self, shm: &ZShm) -> Option<&'static Header> {
        let slice = ZSlice::from(shm.clone());
        let shm = slice.downcast_ref::<ShmBufInner>()?;
        let id = (slice.as_ptr() as usize - self.base) as ChunkID;
        let mut chunks = self.chunks();
        let chunk = chunks.get_mut(&id)?;
        let (metadata, generation) = (&shm.info.metadata, shm.info.generation);
        let header = of_own(metadata, &chunk.descriptor, generation, shm.ref_count())?;
        chunk.header = Some(header);
        // SAFETY: the allocator gave room for it in front of the chunk, which is aligned.
        unsafe { Note::write(slice.as_ptr(), id, metadata, generation) };
        Some(header)
    }

    /// Takes back what only processes held that are proved dead; `true` if something is out that was
    /// handed over.
    pub fn take_back(&self) -> bool {
        let mut chunks = self.chunks();
        if !chunks.values().any(Chunk::is_held_elsewhere) {
            return chunks.values().any(|chunk| chunk.header.is_some());
        }
        let elsewhere = chunks.values_mut().filter(|chunk| chunk.is_held_elsewhere());
        let holders = holders(self.segment);
        let mut seen = self.seen.lock().unwrap_or_else(|e| e.into_inner());
        if let Holders::Processes(pids) = &holders {
            seen.retain(|&pid| pids.contains(&pid) || is_alive(pid));
            seen.extend(pids);
        }
        if holders != Holders::Nobody {
            for chunk in elsewhere {
                chunk.alone = None;
                if let Holders::Processes(pids) = &holders {
                    chunk.is_doubtful |= !chunk.seen.is_subset(pids);
                    chunk.seen.extend(pids);
                }
            }
            return true;
        }
        let all_are_dead = !seen.is_empty() && !seen.iter().any(|&pid| is_alive(pid));
        let grace = if all_are_dead { ON_ITS_WAY } else { ON_ITS_WAY_MAYBE };
        let now = Instant::now();
        let dead: Vec<ChunkID> = elsewhere
            .filter_map(|chunk| (chunk.alone_for(now) >= grace).then_some(chunk.descriptor.chunk))
            .collect();
        for id in dead {
            let Some(chunk) = chunks.remove(&id) else { continue };
            let Some(header) = chunk.header else { continue };
            // What is still on its way to a process that never opened the pool is refused there.
            header.generation.fetch_add(1, Ordering::SeqCst);
            header.holds.fetch_add(TAKEN_BACK, Ordering::SeqCst);
            self.free(chunk);
        }
        true
    }

    fn free(&self, chunk: Chunk) {
        let Chunk { whole, descriptor, here, .. } = chunk;
        drop(here);
        self.memory.free(&whole);
        self.used.fetch_sub(descriptor.len.get(), Ordering::AcqRel);
    }

    /// Bytes that a process may have held that has ended, but that others may hold as well.
    pub fn orphaned(&self) -> usize {
        let chunks = self.chunks();
        chunks
            .values()
            .filter(|chunk| chunk.is_doubtful && chunk.is_held_elsewhere())
            .map(|chunk| chunk.descriptor.len.get())
            .sum()
    }
}

impl Chunk {
    /// Whether others hold it, and this process doesn't.
    fn is_held_elsewhere(&self) -> bool {
        Arc::strong_count(&self.here) == 1
            && self.header.is_some_and(|header| header.holds.load(Ordering::SeqCst) > 0)
    }

    /// When nobody has the pool open.
    fn alone_for(&mut self, now: Instant) -> Duration {
        now.duration_since(*self.alone.get_or_insert(now))
    }
}

/// A backend that its pool, the core and the keeper share.
#[derive(Clone)]
pub struct SharedBackend(pub Arc<Backend>);

impl WithProtocolID for SharedBackend {
    fn id(&self) -> ProtocolID {
        self.0.memory.id()
    }
}

impl ShmProviderBackend for SharedBackend {
    fn alloc(&self, layout: &MemoryLayout) -> ChunkAllocResult {
        let size = layout.size().get();
        let reserved = self.0.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
            used.checked_add(size).filter(|&sum| sum <= self.0.capacity)
        });
        if reserved.is_err() {
            return Err(ZAllocError::OutOfMemory);
        }
        let chunk = self.0.alloc_with_note(layout).inspect_err(|_| {
            self.0.used.fetch_sub(size, Ordering::AcqRel);
        })?;
        let AllocatedChunk { descriptor: whole, data } = chunk;
        let ChunkDescriptor { segment, chunk, .. } = whole;
        let descriptor =
            ChunkDescriptor::new(segment, chunk + Note::DISTANCE as ChunkID, layout.size());
        let address = data.ptr().wrapping_add(Note::DISTANCE).cast_mut();
        let here = Arc::new(data);
        let given =
            AllocatedChunk::new(descriptor.clone(), PtrInSegment::new(address, here.clone()));
        let chunk = Chunk {
            whole,
            descriptor,
            here,
            header: None,
            alone: None,
            seen: BTreeSet::new(),
            is_doubtful: false,
        };
        self.0.chunks().insert(given.descriptor.chunk, chunk);
        Ok(given)
    }

    fn free(&self, chunk: &ChunkDescriptor) {
        // One that was taken back is none of ours any more.
        let removed = self.0.chunks().remove(&chunk.chunk);
        if let Some(chunk) = removed {
            self.0.free(chunk);
        }
    }

    fn defragment(&self) -> usize {
        self.0.memory.defragment()
    }

    fn available(&self) -> usize {
        self.0.capacity - self.0.used()
    }

    fn layout_for(&self, layout: MemoryLayout) -> Result<MemoryLayout, ZLayoutError> {
        self.0.memory.layout_for(layout)
    }
}
