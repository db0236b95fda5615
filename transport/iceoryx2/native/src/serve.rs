//! Servers of request-response services, the requests that they work on, and their responses.

use crate::{
    abi::{bad, borrow, failed, free, guard, into_handle, take, Failure},
    publish::Full,
    request::{unreceived, ReqRes},
    room,
    service::{port, unconnected},
    subscribe::check_open,
    wake::Wakes,
    Ipc,
};
use iceoryx2::{
    active_request,
    port::{notifier::Notifier, server::Server, BackpressureInfo, LoanError},
    prelude::*,
    response_mut_uninit::ResponseMutUninit,
};
use std::{
    mem::MaybeUninit,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

type Active = active_request::ActiveRequest<Ipc, [u8], (), [u8], ()>;

/// What responses need of their server.
struct Responder {
    notifier: Notifier<Ipc>,
    full: Arc<Full>,
    /// One at a time, so that each send waits as long as it should.
    sending: Mutex<()>,
}

pub struct ServerHandle {
    port: Server<Ipc, [u8], (), [u8], ()>,
    responder: Arc<Responder>,
    service: Arc<ReqRes>,
    wakes: Wakes,
}

/// Read as `Sample` of subscribe.rs by Java. It keeps its server in the service.
#[repr(C)]
struct ActiveRequest {
    address: *const u8,
    length: u64,
    header: *const u8,
    request: Mutex<Active>,
    responder: Arc<Responder>,
}

#[repr(C)]
struct ResponseLoan {
    /// Where its memory begins: Java reads it at the handle.
    address: *mut u8,
    response: ResponseMutUninit<Ipc, [MaybeUninit<u8>], ()>,
}

impl ServerHandle {
    pub fn new(
        service: &Arc<ReqRes>,
        max_byte_size: u64,
        loans: u64,
        patience: Duration,
    ) -> Result<ServerHandle, Failure> {
        room::require(service.server_cost(max_byte_size, loans)?)?;
        let full = Full::new(patience);
        let server = port(&service.calls, || {
            let (asked, of) = (full.clone(), service.clone());
            let (requests, responses) = (service.clone(), service.clone());
            service
                .calls
                .server_builder()
                .initial_max_slice_len(max_byte_size as usize)
                .max_loaned_responses_per_request(loans as usize)
                .backpressure_strategy(BackpressureStrategy::DiscardData)
                .set_backpressure_handler(move |info: &BackpressureInfo| {
                    asked.action(info.elapsed_time, || of.is_client_gone(info.receiver_port_id))
                })
                .set_request_degradation_handler(move |cause, info| {
                    unconnected(cause, || requests.has_client(info.sender_port_id))
                })
                .set_response_degradation_handler(move |cause, info| {
                    unconnected(cause, || responses.has_client(info.receiver_port_id))
                })
                .create()
        })?;
        let notifier = port(&service.responses, || service.responses.notifier_builder().create())?;
        Ok(ServerHandle {
            port: server,
            responder: Arc::new(Responder { notifier, full, sending: Mutex::new(()) }),
            service: service.clone(),
            wakes: Wakes::default(),
        })
    }

    fn take(&self) -> Result<Option<ActiveRequest>, Failure> {
        check_open(Arc::strong_count(&self.responder) - 1)?;
        let Some(request) = self.port.receive().map_err(unreceived)? else {
            return Ok(None);
        };
        let payload = request.payload();
        let (address, length) = (payload.as_ptr(), payload.len() as u64);
        Ok(Some(ActiveRequest {
            address,
            length,
            header: std::ptr::null(),
            request: Mutex::new(request),
            responder: self.responder.clone(),
        }))
    }
}

impl ActiveRequest {
    fn lock(&self) -> MutexGuard<'_, Active> {
        self.request.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn loan(&self, byte_size: u64) -> Result<Option<ResponseLoan>, Failure> {
        match self.lock().loan_slice_uninit(byte_size as usize) {
            Ok(mut response) => {
                let address = response.payload_mut().as_mut_ptr().cast();
                Ok(Some(ResponseLoan { address, response }))
            }
            Err(LoanError::ExceedsMaxLoans | LoanError::OutOfMemory) => Ok(None),
            Err(LoanError::ExceedsMaxLoanSize) => Err(bad("larger than the server's limit")),
            Err(e) => Err(failed(format!("{e:?}"))),
        }
    }

    /// Gives a loan to the client; whether it is in its buffer.
    fn send(&self, loan: ResponseLoan) -> Result<bool, Failure> {
        let responder = &self.responder;
        let _alone = responder.sending.lock().unwrap_or_else(|e| e.into_inner());
        let is_connected = self.lock().is_connected();
        responder.full.gave_up();
        // SAFETY: every value of a byte is one, and the pages were zero before somebody wrote there.
        let sent = unsafe { loan.response.assume_init() }.send();
        let notified = responder.notifier.notify();
        sent.map_err(|e| failed(format!("{e:?}")))?;
        notified.map_err(|e| failed(format!("it was sent, but the client not woken: {e:?}")))?;
        Ok(is_connected && !responder.full.gave_up())
    }
}

/// `patience_nanos`: how long a response waits for a client whose buffer is full.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_new(
    service: i64,
    max_byte_size: u64,
    loans: u64,
    patience_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let service = unsafe { borrow::<Arc<ReqRes>>(service) };
        let patience = Duration::from_nanos(patience_nanos);
        Ok(into_handle(ServerHandle::new(service, max_byte_size, loans, patience)?))
    })
}

/// The next request, or 0 if there is none now.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_take(server: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<ServerHandle>(server) }.take()?.map_or(0, into_handle)))
}

/// 1 if a request waits.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_ready(server: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let server = unsafe { borrow::<ServerHandle>(server) };
        let ready = server.port.has_requests().map_err(|e| failed(format!("{e:?}")))?;
        Ok(i64::from(ready))
    })
}

/// Waits for a client to send; 1 if one may have, 0 at the time-out.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_wait(server: i64, nanos: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let server = unsafe { borrow::<ServerHandle>(server) };
        let timeout = Duration::from_nanos(nanos);
        Ok(i64::from(server.wakes.wait(&server.service.requests, timeout)?))
    })
}

/// The file descriptor that can be read when a client may have sent.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_descriptor(server: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let server = unsafe { borrow::<ServerHandle>(server) };
        server.wakes.descriptor(&server.service.requests)
    })
}

/// Ends the waits of senders.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_close(server: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        unsafe { borrow::<ServerHandle>(server) }.responder.full.close();
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_free(server: i64) {
    // SAFETY: Java frees a handle once. Requests that are open go on.
    unsafe { free::<ServerHandle>(server) }
}

/// A loan for a response, or 0 when as many are out as there may be.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_response_loan(request: i64, byte_size: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let request = unsafe { borrow::<ActiveRequest>(request) };
        Ok(request.loan(byte_size)?.map_or(0, into_handle))
    })
}

/// Sends a loan, whose handle ends in any case; 1 if it is in the client's buffer.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_response_send(request: i64, loan: i64) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive, and Java never uses the loan's again.
        let (request, loan) =
            unsafe { (borrow::<ActiveRequest>(request), take::<ResponseLoan>(loan)) };
        Ok(i64::from(request.send(loan)?))
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_response_loan_free(loan: i64) {
    // SAFETY: Java frees a handle once. A loan keeps the memory of its server on its own.
    unsafe { free::<ResponseLoan>(loan) }
}

/// 1 if the client still waits for responses.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_active_connected(request: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(i64::from(unsafe { borrow::<ActiveRequest>(request) }.lock().is_connected())))
}

/// Ends the work on a request, which the client is told.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_active_free(request: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once.
        let ActiveRequest { request, responder, .. } = unsafe { take::<ActiveRequest>(request) };
        drop(request);
        responder.notifier.notify().map_err(|e| failed(format!("{e:?}")))?;
        Ok(0)
    });
}
