//! Publishers and their loans.

use crate::{
    abi::{bad, borrow, boxed, failed, free, guard, handle, into_handle, Failure},
    room,
    service::{port, PubSub},
    Ipc,
};
use iceoryx2::{
    port::{
        notifier::Notifier,
        publisher::{self, PublisherMemory},
        BackpressureAction, BackpressureInfo, ChunkMut, DegradationAction, LoanError,
    },
    prelude::*,
    service::marker::CustomHeaderMarker,
};
use std::{
    sync::{
        atomic::{fence, AtomicBool, AtomicU64, Ordering},
        Arc, Mutex,
    },
    time::Duration,
};

/// What the core asks while a subscriber's buffer is full.
pub struct Full {
    patience: Duration,
    is_closing: AtomicBool,
    gave_up: AtomicBool,
    /// How long the running wait had lasted when it was looked last whether somebody is there.
    looked_nanos: AtomicU64,
}

/// A process that is killed takes nothing out of its buffer any more.
const LOOK_NANOS: u64 = 100_000_000;

impl Full {
    pub fn new(patience: Duration) -> Arc<Full> {
        let (is_closing, gave_up) = (AtomicBool::new(false), AtomicBool::new(false));
        Arc::new(Full { patience, is_closing, gave_up, looked_nanos: AtomicU64::new(0) })
    }

    pub fn close(&self) {
        self.is_closing.store(true, Ordering::Relaxed);
    }

    /// Whether a send since the last call of this gave up to wait, or found that nobody is there.
    pub fn gave_up(&self) -> bool {
        self.gave_up.swap(false, Ordering::Relaxed)
    }

    /// `is_gone` removes what dead processes left, and says whether the receiver was one's.
    pub fn action(&self, waited: Duration, is_gone: impl FnOnce() -> bool) -> BackpressureAction {
        if waited >= self.patience
            || self.is_closing.load(Ordering::Relaxed)
            || self.is_time_to_look(waited) && is_gone()
        {
            self.gave_up.store(true, Ordering::Relaxed);
            return BackpressureAction::DiscardData;
        }
        BackpressureAction::Retry
    }

    fn is_time_to_look(&self, waited: Duration) -> bool {
        let waited = u64::try_from(waited.as_nanos()).unwrap_or(u64::MAX);
        let looked = self.looked_nanos.load(Ordering::Relaxed);
        // Less than at the last look: another wait has begun.
        let is_time = waited >= if waited < looked { LOOK_NANOS } else { looked + LOOK_NANOS };
        if is_time || waited < looked {
            self.looked_nanos.store(if is_time { waited } else { 0 }, Ordering::Relaxed);
        }
        is_time
    }
}

pub struct PublisherHandle {
    port: publisher::Publisher<Ipc, [u8], CustomHeaderMarker>,
    memory: PublisherMemory<Ipc>,
    notifier: Notifier<Ipc>,
    full: Arc<Full>,
    service: Arc<PubSub>,
    header_size: usize,
    /// One at a time, so that each send waits as long as it should, where a send may wait.
    sending: Mutex<()>,
    may_wait: bool,
}

#[repr(C)]
pub struct Loan {
    /// Where its memory begins: Java reads it at the handle.
    #[cfg_attr(not(test), allow(dead_code))]
    address: *mut u8,
    /// Where the user header is, also read at the handle.
    header: *mut u8,
    /// None once it is sent.
    chunk: Option<ChunkMut>,
    memory: PublisherMemory<Ipc>,
}

impl Loan {
    fn send(&mut self) -> Result<usize, Failure> {
        let sent = self.chunk.take().map_or(Ok(0), |chunk| self.memory.send(chunk));
        sent.map_err(|e| failed(format!("{e:?}")))
    }
}

impl Drop for Loan {
    fn drop(&mut self) {
        if let Some(chunk) = self.chunk.take() {
            self.memory.take_back(chunk);
        }
    }
}

#[cfg(test)]
impl Loan {
    pub fn address(&self) -> *mut u8 {
        self.address
    }
}

impl PublisherHandle {
    pub fn new(
        service: &Arc<PubSub>,
        max_byte_size: u64,
        loans: u64,
        patience: Duration,
    ) -> Result<PublisherHandle, Failure> {
        room::require(service.cost(max_byte_size, loans)?)?;
        let full = Full::new(patience);
        let port_of_messages = port(&service.slices, || {
            let (asked, of) = (full.clone(), service.clone());
            service
                .slices
                .publisher_builder()
                .initial_max_slice_len(max_byte_size as usize)
                .max_loaned_samples(loans as usize)
                .backpressure_strategy(BackpressureStrategy::DiscardData)
                .set_backpressure_handler(move |info: &BackpressureInfo| {
                    asked.action(info.elapsed_time, || of.is_gone(info.receiver_port_id))
                })
                // Who can't be connected to is counted by `send`; others get the message.
                .set_degradation_handler(|_, _| DegradationAction::Ignore)
                .create()
        })?;
        let notifier = port(&service.events, || service.events.notifier_builder().create())?;
        // Who waits looks now, and is connected: beyond its buffer it gets nothing before.
        notifier.notify().map_err(|e| failed(format!("{e:?}")))?;
        Ok(PublisherHandle {
            memory: port_of_messages.__internal_memory(),
            port: port_of_messages,
            notifier,
            full,
            service: service.clone(),
            header_size: service.qos().header_size as usize,
            sending: Mutex::new(()),
            may_wait: service.qos().overflow == 0,
        })
    }

    pub fn loan(&self, byte_size: u64) -> Result<Option<Box<Loan>>, Failure> {
        match self.port.__internal_loan(byte_size as usize) {
            Ok(mut chunk) => {
                let (address, header) = (chunk.payload_mut_ptr(), chunk.user_header_mut_ptr());
                if self.header_size > 0 {
                    // What an earlier message had there is nobody's business.
                    // SAFETY: the core gave so many bytes for it.
                    unsafe { header.write_bytes(0, self.header_size) };
                }
                let (chunk, memory) = (Some(chunk), self.memory.clone());
                Ok(Some(Box::new(Loan { address, header, chunk, memory })))
            }
            Err(LoanError::ExceedsMaxLoans | LoanError::OutOfMemory) => Ok(None),
            Err(LoanError::ExceedsMaxLoanSize) => Err(bad("larger than the publisher's limit")),
            Err(e) => Err(failed(format!("{e:?}"))),
        }
    }

    /// Gives a loan to all subscribers; how many got it, and how many that were there did not.
    pub fn send(&self, loan: &mut Loan) -> Result<(usize, usize), Failure> {
        let _alone = self.may_wait.then(|| self.sending.lock().unwrap_or_else(|e| e.into_inner()));
        let subscribers = self.service.slices.dynamic_config().number_of_subscribers();
        let sent = loan.send();
        // Also for those who got it before it failed for others. Whoever comes to listen looks once
        // more behind its own fence.
        fence(Ordering::SeqCst);
        let listens = self.service.events.dynamic_config().number_of_listeners() > 0;
        let notified = if listens { self.notifier.notify() } else { Ok(0) };
        let recipients = sent?;
        notified.map_err(|e| {
            failed(format!("recipientCount={recipients} have it, but were not woken: {e:?}"))
        })?;
        Ok((recipients, subscribers.saturating_sub(recipients)))
    }
}

/// `patience_nanos`: how long a send waits for a subscriber whose buffer is full.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_publisher_new(
    service: i64,
    max_byte_size: u64,
    loans: u64,
    patience_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let service = unsafe { borrow::<Arc<PubSub>>(service) };
        let patience = Duration::from_nanos(patience_nanos);
        Ok(into_handle(PublisherHandle::new(service, max_byte_size, loans, patience)?))
    })
}

/// A loan, or 0 when as many are out as there may be.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_loan(publisher: i64, byte_size: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let publisher = unsafe { borrow::<PublisherHandle>(publisher) };
        Ok(publisher.loan(byte_size)?.map_or(0, handle))
    })
}

/// Sends a loan, whose handle ends in any case; returns `recipients | missed << 32`.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_loan_send(publisher: i64, loan: i64) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive, and Java never uses the loan's again.
        let (publisher, mut loan) =
            unsafe { (borrow::<PublisherHandle>(publisher), boxed::<Loan>(loan)) };
        let (recipients, missed) = publisher.send(&mut loan)?;
        Ok(recipients as i64 | (missed as i64) << 32)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_loan_free(loan: i64) {
    // SAFETY: Java frees a handle once. A loan keeps the memory of its publisher on its own.
    unsafe { free::<Loan>(loan) }
}

/// Connects to subscribers that came since, and gives them the history.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_publisher_update(publisher: i64) -> i64 {
    guard(|| {
        use iceoryx2::port::update_connections::UpdateConnections;
        // SAFETY: the handle is alive.
        let publisher = unsafe { borrow::<PublisherHandle>(publisher) };
        publisher.port.update_connections().map_err(|e| failed(format!("{e:?}")))?;
        publisher.notifier.notify().map_err(|e| failed(format!("{e:?}")))?;
        Ok(0)
    })
}

/// Ends the waits of senders.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_publisher_close(publisher: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        unsafe { borrow::<PublisherHandle>(publisher) }.full.close();
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_publisher_free(publisher: i64) {
    // SAFETY: Java frees a handle once.
    unsafe { free::<PublisherHandle>(publisher) }
}
