//! Pools of shared memory and their loans.

use crate::{
    abi::{bad, borrow, borrow_mut, failed, guard, into_handle, take, Failure, Outcome},
    shm_backend::{Backend, SharedBackend},
    shm_header::Header,
    shm_proof, shm_reader,
};
use std::{
    num::NonZeroUsize,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc, Condvar, Mutex, MutexGuard, Once, Weak,
    },
    time::Duration,
};
use zenoh::{
    internal::buffers::ZSlice,
    shm::{
        AllocAlignment, MemoryLayout, OwnedShmBuf, ShmBufIntoImmut, ShmProvider,
        ShmProviderBuilder, ZAllocError, ZLayoutAllocError, ZShm, ZShmMut,
    },
    Wait,
};

const ALIGNMENT_POWER: u8 = 6;

/// From which size on, and while how many chunks are out at most, closed loans are collected before
/// each new one: it looks at every chunk.
const LARGE: usize = 64 * 1024;
const FEW: usize = 64;

type Provider = ShmProvider<SharedBackend>;

struct ShmPool {
    provider: Option<Provider>,
    backend: Arc<Backend>,
}

/// Providers whose pool is closed while readers, here or in other processes, still hold chunks: the
/// books of a chunk must not be used for another one before that.
static RETIRED: Mutex<Vec<(Provider, Arc<Backend>)>> = Mutex::new(Vec::new());

/// Lets go of closed pools of which nobody holds anything; says whether there are others.
fn sweep_retired() -> bool {
    let mut retired = RETIRED.lock().unwrap_or_else(|e| e.into_inner());
    retired.retain(|(provider, backend)| {
        provider.garbage_collect();
        backend.used() > 0
    });
    !retired.is_empty()
}

/// The thread that takes back memory of dead processes, and lets go of memory that nobody needs. It
/// sleeps while there is nothing of that kind.
struct Keeper {
    is_awake: AtomicBool,
    pools: Mutex<Vec<Weak<Backend>>>,
    woken: Condvar,
}

static KEEPER: Keeper = Keeper {
    is_awake: AtomicBool::new(false),
    pools: Mutex::new(Vec::new()),
    woken: Condvar::new(),
};
const KEEPER_PERIOD: Duration = Duration::from_millis(200);
/// Rounds with nothing to do before it sleeps: what is handed over now is with others soon.
const IDLE_ROUNDS: u32 = 10;

impl Keeper {
    fn pools(&self) -> MutexGuard<'_, Vec<Weak<Backend>>> {
        self.pools.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn round(&self) -> bool {
        let pools: Vec<Arc<Backend>> = {
            let mut pools = self.pools();
            pools.retain(|pool| pool.strong_count() > 0);
            pools.iter().filter_map(Weak::upgrade).collect()
        };
        // All of them, each time.
        let away = pools.iter().filter(|pool| pool.take_back()).count() > 0;
        drop(pools);
        let retired = sweep_retired();
        let mapped = shm_reader::unmap_idle();
        away || retired || mapped
    }

    fn run(&self) {
        let mut idle = 0;
        loop {
            std::thread::sleep(KEEPER_PERIOD);
            idle = if self.round() { 0 } else { idle + 1 };
            if idle < IDLE_ROUNDS {
                continue;
            }
            idle = 0;
            self.is_awake.store(false, Ordering::SeqCst);
            // For who saw it awake until now.
            if self.round() {
                self.is_awake.store(true, Ordering::SeqCst);
                continue;
            }
            let mut pools = self.pools();
            while !self.is_awake.load(Ordering::SeqCst) {
                pools = self.woken.wait(pools).unwrap_or_else(|e| e.into_inner());
            }
        }
    }
}

/// There may be something to keep.
pub fn wake_keeper() {
    if KEEPER.is_awake.load(Ordering::SeqCst) {
        return;
    }
    start_keeper();
    let pools = KEEPER.pools();
    KEEPER.is_awake.store(true, Ordering::SeqCst);
    drop(pools);
    KEEPER.woken.notify_one();
}

fn start_keeper() {
    static START: Once = Once::new();
    START.call_once(|| {
        // SAFETY: a plain function of this library, which is never unloaded.
        unsafe { libc::atexit(shm_proof::remove_names_at_exit) };
        let thread = std::thread::Builder::new().name("segue-shm".into());
        if let Err(e) = thread.spawn(|| KEEPER.run()) {
            eprintln!("segue: no thread to keep shared memory, dead processes keep theirs: {e}");
        }
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
            let mut retired = RETIRED.lock().unwrap_or_else(|e| e.into_inner());
            retired.push((provider, self.backend.clone()));
        }
        if sweep_retired() {
            wake_keeper();
        }
    }
}

#[repr(C)]
pub struct ShmLoan {
    /// Where its memory begins: Java reads it at the handle.
    _address: *mut u8,
    state: State,
    backend: Arc<Backend>,
}

enum State {
    Filling(ZShmMut),
    /// With the core's books of it, if they are what we know.
    Frozen(ZShm, Option<&'static Header>),
    Moving,
}

impl ShmLoan {
    /// The first `length` bytes as a slice that crosses as a descriptor.
    ///
    /// On the wire a descriptor has a length and no offset, so only a prefix can be one.
    pub fn prefix(&self, length: usize) -> Result<ZSlice, Failure> {
        let State::Frozen(shm, header) = &self.state else {
            return Err(bad("the loan was not handed over"));
        };
        // A pause of this process since the loan was taken may have made it; readers refuse a sample
        // that is marked.
        header.inspect(|header| header.wipe_mark());
        let mut part = shm.clone();
        let length = NonZeroUsize::new(length).ok_or_else(|| bad("a part of 0 bytes"))?;
        part.try_resize(length).ok_or_else(|| bad("a part larger than its loan"))?;
        Ok(part.into())
    }

    /// Whether readers would refuse it.
    #[cfg(test)]
    pub fn is_marked(&self) -> bool {
        match &self.state {
            State::Frozen(_, header) => header.expect("the core's books").is_marked(),
            _ => panic!("the loan was not handed over"),
        }
    }
}

#[no_mangle]
pub extern "C" fn segue_shm_pool_new(byte_size: u64) -> i64 {
    guard(|| {
        let size = NonZeroUsize::new(byte_size as usize).ok_or_else(|| bad("byteSize=0"))?;
        let backend = Backend::new(size, alignment()?)
            .map_err(|e| failed(format!("shared memory of byteSize={byte_size}: {e}")))?;
        let backend = Arc::new(backend);
        let provider = ShmProviderBuilder::backend(SharedBackend(backend.clone())).wait();
        KEEPER.pools().push(Arc::downgrade(&backend));
        start_keeper();
        Ok(into_handle(ShmPool { provider: Some(provider), backend }))
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

/// Gives back what no process holds any more, and says how much is free. `orphans`: what dead
/// processes held as well.
#[no_mangle]
pub unsafe extern "C" fn segue_shm_pool_collect(pool: i64, orphans: i32) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let pool = unsafe { borrow::<ShmPool>(pool) };
        let provider = pool.provider();
        provider.garbage_collect();
        if orphans != 0 {
            pool.backend.take_back();
        }
        provider.defragment();
        Ok(provider.available() as i64)
    })
}

/// How many bytes a process may have held that has ended, and that others may hold as well: they
/// come back when those have ended, too.
#[no_mangle]
pub unsafe extern "C" fn segue_shm_pool_orphaned(pool: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<ShmPool>(pool) }.backend.orphaned() as i64))
}

/// A loan, or 0 when there is no room; the first thing in it is the address of its memory.
/// `policy`: 0 just allocate, 1 collect, 2 and defragment.
#[no_mangle]
pub unsafe extern "C" fn segue_shm_loan(pool: i64, byte_size: u64, policy: i32) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let pool = unsafe { borrow::<ShmPool>(pool) };
        let size = NonZeroUsize::new(byte_size as usize).ok_or_else(|| bad("byteSize=0"))?;
        let layout = MemoryLayout::new(alignment()?.align_size(size), alignment()?).map_err(bad)?;
        match pool.alloc(&layout, policy) {
            Ok(mut loan) => {
                let address = loan.as_mut().as_mut_ptr();
                let (state, backend) = (State::Filling(loan), pool.backend.clone());
                Ok(into_handle(ShmLoan { _address: address, state, backend }))
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
        if policy > 0 && layout.size().get() >= LARGE && self.backend.out() <= FEW {
            // Frame for frame the memory of the last one, which the caches and the page tables of
            // both sides know, and not the whole pool in turns.
            provider.garbage_collect();
        }
        let mut outcome = provider.alloc(layout).wait();
        if outcome.is_err() && policy > 0 {
            provider.garbage_collect();
            if policy > 1 {
                provider.defragment();
            }
            outcome = provider.alloc(layout).wait();
            if outcome.is_err() && self.backend.take_back() {
                outcome = provider.alloc(layout).wait();
            }
        }
        outcome
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
        match std::mem::replace(&mut loan.state, State::Moving) {
            State::Filling(mut filled) => {
                if let Some(size) = NonZeroUsize::new(byte_size as usize) {
                    filled.try_resize(size).ok_or_else(|| bad("larger than the loan"))?;
                }
                let shm = filled.into_immut();
                let header = loan.backend.handed_over(&shm);
                loan.state = State::Frozen(shm, header);
                wake_keeper();
                Ok(0)
            }
            other => {
                loan.state = other;
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
