//! The core's books of a chunk in shared memory, and a note in front of the chunk that leads there.
//!
//! The core's watchdog marks a chunk that no process confirmed between two of its looks, 100 ms apart,
//! and readers then refuse the sample without a word. A pause of the publisher's process is enough for
//! that: what it confirms with is paused, too. Nothing of ours is ever taken back for such a mark, so
//! it means nothing here. The publisher wipes it off when it puts; for a mark that is made while the
//! sample is on its way, the reader finds the books by the note and does so.

use std::sync::{
    atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering},
    Mutex,
};
use zenoh::shm::ChunkDescriptor;
use zenoh_shm::{metadata::descriptor::MetadataDescriptor, posix_shm::array::ArrayInSHM};

/// The core's books of a chunk in shared memory (zenoh-shm 1.10.2, `ChunkHeaderType`).
#[repr(C)]
pub struct Header {
    pub holds: AtomicU32,
    is_invalidated: AtomicBool,
    pub generation: AtomicU32,
    protocol: AtomicU32,
    segment: AtomicU32,
    chunk: AtomicU32,
    length: AtomicUsize,
}

type HeaderSegment = ArrayInSHM<u16, u8, usize>;

/// The core's books that this process made; they live until it ends.
static OWN: Mutex<Vec<(u16, HeaderSegment)>> = Mutex::new(Vec::new());

/// Those of publishers that it reads from, the last ones of many.
static READ: Mutex<Vec<(u16, HeaderSegment)>> = Mutex::new(Vec::new());
const READ_MOST: usize = 16;

/// The books of that number, mapped if they weren't; the oldest of `most` make room.
fn mapped(
    segments: &mut Vec<(u16, HeaderSegment)>,
    id: u16,
    most: usize,
) -> Option<(usize, &HeaderSegment)> {
    let known = segments.iter().position(|(known, _)| *known == id);
    let at = match known {
        Some(at) => at,
        None => {
            let opened = HeaderSegment::open(id).ok()?;
            if segments.len() >= most {
                segments.remove(0);
            }
            segments.push((id, opened));
            segments.len() - 1
        }
    };
    Some((at, &segments[at].1))
}

impl Header {
    fn place(segment: &HeaderSegment, index: u16) -> Option<*const Header> {
        let offset = index as usize * size_of::<Header>();
        if offset + size_of::<Header>() > segment.elem_count().get() {
            return None;
        }
        // SAFETY: it is inside of the segment.
        Some(unsafe { segment.elem(offset) }.cast::<Header>())
    }

    /// Whether these are the books of that chunk.
    pub fn is_of(&self, segment: u32, chunk: u32, generation: u32) -> bool {
        self.segment.load(Ordering::Relaxed) == segment
            && self.chunk.load(Ordering::Relaxed) == chunk
            && self.generation.load(Ordering::SeqCst) == generation
    }

    pub fn is_of_length(&self, length: usize) -> bool {
        self.length.load(Ordering::Relaxed) == length
    }

    pub fn wipe_mark(&self) {
        if self.is_invalidated.load(Ordering::SeqCst) {
            self.is_invalidated.store(false, Ordering::SeqCst);
        }
    }

    #[cfg(test)]
    pub fn is_marked(&self) -> bool {
        self.is_invalidated.load(Ordering::SeqCst)
    }
}

/// Where the books of a chunk are, written right in front of it.
#[repr(C)]
pub struct Note {
    /// `MAGIC` and the chunk, so that other bytes are hardly taken for a note.
    magic: AtomicU64,
    /// Generation, number and segment of the books.
    books: AtomicU64,
}

impl Note {
    /// How far in front of a chunk it is: as much as keeps the chunk aligned.
    pub const DISTANCE: usize = 64;
    const MAGIC: u64 = 0x5345_4755 << 32;

    /// # Safety
    /// `DISTANCE` bytes in front of `data` are mapped and belong to the chunk.
    unsafe fn before<'a>(data: *const u8) -> &'a Note {
        // SAFETY: the caller's contract; its fields are atomic.
        unsafe { &*data.sub(Note::DISTANCE).cast::<Note>() }
    }

    /// # Safety
    /// As `before`, and `data` is aligned to 64 bytes.
    pub unsafe fn write(
        data: *const u8,
        chunk: u32,
        metadata: &MetadataDescriptor,
        generation: u32,
    ) {
        // SAFETY: the caller's contract.
        let note = unsafe { Note::before(data) };
        let books = (generation as u64) << 32 | (metadata.index as u64) << 16 | metadata.id as u64;
        note.books.store(books, Ordering::Relaxed);
        note.magic.store(Note::MAGIC | chunk as u64, Ordering::Release);
    }

    /// Wipes the mark off the chunk at `data`, if a note leads to its books.
    ///
    /// # Safety
    /// `data` is `chunk` bytes behind the begin of the mapped segment.
    pub unsafe fn wipe_mark(data: *const u8, segment: u32, chunk: u32) {
        if (chunk as usize) < Note::DISTANCE || data as usize & (Note::DISTANCE - 1) != 0 {
            return;
        }
        // SAFETY: that far in front of it the segment has begun already.
        let note = unsafe { Note::before(data) };
        if note.magic.load(Ordering::Acquire) != Note::MAGIC | chunk as u64 {
            return;
        }
        let books = note.books.load(Ordering::Relaxed);
        let mut segments = READ.lock().unwrap_or_else(|e| e.into_inner());
        let Some((at, mapped)) = mapped(&mut segments, books as u16, READ_MOST) else { return };
        let header = Header::place(mapped, (books >> 16) as u16)
            // SAFETY: it is mapped as long as the lock is held; all fields are atomic.
            .map(|header| unsafe { &*header })
            .filter(|header| header.is_of(segment, chunk, (books >> 32) as u32));
        match header {
            Some(header) => header.wipe_mark(),
            // A process that ended may have used the same number.
            None => drop(segments.remove(at)),
        }
    }
}

/// The books of a chunk that this process made; `None` if they are not what we know.
pub fn of_own(
    metadata: &MetadataDescriptor,
    descriptor: &ChunkDescriptor,
    generation: u32,
    holds: u32,
) -> Option<&'static Header> {
    let mut segments = OWN.lock().unwrap_or_else(|e| e.into_inner());
    let (_, mapped) = mapped(&mut segments, metadata.id, usize::MAX)?;
    let header = Header::place(mapped, metadata.index)?;
    // SAFETY: the mapping of what is this process's own is never let go; all fields are atomic.
    let header: &'static Header = unsafe { &*header };
    let same = header.is_of(descriptor.segment, descriptor.chunk, generation)
        && header.is_of_length(descriptor.len.get())
        && header.holds.load(Ordering::Relaxed) == holds;
    same.then_some(header)
}
