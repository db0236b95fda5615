//! Publishers and their loans.

use crate::{
    abi::{bad, borrow, failed, free, guard, into_handle, take, Failure},
    room,
    service::PubSub,
    Ipc,
};
use iceoryx2::{
    port::{
        notifier::Notifier, publisher, BackpressureAction, BackpressureInfo, DegradationAction,
        LoanError,
    },
    prelude::*,
    sample_mut_uninit::SampleMutUninit,
};
use std::{
    mem::MaybeUninit,
    sync::{
        atomic::{AtomicBool, Ordering},
        Arc, Mutex,
    },
    time::Duration,
};

/// What the core asks while a subscriber's buffer is full.
struct Full {
    patience: Duration,
    is_closing: AtomicBool,
}

impl Full {
    fn action(&self, waited: Duration) -> BackpressureAction {
        if waited < self.patience && !self.is_closing.load(Ordering::Relaxed) {
            return BackpressureAction::Retry;
        }
        BackpressureAction::DiscardData
    }
}

pub struct PublisherHandle {
    port: publisher::Publisher<Ipc, [u8], ()>,
    notifier: Notifier<Ipc>,
    full: Arc<Full>,
    service: Arc<PubSub>,
    /// One at a time, so that each send waits as long as it should.
    sending: Mutex<()>,
}

#[repr(C)]
pub struct Loan {
    /// Where its memory begins: Java reads it at the handle.
    #[cfg_attr(not(test), allow(dead_code))]
    address: *mut u8,
    sample: SampleMutUninit<Ipc, [MaybeUninit<u8>], ()>,
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
        let full = Arc::new(Full { patience, is_closing: AtomicBool::new(false) });
        let port = service.port(|| {
            let asked = full.clone();
            service
                .slices
                .publisher_builder()
                .initial_max_slice_len(max_byte_size as usize)
                .max_loaned_samples(loans as usize)
                .backpressure_strategy(BackpressureStrategy::DiscardData)
                .set_backpressure_handler(move |info: &BackpressureInfo| {
                    asked.action(info.elapsed_time)
                })
                // Who can't be connected to is counted by `send`; others get the message.
                .set_degradation_handler(|_, _| DegradationAction::Ignore)
                .create()
        })?;
        let notifier = service.port(|| service.events.notifier_builder().create())?;
        // Who waits looks now, and is connected: beyond its buffer it gets nothing before.
        notifier.notify().map_err(|e| failed(format!("{e:?}")))?;
        Ok(PublisherHandle {
            port,
            notifier,
            full,
            service: service.clone(),
            sending: Mutex::new(()),
        })
    }

    pub fn loan(&self, byte_size: u64) -> Result<Option<Loan>, Failure> {
        match self.port.loan_slice_uninit(byte_size as usize) {
            Ok(mut sample) => {
                let address = sample.payload_mut().as_mut_ptr().cast();
                Ok(Some(Loan { address, sample }))
            }
            Err(LoanError::ExceedsMaxLoans | LoanError::OutOfMemory) => Ok(None),
            Err(LoanError::ExceedsMaxLoanSize) => Err(bad("larger than the publisher's limit")),
            Err(e) => Err(failed(format!("{e:?}"))),
        }
    }

    /// Gives a loan to all subscribers; how many got it, and how many that were there did not.
    pub fn send(&self, loan: Loan) -> Result<(usize, usize), Failure> {
        let _alone = self.sending.lock().unwrap_or_else(|e| e.into_inner());
        let subscribers = self.service.slices.dynamic_config().number_of_subscribers();
        // SAFETY: every value of a byte is one, and the pages were zero before somebody wrote there.
        let sent = unsafe { loan.sample.assume_init() }.send();
        // Also for those who got it before it failed for others.
        let notified = self.notifier.notify();
        let recipients = sent.map_err(|e| failed(format!("{e:?}")))?;
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
        Ok(publisher.loan(byte_size)?.map_or(0, into_handle))
    })
}

/// Sends a loan, whose handle ends in any case; returns `recipients | missed << 32`.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_loan_send(publisher: i64, loan: i64) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive, and Java never uses the loan's again.
        let (publisher, loan) =
            unsafe { (borrow::<PublisherHandle>(publisher), take::<Loan>(loan)) };
        let (recipients, missed) = publisher.send(loan)?;
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
        unsafe { borrow::<PublisherHandle>(publisher) }
            .full
            .is_closing
            .store(true, Ordering::Relaxed);
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_publisher_free(publisher: i64) {
    // SAFETY: Java frees a handle once.
    unsafe { free::<PublisherHandle>(publisher) }
}
