//! Publish-subscribe services of byte slices, each with an event service of the same name, by which
//! publishers wake subscribers that wait.

use crate::{
    abi::{bad, borrow, failed, free, guard, into_handle, text, Failure},
    node::NodeHandle,
    room, Ipc,
};
use iceoryx2::{
    identifiers::UniqueNodeId,
    port::{DegradationAction, DegradationCause},
    prelude::*,
    service::{
        header::publish_subscribe::Header,
        marker::CustomHeaderMarker,
        messaging_pattern::MessagingPattern,
        port_factory::{event, publish_subscribe},
        static_config::message_type_details::{MessageTypeDetails, TypeDetail, TypeVariant},
    },
};
use std::{
    cell::Cell,
    fs::File,
    os::fd::AsRawFd,
    sync::Arc,
    time::{Duration, Instant},
};

/// The user header is of a type that is known when the service is opened: `()` if there is none.
pub type Slices = publish_subscribe::PortFactory<Ipc, [u8], CustomHeaderMarker>;

pub struct PubSub {
    pub slices: Slices,
    pub events: event::PortFactory<Ipc>,
}

/// The same order in `NativePublishSubscribe`.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Qos {
    pub publishers: u64,
    pub subscribers: u64,
    pub nodes: u64,
    pub buffer: u64,
    pub borrowed: u64,
    pub history: u64,
    pub overflow: u64,
    pub header_size: u64,
    pub header_alignment: u64,
}

/// Of messages and headers alike: what the Java side promises.
const ALIGNMENT: u64 = 8;

// What Java says of the alignment of a message: chunks are aligned as headers, and it comes behind.
const _: () = assert!(align_of::<Header>() >= 8 && size_of::<Header>().is_multiple_of(8));

impl PubSub {
    pub fn open(
        node: &NodeHandle,
        name: &str,
        qos: &Qos,
        header_type: &str,
    ) -> Result<PubSub, Failure> {
        room::require(0)?;
        let header = header_detail(qos, header_type)?;
        let service_name =
            ServiceName::new(name).map_err(|e| bad(format!("service name: {e:?}")))?;
        let node = node.lock();
        let slices = opened(&node, &service_name, MessagingPattern::PublishSubscribe, || {
            let builder = node
                .service_builder(&service_name)
                .publish_subscribe::<[u8]>()
                .user_header::<CustomHeaderMarker>();
            // SAFETY: the header is written and read as so many bytes, which is what the detail says.
            let builder = unsafe { builder.__internal_set_user_header_type_details(&header) };
            builder
                .max_publishers(qos.publishers as usize)
                .max_subscribers(qos.subscribers as usize)
                .max_nodes(qos.nodes as usize)
                .subscriber_max_buffer_size(qos.buffer as usize)
                .subscriber_max_borrowed_samples(qos.borrowed as usize)
                .history_size(qos.history as usize)
                .enable_safe_overflow(qos.overflow != 0)
                .open_or_create()
        })
        .map_err(failed)?;
        let events = events(&node, &service_name, qos.publishers, qos.subscribers, qos.nodes)?;
        Ok(PubSub { slices, events })
    }

    pub fn qos(&self) -> Qos {
        let config = self.slices.static_config();
        Qos {
            publishers: config.max_publishers() as u64,
            subscribers: config.max_subscribers() as u64,
            nodes: config.max_nodes() as u64,
            buffer: config.subscriber_max_buffer_size() as u64,
            borrowed: config.subscriber_max_borrowed_samples() as u64,
            history: config.history_size() as u64,
            overflow: u64::from(config.has_safe_overflow()),
            header_size: config.message_type_details().user_header.size() as u64,
            header_alignment: config.message_type_details().user_header.alignment() as u64,
        }
    }

    /// Whether there is a publisher of this id, of a process that lives.
    pub fn has_publisher(&self, publisher: u128) -> bool {
        lives(&self.slices, |port| {
            self.slices.dynamic_config().list_publishers(|details| {
                port(details.publisher_id.value() == publisher, details.node_id);
                CallbackProgression::Continue
            })
        })
    }

    /// Removes what dead processes left; whether no subscriber has this id then.
    pub fn is_gone(&self, subscriber: u128) -> bool {
        is_gone(&self.slices, |found| {
            self.slices.dynamic_config().list_subscribers(|details| {
                found(details.subscriber_id.value() == subscriber);
                CallbackProgression::Continue
            })
        })
    }

    /// How much shared memory a publisher takes: the core reserves what all subscribers can hold.
    pub fn cost(&self, max_byte_size: u64, loans: u64) -> Result<u64, Failure> {
        let qos = self.qos();
        let count = u128::from(qos.subscribers) * u128::from(qos.buffer + qos.borrowed)
            + u128::from(qos.history)
            + u128::from(loans);
        cost(self.slices.static_config().message_type_details(), max_byte_size, count)
    }
}

fn header_detail(qos: &Qos, header_type: &str) -> Result<TypeDetail, Failure> {
    if qos.header_size == 0 {
        return Ok(TypeDetail::new::<()>(TypeVariant::FixedSize));
    }
    let alignment = qos.header_alignment;
    // So that a message behind it begins at such a multiple as well.
    if !qos.header_size.is_multiple_of(ALIGNMENT)
        || !alignment.is_power_of_two()
        || alignment > ALIGNMENT
    {
        return Err(bad(
            "the size of a user header is a multiple of 8, its alignment 1, 2, 4 or 8",
        ));
    }
    TypeDetail::__internal_new_from_parts(
        TypeVariant::FixedSize,
        header_type,
        qos.header_size as usize,
        alignment as usize,
    )
    .map_err(|e| bad(format!("the name of the user header's type: {e:?}")))
}

/// How long one waits for another who opens services that killed processes left.
const PATIENCE: Duration = Duration::from_secs(5);

/// Opens a service or makes it. One that a process was making, or ending, when it was killed is
/// removed, which takes some seconds: the core waits a second a time for somebody to finish it.
pub fn opened<T, E: std::fmt::Debug>(
    node: &Node<Ipc>,
    name: &ServiceName,
    pattern: MessagingPattern,
    open: impl Fn() -> Result<T, E>,
) -> Result<T, String> {
    let told = |e: E| explained(&format!("{e:?}"));
    // Whoever was stopped while he made it finds his time over, and what he saw last is no more.
    let open = || open().or_else(|e| if is_overtaken(&e) { open() } else { Err(e) });
    let mut outcome = open();
    if !is_left(&outcome) {
        return outcome.map_err(told);
    }
    let start = Instant::now();
    // Held until it is open: who waits for this one then finds it so, and removes nothing.
    let alone = match alone(node.config(), start) {
        Ok(alone) => alone,
        // Whoever made it, or he who holds the lock, may be done with it by now.
        Err(e) => return open().map_err(|it| format!("{}; {e}", told(it))),
    };
    outcome = open();
    while is_left(&outcome) && start.elapsed() < PATIENCE {
        // Somebody who waits for it as well has a hand in it until he gives up.
        let abandoned = node.__internal_abandoned_service(name, pattern);
        if !abandoned.is_some_and(|it| node.__internal_remove_abandoned_service(&it)) {
            std::thread::sleep(Duration::from_millis(20));
        }
        outcome = open();
    }
    drop(alone);
    outcome.map_err(told)
}

/// Opens the event service by which some of a service wake others, or makes it.
pub fn events(
    node: &Node<Ipc>,
    name: &ServiceName,
    notifiers: u64,
    listeners: u64,
    nodes: u64,
) -> Result<event::PortFactory<Ipc>, Failure> {
    opened(node, name, MessagingPattern::Event, || {
        node.service_builder(name)
            .event()
            .max_notifiers(notifiers as usize)
            .max_listeners(listeners as usize)
            .max_nodes(nodes as usize)
            .open_or_create()
    })
    .map_err(|e| failed(format!("its events: {e}")))
}

/// Removes what dead processes left; whether `list`, which says of each port that is there whether
/// it is the one, finds it no more.
pub fn is_gone(factory: &impl PortFactory, list: impl FnOnce(&mut dyn FnMut(bool))) -> bool {
    factory.try_cleanup_dead_nodes();
    let mut is_there = false;
    list(&mut |found| is_there |= found);
    !is_there
}

/// Whether `list`, which says of each port that is there whether it is the one, and of which node,
/// finds it, in a process that lives.
pub fn lives(
    factory: &impl PortFactory,
    list: impl FnOnce(&mut dyn FnMut(bool, UniqueNodeId)),
) -> bool {
    let mut node = None;
    list(&mut |found, of| {
        if found {
            node = Some(of);
        }
    });
    node.is_some_and(|node| !is_dead(factory, &node))
}

/// Whether a node of the service has died, or is gone; not where that can't be known. The memory of
/// its ports goes before their names, and whoever removes both may be stopped, or die, in between.
fn is_dead(factory: &impl PortFactory, node: &UniqueNodeId) -> bool {
    let mut is_dead = true;
    let listed = factory.nodes(|state| {
        if state.node_id() == node {
            is_dead = matches!(state, NodeState::Dead(_));
        }
        CallbackProgression::Continue
    });
    listed.is_ok() && is_dead
}

/// What ends no attempt to open or make one, unless the time is over.
fn is_overtaken(error: &impl std::fmt::Debug) -> bool {
    let error = format!("{error:?}");
    error.contains("DoesNotExist") || error.contains("AlreadyExists")
}

fn is_left<T, E: std::fmt::Debug>(outcome: &Result<T, E>) -> bool {
    outcome.as_ref().is_err_and(|e| {
        let error = format!("{e:?}");
        error.contains("HangsInCreation") || error.contains("IsMarkedForDestruction")
    })
}

/// Waits until no other process of this library removes services; until it is dropped, none does.
fn alone(config: &Config, start: Instant) -> Result<File, String> {
    // Not the folder above, which nodes hold. What has to be removed is in here, so it is there.
    let path = config.global.service_dir().to_string();
    let folder = File::open(&path).map_err(|e| format!("{path}: {e}"))?;
    // SAFETY: the descriptor is alive.
    while unsafe { libc::flock(folder.as_raw_fd(), libc::LOCK_EX | libc::LOCK_NB) } != 0 {
        if start.elapsed() >= PATIENCE {
            return Err(format!("another process holds the lock of {path}"));
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    Ok(folder)
}

thread_local! {
    /// Whether a port that this thread made could not be connected to one that is there.
    static UNCONNECTED: Cell<bool> = const { Cell::new(false) };

    /// When this thread waited last for the name of one to go, in vain.
    static WAITED: Cell<Option<Instant>> = const { Cell::new(None) };
}

/// How long one wait for that, in vain, is one for all that fail on this thread.
const WAITED_FOR_ALL: Duration = Duration::from_secs(1);

/// What a port does that could not be connected to another one. Who just leaves, or has died, can't
/// be: that is no failure. All else is one, such as a lack of memory or of file descriptors: the
/// core doesn't try again, so nothing would ever come from there.
pub fn unconnected(cause: DegradationCause, is_there: impl Fn() -> bool) -> DegradationAction {
    if !matches!(cause, DegradationCause::FailedToEstablishConnection) {
        return DegradationAction::Ignore;
    }
    // There may be thousands that fail one after another, and a look must not wait for each.
    let has_waited = WAITED.get().is_some_and(|at| at.elapsed() < WAITED_FOR_ALL);
    for _ in 0..if has_waited { 1 } else { 10 } {
        if room::refused().is_some() {
            break;
        }
        if !is_there() {
            return DegradationAction::Ignore;
        }
        if !has_waited {
            std::thread::sleep(Duration::from_millis(10)); // its memory may go before its name
        }
    }
    WAITED.set(Some(Instant::now()));
    UNCONNECTED.set(true);
    DegradationAction::DegradeAndFail
}

/// Makes a port; where its places are taken, once more when those of dead processes are free.
pub fn port<T, E: std::fmt::Debug>(
    factory: &impl PortFactory,
    make: impl Fn() -> Result<T, E>,
) -> Result<T, Failure> {
    UNCONNECTED.set(false);
    let outcome = make().or_else(|e| {
        if !format!("{e:?}").contains("Exceeds") {
            return Err(e);
        }
        factory.try_cleanup_dead_nodes();
        make()
    });
    let port = outcome.map_err(|e| failed(explained(&format!("{e:?}"))))?;
    if UNCONNECTED.get() {
        // The core makes the port all the same, and never connects it to those on the other side.
        return Err(failed("it can't be connected to a port that is there"));
    }
    Ok(port)
}

/// How much shared memory so many messages take.
pub fn cost(types: &MessageTypeDetails, max_byte_size: u64, count: u128) -> Result<u64, Failure> {
    let up = |size: u128, alignment: u128| size.div_ceil(alignment) * alignment;
    // Not ours, which is 1: whoever made the service may have asked for more, and then the core
    // reserves that much for each byte.
    let alignment = types.payload.alignment() as u128;
    let head = up(types.header.size() as u128, types.user_header.alignment() as u128);
    let headers = up(head + types.user_header.size() as u128, alignment);
    let chunk_alignment =
        alignment.max(types.header.alignment() as u128).max(types.user_header.alignment() as u128);
    let chunk = up(headers + alignment * u128::from(max_byte_size), chunk_alignment);
    let books = 64 * count + 4096;
    let whole = up(chunk * count + chunk_alignment + books, 4096);
    u64::try_from(whole)
        .ok()
        .filter(|&whole| i64::try_from(whole).is_ok())
        .ok_or_else(|| bad(format!("memoryByteSize={whole} is more than can be addressed")))
}

/// The core's names of what differs, with what they come from.
pub fn explained(error: &str) -> String {
    let hint = if error.contains("VersionMismatch") {
        "; a process of another iceoryx2 version made it, and versions don't interoperate: all must \
         use 0.10.0"
    } else if error.contains("DoesNotSupport") || error.contains("Incompatible") {
        "; it exists with other settings, which are those of the process that made it"
    } else if error.contains("ExceedsMax") {
        "; as many are in use, in all processes, as the service allows"
    } else if error.contains("InsufficientPermissions") {
        "; another user made it, and a service is for processes of one user"
    } else {
        ""
    };
    format!("{error}{hint}")
}

/// Opens a service or makes it, and tells the settings that it has.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pubsub_open(
    node: i64,
    name: *const u8,
    name_length: u64,
    qos: *mut Qos,
    header_type: *const u8,
    header_type_length: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive, and Java lends the rest for the time of the call.
        let (node, name, qos, header_type) = unsafe {
            let header_type = text(header_type, header_type_length)?;
            (borrow::<NodeHandle>(node), text(name, name_length)?, &mut *qos, header_type)
        };
        let service = PubSub::open(node, name, qos, header_type)?;
        *qos = service.qos();
        Ok(into_handle(Arc::new(service)))
    })
}

/// How much shared memory a publisher would take.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pubsub_cost(
    service: i64,
    max_byte_size: u64,
    loans: u64,
) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrow::<Arc<PubSub>>(service) }.cost(max_byte_size, loans)? as i64))
}

/// Who takes part now, in all processes: `publishers | subscribers << 32`.
#[no_mangle]
pub unsafe extern "C" fn segue_ice_pubsub_ports(service: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let ports = unsafe { borrow::<Arc<PubSub>>(service) }.slices.dynamic_config();
        Ok(ports.number_of_publishers() as i64 | (ports.number_of_subscribers() as i64) << 32)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_ice_pubsub_free(service: i64) {
    // SAFETY: Java frees a handle once. Ports keep the service alive on their own.
    unsafe { free::<Arc<PubSub>>(service) }
}
