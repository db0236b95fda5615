//! Request-response services of byte slices, their clients, and what clients wait for. Two event
//! services beside each wake who waits: `<name>/requests` and `<name>/responses`.

use crate::{
    abi::{bad, borrow, failed, free, guard, into_handle, take, text, Failure, TOO_MANY_BORROWED},
    node::NodeHandle,
    publish::Full,
    room,
    service::{cost, events, is_gone, lives, opened, port, unconnected},
    subscribe::check_open,
    wake::Wakes,
    Ipc,
};
use iceoryx2::{
    pending_response::PendingResponse,
    port::{client::Client, notifier::Notifier, BackpressureInfo, LoanError, ReceiveError},
    prelude::*,
    request_mut_uninit::RequestMutUninit,
    response,
    service::{
        header::request_response::{RequestHeader, ResponseHeader},
        messaging_pattern::MessagingPattern,
        port_factory::{event, request_response},
    },
};
use std::{
    mem::MaybeUninit,
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};

type PendingPort = PendingResponse<Ipc, [u8], (), [u8], ()>;
type Calls = request_response::PortFactory<Ipc, [u8], (), [u8], ()>;

pub struct ReqRes {
    pub calls: Calls,
    pub requests: event::PortFactory<Ipc>,
    pub responses: event::PortFactory<Ipc>,
}

/// The same order in `NativeRequestResponse`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct CallQos {
    pub clients: u64,
    pub servers: u64,
    pub nodes: u64,
    pub active: u64,
    pub loaned: u64,
    pub buffer: u64,
    pub borrowed: u64,
    pub request_overflow: u64,
    pub response_overflow: u64,
    pub fire_and_forget: u64,
}

// What Java says of the alignment of a message: chunks are aligned as headers, and it comes behind.
const _: () = assert!(
    align_of::<RequestHeader>() >= 8
        && size_of::<RequestHeader>().is_multiple_of(8)
        && align_of::<ResponseHeader>() >= 8
        && size_of::<ResponseHeader>().is_multiple_of(8)
);

impl ReqRes {
    /// Whether there is a server of this id, of a process that lives.
    pub fn has_server(&self, server: u128) -> bool {
        lives(&self.calls, |port| {
            self.calls.dynamic_config().list_servers(|details| {
                port(details.server_id.value() == server, details.node_id);
                CallbackProgression::Continue
            })
        })
    }

    /// The same of clients.
    pub fn has_client(&self, client: u128) -> bool {
        lives(&self.calls, |port| {
            self.calls.dynamic_config().list_clients(|details| {
                port(details.client_id.value() == client, details.node_id);
                CallbackProgression::Continue
            })
        })
    }

    /// Removes what dead processes left; whether no server has this id then.
    pub fn is_server_gone(&self, server: u128) -> bool {
        is_gone(&self.calls, |found| {
            self.calls.dynamic_config().list_servers(|details| {
                found(details.server_id.value() == server);
                CallbackProgression::Continue
            })
        })
    }

    /// The same of clients.
    pub fn is_client_gone(&self, client: u128) -> bool {
        is_gone(&self.calls, |found| {
            self.calls.dynamic_config().list_clients(|details| {
                found(details.client_id.value() == client);
                CallbackProgression::Continue
            })
        })
    }

    pub fn open(node: &NodeHandle, name: &str, qos: &CallQos) -> Result<ReqRes, Failure> {
        room::require(0)?;
        let named = |name: &str| {
            ServiceName::new(name).map_err(|e| bad(format!("service name {name}: {e:?}")))
        };
        let (service, requests) = (named(name)?, named(&format!("{name}/requests"))?);
        let responses = named(&format!("{name}/responses"))?;
        let node = node.lock();
        let calls = opened(&node, &service, MessagingPattern::RequestResponse, || {
            node.service_builder(&service)
                .request_response::<[u8], [u8]>()
                .max_clients(qos.clients as usize)
                .max_servers(qos.servers as usize)
                .max_nodes(qos.nodes as usize)
                .max_active_requests_per_client(qos.active as usize)
                .max_loaned_requests(qos.loaned as usize)
                .max_response_buffer_size(qos.buffer as usize)
                .max_borrowed_responses_per_pending_response(qos.borrowed as usize)
                .enable_safe_overflow_for_requests(qos.request_overflow != 0)
                .enable_safe_overflow_for_responses(qos.response_overflow != 0)
                .enable_fire_and_forget_requests(qos.fire_and_forget != 0)
                .open_or_create()
        })
        .map_err(failed)?;
        let requests = events(&node, &requests, qos.clients, qos.servers, qos.nodes)?;
        let responses = events(&node, &responses, qos.servers, qos.clients, qos.nodes)?;
        Ok(ReqRes { calls, requests, responses })
    }

    pub fn qos(&self) -> CallQos {
        let config = self.calls.static_config();
        CallQos {
            clients: config.max_clients() as u64,
            servers: config.max_servers() as u64,
            nodes: config.max_nodes() as u64,
            active: config.max_active_requests_per_client() as u64,
            loaned: config.max_loaned_requests() as u64,
            buffer: config.max_response_buffer_size() as u64,
            borrowed: config.max_borrowed_responses_per_pending_response() as u64,
            request_overflow: u64::from(config.has_safe_overflow_for_requests()),
            response_overflow: u64::from(config.has_safe_overflow_for_responses()),
            fire_and_forget: u64::from(config.does_support_fire_and_forget_requests()),
        }
    }

    /// How much shared memory a client takes: the core reserves what all servers can hold.
    pub fn client_cost(&self, max_byte_size: u64) -> Result<u64, Failure> {
        let qos = self.qos();
        let count = 2 * u128::from(qos.servers) * u128::from(qos.active) + u128::from(qos.loaned);
        cost(self.calls.static_config().request_message_type_details(), max_byte_size, count)
    }

    /// How much shared memory a server takes: the core reserves what all clients can hold.
    pub fn server_cost(&self, max_byte_size: u64, loans: u64) -> Result<u64, Failure> {
        let qos = self.qos();
        let count = 2
            * u128::from(qos.clients)
            * u128::from(qos.active)
            * u128::from(qos.buffer + qos.borrowed + loans);
        cost(self.calls.static_config().response_message_type_details(), max_byte_size, count)
    }
}

pub struct ClientHandle {
    port: Client<Ipc, [u8], (), [u8], ()>,
    notifier: Notifier<Ipc>,
    full: Arc<Full>,
    service: Arc<ReqRes>,
    wakes: Arc<Wakes>,
    /// Held by what is pending, and by each response that is open.
    open: Arc<()>,
    /// One at a time, so that each send waits as long as it should.
    sending: Mutex<()>,
}

#[repr(C)]
struct Request {
    /// Where its memory begins: Java reads it at the handle.
    address: *mut u8,
    request: RequestMutUninit<Ipc, [MaybeUninit<u8>], (), [u8], ()>,
}

/// A request that was sent, and the responses to it. It keeps its client in the service.
#[repr(C)]
struct Pending {
    /// Servers that have the request, and that don't: Java reads both at the handle.
    recipients: u64,
    missed: u64,
    pending: Mutex<PendingPort>,
    wakes: Arc<Wakes>,
    open: Arc<()>,
    service: Arc<ReqRes>,
}

impl Pending {
    fn lock(&self) -> MutexGuard<'_, PendingPort> {
        self.pending.lock().unwrap_or_else(|e| e.into_inner())
    }

    /// Gives back what waits, which would stay until a later request has the same channel.
    fn drain(&self) {
        let qos = self.service.qos();
        for _ in 0..qos.servers.saturating_mul(qos.buffer) {
            if !matches!(self.lock().receive(), Ok(Some(_))) {
                break;
            }
        }
    }
}

/// Read as `Sample` of subscribe.rs by Java. It keeps its client in the service.
#[repr(C)]
struct Response {
    address: *const u8,
    length: u64,
    header: *const u8,
    _response: response::Response<Ipc, [u8], ()>,
    _open: Arc<()>,
}

impl ClientHandle {
    pub fn new(
        service: &Arc<ReqRes>,
        max_byte_size: u64,
        patience: Duration,
    ) -> Result<ClientHandle, Failure> {
        room::require(service.client_cost(max_byte_size)?)?;
        let full = Full::new(patience);
        let client = port(&service.calls, || {
            let (asked, of) = (full.clone(), service.clone());
            let (requests, responses) = (service.clone(), service.clone());
            service
                .calls
                .client_builder()
                .initial_max_slice_len(max_byte_size as usize)
                .backpressure_strategy(BackpressureStrategy::DiscardData)
                .set_backpressure_handler(move |info: &BackpressureInfo| {
                    asked.action(info.elapsed_time, || of.is_server_gone(info.receiver_port_id))
                })
                .set_request_degradation_handler(move |cause, info| {
                    unconnected(cause, || requests.has_server(info.receiver_port_id))
                })
                .set_response_degradation_handler(move |cause, info| {
                    unconnected(cause, || responses.has_server(info.sender_port_id))
                })
                .create()
        })?;
        let notifier = port(&service.requests, || service.requests.notifier_builder().create())?;
        Ok(ClientHandle {
            port: client,
            notifier,
            full,
            service: service.clone(),
            wakes: Arc::default(),
            open: Arc::default(),
            sending: Mutex::new(()),
        })
    }

    fn loan(&self, byte_size: u64) -> Result<Option<Request>, Failure> {
        match self.port.loan_slice_uninit(byte_size as usize) {
            Ok(mut request) => {
                let address = request.payload_mut().as_mut_ptr().cast();
                Ok(Some(Request { address, request }))
            }
            Err(LoanError::ExceedsMaxLoans | LoanError::OutOfMemory) => Ok(None),
            Err(LoanError::ExceedsMaxLoanSize) => Err(bad("larger than the client's limit")),
            Err(e) => Err(failed(format!("{e:?}"))),
        }
    }

    fn send(&self, request: Request) -> Result<Pending, Failure> {
        let _alone = self.sending.lock().unwrap_or_else(|e| e.into_inner());
        let servers = self.service.calls.dynamic_config().number_of_servers();
        // SAFETY: every value of a byte is one, and the pages were zero before somebody wrote there.
        let sent = unsafe { request.request.assume_init() }.send();
        let notified = self.notifier.notify();
        let pending = sent.map_err(|e| failed(format!("{e:?}")))?;
        notified.map_err(|e| failed(format!("the servers were not woken: {e:?}")))?;
        let recipients = pending.number_of_server_connections();
        Ok(Pending {
            recipients: recipients as u64,
            missed: servers.saturating_sub(recipients) as u64,
            pending: Mutex::new(pending),
            wakes: self.wakes.clone(),
            open: self.open.clone(),
            service: self.service.clone(),
        })
    }
}

/// The error of a receive.
pub fn unreceived(e: ReceiveError) -> Failure {
    match e {
        ReceiveError::ExceedsMaxBorrows => {
            Failure { kind: TOO_MANY_BORROWED, message: format!("{e:?}") }
        }
        e => failed(format!("{e:?}")),
    }
}

/// Opens a service or makes it, and tells the settings that it has.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_calls_open(
    node: i64,
    name: *const u8,
    name_length: u64,
    qos: *mut CallQos,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive, and Java lends the rest for the time of the call.
        let (node, name, qos) =
            unsafe { (borrow::<NodeHandle>(node), text(name, name_length)?, &mut *qos) };
        let service = ReqRes::open(node, name, qos)?;
        *qos = service.qos();
        Ok(into_handle(Arc::new(service)))
    })
}

/// How much shared memory a client would take.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_client_cost(service: i64, max_byte_size: u64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<Arc<ReqRes>>(service) }.client_cost(max_byte_size)? as i64))
}

/// How much shared memory a server would take.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_server_cost(
    service: i64,
    max_byte_size: u64,
    loans: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let service = unsafe { borrow::<Arc<ReqRes>>(service) };
        Ok(service.server_cost(max_byte_size, loans)? as i64)
    })
}

/// Who takes part now, in all processes: `clients | servers << 32`.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_calls_ports(service: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let ports = unsafe { borrow::<Arc<ReqRes>>(service) }.calls.dynamic_config();
        Ok(ports.number_of_clients() as i64 | (ports.number_of_servers() as i64) << 32)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_calls_free(service: i64) {
    // SAFETY: Java frees a handle once. Ports keep the service alive on their own.
    unsafe { free::<Arc<ReqRes>>(service) }
}

/// `patience_nanos`: how long a send waits for a server whose buffer is full.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_client_new(
    service: i64,
    max_byte_size: u64,
    patience_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let service = unsafe { borrow::<Arc<ReqRes>>(service) };
        let patience = Duration::from_nanos(patience_nanos);
        Ok(into_handle(ClientHandle::new(service, max_byte_size, patience)?))
    })
}

/// A loan, or 0 when as many are out as there may be.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_request_loan(client: i64, byte_size: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let client = unsafe { borrow::<ClientHandle>(client) };
        Ok(client.loan(byte_size)?.map_or(0, into_handle))
    })
}

/// Sends a loan, whose handle ends in any case; returns the handle of what is pending.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_request_send(client: i64, request: i64) -> i64 {
    guard(|| {
        // SAFETY: both handles are alive, and Java never uses the request's again.
        let (client, request) =
            unsafe { (borrow::<ClientHandle>(client), take::<Request>(request)) };
        Ok(into_handle(client.send(request)?))
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_request_free(request: i64) {
    // SAFETY: Java frees a handle once. A loan keeps the memory of its client on its own.
    unsafe { free::<Request>(request) }
}

/// Ends the waits of senders.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_client_close(client: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        unsafe { borrow::<ClientHandle>(client) }.full.close();
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_client_free(client: i64) {
    // SAFETY: Java frees a handle once. What is pending goes on.
    unsafe { free::<ClientHandle>(client) }
}

/// The next response, or 0 if there is none now.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pending_take(pending: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let pending = unsafe { borrow::<Pending>(pending) };
        check_open(Arc::strong_count(&pending.open))?;
        let Some(response) = pending.lock().receive().map_err(unreceived)? else {
            return Ok(0);
        };
        let payload = response.payload();
        Ok(into_handle(Response {
            address: payload.as_ptr(),
            length: payload.len() as u64,
            header: std::ptr::null(),
            _response: response,
            _open: pending.open.clone(),
        }))
    })
}

/// 1 if a server still has the request.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pending_connected(pending: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(i64::from(unsafe { borrow::<Pending>(pending) }.lock().is_connected())))
}

/// 1 if a response waits. It may be one to an earlier request, which `take` passes over.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pending_ready(pending: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(i64::from(unsafe { borrow::<Pending>(pending) }.lock().has_response())))
}

/// Waits for a server to respond; 1 if one may have, 0 at the time-out.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pending_wait(pending: i64, nanos: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let pending = unsafe { borrow::<Pending>(pending) };
        let timeout = Duration::from_nanos(nanos);
        Ok(i64::from(pending.wakes.wait(&pending.service.responses, timeout)?))
    })
}

/// The file descriptor that can be read when a server may have responded.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pending_descriptor(pending: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let pending = unsafe { borrow::<Pending>(pending) };
        pending.wakes.descriptor(&pending.service.responses)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_pending_free(pending: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once. Responses keep their memory on their own.
        let pending = unsafe { take::<Pending>(pending) };
        pending.drain();
        drop(pending);
        Ok(0)
    });
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_response_free(response: i64) {
    // SAFETY: Java frees a handle once.
    unsafe { free::<Response>(response) }
}
