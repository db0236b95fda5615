//! Pools of shared memory and their loans.

use crate::abi::{bad, borrow, borrow_mut, failed, guard, into_handle, take, Failure, Outcome};
use crate::shm_backend::Backend;
use std::{
    num::NonZeroUsize,
    sync::Mutex,
    time::{Duration, Instant},
};
use zenoh::{
    internal::buffers::ZSlice,
    shm::{
        AllocAlignment, MemoryLayout, OwnedShmBuf, ShmBufIntoImmut, ShmProvider,
        ShmProviderBuilder, ZAllocError, ZLayoutAllocError, ZShm, ZShmMut,
    },
    Wait,
};

/// A chunk whose holders stopped confirming it is taken back only after the pool has been short
/// for so long: a holder that was merely paused comes back in between.
const ORPHAN_GRACE: Duration = Duration::from_secs(2);
const ALIGNMENT_POWER: u8 = 6;

type Provider = ShmProvider<Backend>;

struct ShmPool {
    provider: Option<Provider>,
    capacity: usize,
    short_since: Mutex<Option<Instant>>,
}

/// Providers whose pool is closed while readers, here or in other processes, still hold chunks: the
/// books of a chunk must not be used for another one before that.
static RETIRED: Mutex<Vec<(Provider, usize)>> = Mutex::new(Vec::new());

fn sweep_retired() {
    RETIRED.lock().unwrap_or_else(|e| e.into_inner()).retain(|(provider, capacity)| {
        provider.garbage_collect();
        provider.available() < *capacity
    });
}

impl ShmPool {
    fn provider(&self) -> &Provider {
        self.provider.as_ref().expect("present until dropped")
    }
}

impl Drop for ShmPool {
    fn drop(&mut self) {
        if let Some(provider) = self.provider.take() {
            RETIRED.lock().unwrap_or_else(|e| e.into_inner()).push((provider, self.capacity));
        }
        sweep_retired();
    }
}

pub enum ShmLoan {
    Filling(ZShmMut),
    Frozen(ZShm),
    Moving,
}

impl ShmLoan {
    /// The first `length` bytes as a slice that crosses as a descriptor.
    ///
    /// On the wire a descriptor has a length and no offset, so only a prefix can be one.
    pub fn prefix(&self, length: usize) -> Result<ZSlice, Failure> {
        let ShmLoan::Frozen(shm) = self else {
            return Err(bad("the loan was not handed over"));
        };
        let mut part = shm.clone();
        let length = NonZeroUsize::new(length).ok_or_else(|| bad("a part of 0 bytes"))?;
        part.try_resize(length).ok_or_else(|| bad("a part larger than its loan"))?;
        Ok(part.into())
    }
}

#[no_mangle]
pub extern "C" fn segue_shm_pool_new(byte_size: u64) -> i64 {
    guard(|| {
        sweep_retired();
        let size = NonZeroUsize::new(byte_size as usize).ok_or_else(|| bad("byteSize=0"))?;
        let backend = Backend::new(size, alignment()?)
            .map_err(|e| failed(format!("shared memory of byteSize={byte_size}: {e}")))?;
        let provider = ShmProviderBuilder::backend(backend).wait();
        let capacity = provider.available();
        Ok(into_handle(ShmPool {
            provider: Some(provider),
            capacity,
            short_since: Mutex::new(None),
        }))
    })
}

fn alignment() -> Result<AllocAlignment, Failure> {
    AllocAlignment::new(ALIGNMENT_POWER).map_err(bad)
}

#[no_mangle]
pub unsafe extern "C" fn segue_shm_pool_free(pool: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once. Loans keep the segment mapped on their own.
        drop(unsafe { take::<ShmPool>(pool) });
        Ok(0)
    });
}

#[no_mangle]
pub unsafe extern "C" fn segue_shm_pool_available(pool: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<ShmPool>(pool) }.provider().available() as i64))
}

/// Gives back what no process holds any more. `orphans`: what nobody confirmed lately as well.
#[no_mangle]
pub unsafe extern "C" fn segue_shm_pool_collect(pool: i64, orphans: i32) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let provider = unsafe { borrow::<ShmPool>(pool) }.provider();
        provider.garbage_collect();
        if orphans != 0 {
            // SAFETY: Java's caller says that a holder that stopped is gone for good.
            unsafe { provider.garbage_collect_unsafe() };
        }
        provider.defragment();
        Ok(provider.available() as i64)
    })
}

/// A loan, or 0 when there is no room. `policy`: 0 just allocate, 1 collect, 2 and defragment.
#[no_mangle]
pub unsafe extern "C" fn segue_shm_loan(
    pool: i64,
    byte_size: u64,
    policy: i32,
    address: *mut i64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let pool = unsafe { borrow::<ShmPool>(pool) };
        let size = NonZeroUsize::new(byte_size as usize).ok_or_else(|| bad("byteSize=0"))?;
        let layout = MemoryLayout::new(alignment()?.align_size(size), alignment()?).map_err(bad)?;
        match pool.alloc(&layout, policy) {
            Ok(mut loan) => {
                // SAFETY: `address` is Java's buffer of 8 bytes.
                unsafe { *address = loan.as_mut().as_mut_ptr() as i64 };
                Ok(into_handle(ShmLoan::Filling(loan)))
            }
            Err(e) if is_full(&e) => Ok(0),
            Err(e) => Err(failed(e)),
        }
    })
}

impl ShmPool {
    // Not the core's own policies: those try again only if one of the chunks that they collected is
    // large enough by itself.
    fn alloc(&self, layout: &MemoryLayout, policy: i32) -> Result<ZShmMut, ZLayoutAllocError> {
        let provider = self.provider();
        let mut outcome = provider.alloc(layout).wait();
        if outcome.is_err() && policy > 0 {
            provider.garbage_collect();
            if policy > 1 {
                provider.defragment();
            }
            outcome = provider.alloc(layout).wait();
            if outcome.is_err() && self.is_long_short() {
                // SAFETY: see ORPHAN_GRACE.
                unsafe { provider.garbage_collect_unsafe() };
                outcome = provider.alloc(layout).wait();
            }
        }
        let mut short_since = self.short_since.lock().unwrap_or_else(|e| e.into_inner());
        match &outcome {
            Ok(_) => *short_since = None,
            Err(_) => {
                short_since.get_or_insert_with(Instant::now);
            }
        }
        outcome
    }

    fn is_long_short(&self) -> bool {
        let short_since = self.short_since.lock().unwrap_or_else(|e| e.into_inner());
        short_since.is_some_and(|since| since.elapsed() >= ORPHAN_GRACE)
    }
}

fn is_full(error: &ZLayoutAllocError) -> bool {
    matches!(
        error,
        ZLayoutAllocError::Alloc(ZAllocError::NeedDefragment | ZAllocError::OutOfMemory)
    )
}

/// Ends the filling: from here on the memory is read-only, and `byte_size` long.
#[no_mangle]
pub unsafe extern "C" fn segue_shm_freeze(loan: i64, byte_size: u64) -> i64 {
    guard(|| -> Outcome {
        // SAFETY: Java lets one thread at a time change a loan.
        let loan = unsafe { borrow_mut::<ShmLoan>(loan) };
        match std::mem::replace(loan, ShmLoan::Moving) {
            ShmLoan::Filling(mut filled) => {
                if let Some(size) = NonZeroUsize::new(byte_size as usize) {
                    filled.try_resize(size).ok_or_else(|| bad("larger than the loan"))?;
                }
                *loan = ShmLoan::Frozen(filled.into_immut());
                Ok(0)
            }
            other => {
                *loan = other;
                Err(bad("the loan was handed over before"))
            }
        }
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_shm_loan_free(loan: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once.
        drop(unsafe { take::<ShmLoan>(loan) });
        Ok(0)
    });
}

/// Removes shared memory that crashed processes left behind.
#[no_mangle]
pub extern "C" fn segue_shm_cleanup_orphans() -> i64 {
    guard(|| {
        zenoh::shm::cleanup_orphaned_shm_segments();
        Ok(0)
    })
}
