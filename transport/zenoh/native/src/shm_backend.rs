//! The core's shared-memory allocator with books: how much is out, and never more than was agreed.

use std::{
    num::NonZeroUsize,
    sync::atomic::{AtomicUsize, Ordering},
};
use zenoh::{
    shm::{
        AllocAlignment, ChunkAllocResult, ChunkDescriptor, MemoryLayout, PosixShmProviderBackend,
        ProtocolID, ShmProviderBackend, WithProtocolID, ZAllocError, ZLayoutError,
    },
    Wait,
};

/// Room for the allocator's own tags between chunks, so that the capacity can be lent whole.
const SLACK: NonZeroUsize = NonZeroUsize::new(64 * 1024).unwrap();

pub struct Backend {
    memory: PosixShmProviderBackend,
    capacity: usize,
    used: AtomicUsize,
}

impl Backend {
    pub fn new(capacity: NonZeroUsize, alignment: AllocAlignment) -> zenoh::Result<Backend> {
        let capacity = alignment.align_size(capacity).get();
        let whole = capacity + alignment.align_size(SLACK).get();
        let layout = MemoryLayout::new(whole, alignment).map_err(|e| e.to_string())?;
        let memory = PosixShmProviderBackend::builder(layout).wait()?;
        Ok(Backend { memory, capacity, used: AtomicUsize::new(0) })
    }

    pub fn used(&self) -> usize {
        self.used.load(Ordering::Acquire)
    }
}

impl WithProtocolID for Backend {
    fn id(&self) -> ProtocolID {
        self.memory.id()
    }
}

impl ShmProviderBackend for Backend {
    fn alloc(&self, layout: &MemoryLayout) -> ChunkAllocResult {
        let size = layout.size().get();
        let reserved = self.used.fetch_update(Ordering::AcqRel, Ordering::Acquire, |used| {
            used.checked_add(size).filter(|&sum| sum <= self.capacity)
        });
        if reserved.is_err() {
            return Err(ZAllocError::OutOfMemory);
        }
        self.memory.alloc(layout).inspect_err(|_| {
            self.used.fetch_sub(size, Ordering::AcqRel);
        })
    }

    fn free(&self, chunk: &ChunkDescriptor) {
        self.memory.free(chunk);
        self.used.fetch_sub(chunk.len.get(), Ordering::AcqRel);
    }

    fn defragment(&self) -> usize {
        self.memory.defragment()
    }

    fn available(&self) -> usize {
        self.capacity - self.used()
    }

    fn layout_for(&self, layout: MemoryLayout) -> Result<MemoryLayout, ZLayoutError> {
        self.memory.layout_for(layout)
    }
}
