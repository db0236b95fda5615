//! Payloads of lent memory, and what publishes them.

use crate::{
    abi::{bad, borrow, failed, guard, into_handle, take, text, Failure, Outcome},
    advanced::{Given, Ordered, Sender},
    counters::{self, Counters},
    deep::Depth,
    later,
    lease::Lease,
    lent::{settle, Lent, Spare, HELD},
    session::{on_a_deep_stack, shallow_on_a_deep_stack, Session},
    shm::ShmLoan,
    stamps,
};
use std::{
    any::Any,
    sync::{Arc, Mutex, OnceLock},
};
use zenoh::{
    bytes::{Encoding, ZBytes},
    internal::{
        buffers::{ZBuf, ZSlice, ZSliceBuffer},
        traits::{SampleBuilderTrait, TimestampBuilderTrait, TimestampInstrumentationBuilderTrait},
    },
    key_expr::KeyExpr,
    pubsub::PublisherBuilder,
    qos::{CongestionControl, Priority, Reliability},
    sample::{Locality, SourceInfo},
    time::{Timestamp, TimestampId, NTP64},
    Wait,
};
use zenoh_stats::sent::{self, Sent};

/// One run of bytes of a payload or an attachment.
#[repr(C)]
pub struct Part {
    pub address: *const u8,
    pub length: u64,
    /// A frozen `ShmLoan`, when the run is a prefix of one, or 0.
    pub shm: i64,
}

/// What goes with one put; `parts` holds the payload's runs and then the attachment's.
#[repr(C)]
pub struct Put {
    pub parts: *const Part,
    pub payload_count: u32,
    /// `u32::MAX` for no attachment.
    attachment_count: u32,
    pub token: i64,
    encoding: *const u8,
    encoding_length: u64,
    has_timestamp: u32,
    has_source_sn: u32,
    source_sn: u32,
    /// 1: it gathers timestamps on its way; 2: it must not wait for room here, but later.
    flags: u32,
    timestamp: [u8; 24],
}

/// Quality of service of a publisher or of a single put.
#[repr(C)]
#[derive(Clone, Copy)]
pub struct Qos {
    pub congestion_control: i32,
    pub priority: i32,
    pub express: i32,
    pub reliability: i32,
    pub locality: i32,
}

impl<L: Send + Sync + 'static> ZSliceBuffer for Lent<L> {
    fn as_slice(&self) -> &[u8] {
        counters::read(self.length);
        // SAFETY: Java keeps the memory alive and unchanged until the lease ends.
        unsafe { std::slice::from_raw_parts(self.address, self.length) }
    }
    fn as_any(&self) -> &dyn Any {
        counters::asked(self.length);
        self
    }
    fn as_any_mut(&mut self) -> &mut dyn Any {
        self
    }
}

/// # Safety
/// `parts` names `count` parts whose memory lives until the lease ends.
pub unsafe fn payload(
    parts: *const Part,
    count: u32,
    lease: &Arc<Lease>,
) -> Result<ZBytes, Failure> {
    let mut buffer = ZBuf::empty();
    for i in 0..count as usize {
        // SAFETY: the caller's contract.
        let part = unsafe { &*parts.add(i) };
        let slice = if part.shm == 0 {
            ZSlice::from(Lent {
                address: part.address,
                length: part.length as usize,
                lease: lease.clone(),
            })
        } else {
            // SAFETY: Java keeps the loan's handle alive during the call.
            unsafe { borrow::<ShmLoan>(part.shm) }.prefix(part.length as usize)?
        };
        buffer.push_zslice(slice);
    }
    Ok(ZBytes::from(buffer))
}

/// Bits of `Put::flags`.
const STAMPED: u32 = 1;
const LATER: u32 = 2;
/// Bits of what a put of no `Put` is told: the network drops it where it would have to wait, and it
/// must not wait for room here, but later.
const DROPPABLE: i32 = 1;
const WAITS_LATER: i32 = 2;

/// By which number a call is known to Java, and whether it waits later.
#[derive(Clone, Copy)]
pub struct Ticket {
    token: i64,
    later: bool,
}

impl Put {
    pub fn ticket(&self) -> Ticket {
        Ticket { token: self.token, later: self.flags & LATER != 0 }
    }

    /// # Safety
    /// As `payload`, and the encoding is alive during the call.
    pub unsafe fn apply<B>(
        &self,
        builder: B,
        id: zenoh::session::EntityGlobalId,
        lease: &Arc<Lease>,
    ) -> Result<B, Failure>
    where
        B: SampleBuilderTrait + TimestampBuilderTrait,
    {
        // SAFETY: the caller's contract.
        let mut builder = unsafe { self.attach(builder, lease) }?;
        if self.has_timestamp != 0 {
            builder = builder.timestamp(self.timestamp()?);
        }
        if self.has_source_sn != 0 {
            builder = builder.source_info(SourceInfo::new(id, self.source_sn));
        }
        Ok(builder)
    }

    fn stamped<B: TimestampInstrumentationBuilderTrait>(&self, builder: B) -> B {
        stamps::asked(self.flags & STAMPED != 0, builder)
    }

    /// The attachment alone.
    ///
    /// # Safety
    /// As `payload`.
    pub unsafe fn attach<B>(&self, builder: B, lease: &Arc<Lease>) -> Result<B, Failure>
    where
        B: SampleBuilderTrait,
    {
        // SAFETY: the caller's contract.
        Ok(match unsafe { self.attachment(lease) }? {
            Some(attachment) => builder.attachment(attachment),
            None => builder,
        })
    }

    /// # Safety
    /// As `payload`.
    unsafe fn attachment(&self, lease: &Arc<Lease>) -> Result<Option<ZBytes>, Failure> {
        if self.attachment_count == u32::MAX {
            return Ok(None);
        }
        // SAFETY: the caller's contract.
        let attachment = unsafe {
            payload(self.parts.add(self.payload_count as usize), self.attachment_count, lease)
        };
        attachment.map(Some)
    }

    /// # Safety
    /// As `apply`.
    unsafe fn given(&self, lease: &Arc<Lease>) -> Result<Given, Failure> {
        // SAFETY: the caller's contract.
        let (attachment, encoding) = unsafe { (self.attachment(lease)?, self.encoding()?) };
        let timestamp = (self.has_timestamp != 0).then(|| self.timestamp()).transpose()?;
        Ok(Given { attachment, timestamp, encoding })
    }

    fn timestamp(&self) -> Result<Timestamp, Failure> {
        let time = u64::from_le_bytes(self.timestamp[..8].try_into().expect("8 bytes"));
        let id = TimestampId::try_from(&self.timestamp[8..])
            .map_err(|e| bad(format!("timestamp id: {e}")))?;
        Ok(Timestamp::new(NTP64(time), id))
    }

    /// # Safety
    /// The encoding's text is alive during the call.
    pub unsafe fn encoding(&self) -> Result<Option<Encoding>, Failure> {
        if self.encoding_length == 0 {
            return Ok(None);
        }
        // SAFETY: the caller's contract.
        Ok(Some(Encoding::from(unsafe { text(self.encoding, self.encoding_length) }?)))
    }
}

impl Qos {
    pub fn congestion_control(&self) -> Result<CongestionControl, Failure> {
        congestion_control(self.congestion_control)
    }

    pub fn priority(&self) -> Result<Priority, Failure> {
        priority(self.priority)
    }

    pub fn publisher<'a>(
        &self,
        session: &'a Session,
        key: KeyExpr<'static>,
    ) -> Result<PublisherBuilder<'a, 'static>, Failure> {
        Ok(session
            .zenoh
            .declare_publisher(key)
            .congestion_control(self.congestion_control()?)
            .priority(self.priority()?)
            .express(self.express != 0)
            .reliability(self.reliability())
            .allowed_destination(self.locality()?))
    }

    fn reliability(&self) -> Reliability {
        if self.reliability == 0 {
            Reliability::BestEffort
        } else {
            Reliability::Reliable
        }
    }

    pub fn locality(&self) -> Result<Locality, Failure> {
        locality(self.locality)
    }
}

pub fn congestion_control(code: i32) -> Result<CongestionControl, Failure> {
    Ok(match code {
        0 => CongestionControl::Drop,
        1 => CongestionControl::Block,
        2 => CongestionControl::BlockFirst,
        n => return Err(bad(format!("congestion control {n}"))),
    })
}

pub fn priority(code: i32) -> Result<Priority, Failure> {
    Priority::try_from(code as u8).map_err(bad)
}

pub fn locality(code: i32) -> Result<Locality, Failure> {
    Ok(match code {
        0 => Locality::Any,
        1 => Locality::SessionLocal,
        2 => Locality::Remote,
        n => return Err(bad(format!("locality {n}"))),
    })
}

/// # Safety
/// The text is alive during the call.
pub unsafe fn key_expr(key: *const u8, length: u64) -> Result<KeyExpr<'static>, Failure> {
    // SAFETY: the caller's contract.
    let key = unsafe { text(key, length) }?;
    KeyExpr::try_from(key.to_owned()).map_err(bad)
}

pub struct Publisher {
    pub zenoh: Sender,
    /// Of one that waits for the network: what puts instead when a put must not wait.
    droppable: OnceLock<zenoh::pubsub::Publisher<'static>>,
    declaring: Mutex<()>,
    qos: Qos,
    most: Most,
    counters: Arc<Counters>,
    spare: Spare,
    depth: Depth,
}

impl Publisher {
    pub fn new(zenoh: Sender, most: Most, session: &Session, key: &str, qos: &Qos) -> Publisher {
        Publisher {
            zenoh,
            droppable: OnceLock::new(),
            declaring: Mutex::new(()),
            qos: *qos,
            most,
            counters: session.counters.clone(),
            spare: Spare::default(),
            depth: session.deep.depth_of(key, qos),
        }
    }

    fn run(&self, put: impl FnOnce() -> zenoh::Result<()>) -> Result<Sent, Failure> {
        run(self.depth.is_deep(), put)
    }

    /// The publisher that a put uses.
    fn sender(&self, droppable: bool) -> Result<By<'_>, Failure> {
        match &self.zenoh {
            Sender::Advanced(ordered) => Ok(By::Advanced(ordered)),
            Sender::Plain(zenoh) if droppable && self.qos.congestion_control != 0 => {
                self.droppable(zenoh).map(By::Plain)
            }
            Sender::Plain(zenoh) => Ok(By::Plain(zenoh)),
        }
    }

    /// Declared with the first put that needs it.
    fn droppable(
        &self,
        like: &zenoh::pubsub::Publisher<'static>,
    ) -> Result<&zenoh::pubsub::Publisher<'static>, Failure> {
        if let Some(known) = self.droppable.get() {
            return Ok(known);
        }
        let _alone = self.declaring.lock().unwrap_or_else(|e| e.into_inner());
        if let Some(known) = self.droppable.get() {
            return Ok(known);
        }
        let builder = like
            .session()
            .declare_publisher(like.key_expr().clone())
            .encoding(like.encoding().clone())
            .congestion_control(CongestionControl::Drop)
            .priority(like.priority())
            .express(self.qos.express != 0)
            .reliability(like.reliability())
            .allowed_destination(self.qos.locality()?);
        let declared = on_a_deep_stack(|| builder.wait()).map_err(failed)?;
        Ok(self.droppable.get_or_init(|| declared))
    }

    fn undeclare(self) -> zenoh::Result<()> {
        let droppable = self.droppable.into_inner();
        let first = droppable.map_or(Ok(()), |droppable| droppable.undeclare().wait());
        self.zenoh.undeclare().and(first)
    }
}

enum By<'a> {
    Plain(&'a zenoh::pubsub::Publisher<'static>),
    Advanced(&'a Ordered),
}

impl By<'_> {
    fn put(&self, bytes: ZBytes) -> zenoh::Result<()> {
        match self {
            By::Plain(zenoh) => zenoh.put(bytes).wait(),
            By::Advanced(ordered) => ordered.put(bytes, Given::default()),
        }
    }
}

/// Runs a put where it has the stack that it may need, and watches what becomes of it.
pub fn run(is_deep: bool, put: impl FnOnce() -> zenoh::Result<()>) -> Result<Sent, Failure> {
    let (outcome, sent) = if is_deep {
        let (outcome, sent) = sent::watch(|| shallow_on_a_deep_stack(put));
        // An advanced subscriber of the session may keep the sample until others have come.
        (outcome, sent.in_session())
    } else {
        sent::watch(put)
    };
    outcome.map(|()| sent).map_err(failed)
}

/// How many bytes a put may have. A low-latency link ends with the first message that doesn't fit
/// into one batch, so such a put is refused.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Most(usize);

impl Most {
    pub const UNLIMITED: Most = Most(usize::MAX);
    const BATCH_BYTE_SIZE: usize = 65_535;
    /// Room for the heads of the message, its timestamp and its source.
    const HEAD_BYTE_SIZE: usize = 512;
    const DESCRIPTOR_BYTE_SIZE: usize = 64;

    pub fn of(session: &Session, key: &KeyExpr, qos: &Qos) -> Result<Most, Failure> {
        // Session-local puts go over no link.
        if !session.is_low_latency || qos.locality == 1 {
            return Ok(Most::UNLIMITED);
        }
        if qos.priority()? != Priority::DEFAULT {
            return Err(bad(format!(
                "priority={}: a low-latency session carries DATA (5) alone",
                qos.priority
            )));
        }
        Ok(Most::behind(key.as_str().len()))
    }

    /// Of a session with low-latency links, behind a key of this length.
    pub fn behind(key_length: usize) -> Most {
        Most((Most::BATCH_BYTE_SIZE - Most::HEAD_BYTE_SIZE).saturating_sub(key_length))
    }

    /// What is left beside so many bytes.
    pub fn beside(self, byte_size: usize) -> Most {
        match self {
            Most::UNLIMITED => self,
            Most(most) => Most(most.saturating_sub(byte_size)),
        }
    }

    pub fn check(&self, byte_size: usize) -> Result<(), Failure> {
        if byte_size <= self.0 {
            return Ok(());
        }
        Err(bad(format!(
            "byteSize={byte_size}: a low-latency session carries at most {} that are not in \
             shared memory",
            self.0
        )))
    }

    /// # Safety
    /// As `payload`.
    unsafe fn check_parts(&self, parts: *const Part, count: usize) -> Result<(), Failure> {
        if self.0 == usize::MAX {
            return Ok(());
        }
        let size = |part: &Part| match part.shm {
            0 => part.length as usize,
            _ => Most::DESCRIPTOR_BYTE_SIZE,
        };
        // SAFETY: the caller's contract.
        self.check((0..count).map(|i| size(unsafe { &*parts.add(i) })).sum())
    }

    /// # Safety
    /// As `payload`.
    pub unsafe fn check_put(&self, put: &Put) -> Result<(), Failure> {
        let attachment = if put.attachment_count == u32::MAX { 0 } else { put.attachment_count };
        // SAFETY: the caller's contract.
        unsafe { self.check_parts(put.parts, (put.payload_count + attachment) as usize) }
    }
}

#[no_mangle]
pub unsafe extern "C" fn segue_publisher_declare(
    session: i64,
    key: *const u8,
    key_length: u64,
    encoding: *const u8,
    encoding_length: u64,
    qos: *const Qos,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the texts and the struct for the call.
        let (session, key, encoding, qos) = unsafe {
            (
                borrow::<Session>(session),
                key_expr(key, key_length)?,
                text(encoding, encoding_length)?,
                &*qos,
            )
        };
        let most = Most::of(session, &key, qos)?;
        let mut builder = qos.publisher(session, key.clone())?;
        if !encoding.is_empty() {
            builder = builder.encoding(Encoding::from(encoding));
        }
        let zenoh = on_a_deep_stack(|| builder.wait()).map_err(failed)?;
        let sender = Sender::Plain(zenoh);
        Ok(into_handle(Publisher::new(sender, most, session, key.as_str(), qos)))
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_publisher_free(publisher: i64) -> i64 {
    guard(|| {
        // SAFETY: Java frees a handle once.
        let publisher = unsafe { take::<Publisher>(publisher) };
        on_a_deep_stack(move || publisher.undeclare()).map(|_| 0).map_err(failed)
    })
}

/// 1 when a subscriber somewhere matches.
#[no_mangle]
pub unsafe extern "C" fn segue_publisher_matching(publisher: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let publisher = unsafe { borrow::<Publisher>(publisher) };
        publisher.zenoh.is_matching().map(|matching| matching as i64).map_err(failed)
    })
}

/// Puts one run of bytes with nothing but the publisher's own settings: the short way. `address` is
/// a segment of Java that the call itself keeps from being closed. `flags`: 1, the network drops it
/// where it would have to wait; 2, it must not wait for room here, but later. What is returned is
/// `HELD` or not, `OWES` or not, and the bits of `Sent`.
#[no_mangle]
pub unsafe extern "C" fn segue_publisher_put_one(
    publisher: i64,
    address: *const u8,
    length: u64,
    token: i64,
    flags: i32,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let publisher = unsafe { borrow::<Publisher>(publisher) };
        publisher.most.check(length as usize)?;
        let by = publisher.sender(flags & DROPPABLE != 0)?;
        let lent = publisher.spare.lend(address, length as usize, token);
        let bytes = ZBytes::from(ZBuf::from(ZSlice::from(lent.clone())));
        let put = || publisher.run(|| by.put(bytes));
        let later = flags & WAITS_LATER != 0;
        let (outcome, owes) = later::watch(later, token, || publisher.counters.watch(put));
        let held = publisher.spare.settle(lent);
        finish(outcome, held, owes)
    })
}

/// `segue_publisher_put_one` for several runs; the last four arguments are segments of Java that
/// the call itself keeps from being closed.
#[no_mangle]
pub unsafe extern "C" fn segue_publisher_put(
    publisher: i64,
    parts: *const Part,
    count: u32,
    token: i64,
    flags: i32,
    _hold1: *const u8,
    _hold2: *const u8,
    _hold3: *const u8,
    _hold4: *const u8,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let publisher = unsafe { borrow::<Publisher>(publisher) };
        // SAFETY: Java lends the parts for the call.
        unsafe { publisher.most.check_parts(parts, count as usize) }?;
        let by = publisher.sender(flags & DROPPABLE != 0)?;
        let ticket = Ticket { token, later: flags & WAITS_LATER != 0 };
        under_lease(&publisher.counters, ticket, |lease| {
            // SAFETY: Java keeps the parts' memory until the lease ends.
            let bytes = unsafe { payload(parts, count, lease) }?;
            publisher.run(|| by.put(bytes))
        })
    })
}

/// What a call with lent memory tells beside `HELD`.
pub trait Told {
    fn bits(self) -> i64;
}

impl Told for () {
    fn bits(self) -> i64 {
        0
    }
}

impl Told for Sent {
    fn bits(self) -> i64 {
        Sent::bits(self) as i64
    }
}

/// Lends, publishes, and says whether the core still holds what was lent.
pub fn under_lease<T: Told>(
    counters: &Counters,
    Ticket { token, later }: Ticket,
    publish: impl FnOnce(&Arc<Lease>) -> Result<T, Failure>,
) -> Outcome {
    let lease = Arc::new(Lease { token });
    let (outcome, owes) = later::watch(later, token, || counters.watch(|| publish(&lease)));
    finish(outcome, settle(lease), owes)
}

/// A failed put says as well whether the token will come.
fn finish(outcome: Result<impl Told, Failure>, held: i64, owes: i64) -> Outcome {
    outcome.map(|told| told.bits() | held | owes).map_err(|failure| {
        if held == HELD {
            failure.with_token()
        } else {
            failure
        }
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_publisher_put_with(
    publisher: i64,
    put: *const Put,
    droppable: i32,
    _hold1: *const u8,
    _hold2: *const u8,
    _hold3: *const u8,
    _hold4: *const u8,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; the struct lives during the call, its memory until the lease
        // ends.
        let (publisher, put) = unsafe { (borrow::<Publisher>(publisher), &*put) };
        // SAFETY: as above.
        unsafe { publisher.most.check_put(put) }?;
        let by = publisher.sender(droppable != 0)?;
        under_lease(&publisher.counters, put.ticket(), |lease| {
            // SAFETY: as above.
            let bytes = unsafe { payload(put.parts, put.payload_count, lease) }?;
            match by {
                By::Plain(zenoh) => {
                    let id = publisher.zenoh.id();
                    // SAFETY: as above.
                    let mut builder =
                        unsafe { put.apply(put.stamped(zenoh.put(bytes)), id, lease) }?;
                    // SAFETY: as above.
                    if let Some(encoding) = unsafe { put.encoding() }? {
                        builder = builder.encoding(encoding);
                    }
                    publisher.run(|| builder.wait())
                }
                By::Advanced(ordered) => {
                    ordered.check(put.has_timestamp != 0, put.has_source_sn != 0)?;
                    // SAFETY: as above.
                    let given = unsafe { put.given(lease) }?;
                    publisher.run(|| ordered.put(bytes, given))
                }
            }
        })
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_publisher_delete(publisher: i64, put: *const Put) -> i64 {
    guard(|| {
        // SAFETY: as `segue_publisher_put_with`.
        let (publisher, put) = unsafe { (borrow::<Publisher>(publisher), &*put) };
        // SAFETY: as above.
        unsafe { publisher.most.check_put(put) }?;
        under_lease(&publisher.counters, put.ticket(), |lease| {
            match &publisher.zenoh {
                Sender::Plain(zenoh) => {
                    // SAFETY: as above.
                    let builder =
                        unsafe { put.apply(put.stamped(zenoh.delete()), zenoh.id(), lease) }?;
                    publisher.run(|| builder.wait())
                }
                Sender::Advanced(ordered) => {
                    ordered.check(put.has_timestamp != 0, put.has_source_sn != 0)?;
                    // SAFETY: as above.
                    let given = unsafe { put.given(lease) }?;
                    publisher.run(|| ordered.delete(given))
                }
            }
        })
    })
}

/// One put or delete with no publisher declared.
#[no_mangle]
pub unsafe extern "C" fn segue_session_put(
    session: i64,
    key: *const u8,
    key_length: u64,
    delete: i32,
    qos: *const Qos,
    put: *const Put,
    _hold1: *const u8,
    _hold2: *const u8,
    _hold3: *const u8,
    _hold4: *const u8,
) -> i64 {
    guard(|| {
        // SAFETY: as `segue_publisher_put_with`.
        let (session, key, qos, put) =
            unsafe { (borrow::<Session>(session), key_expr(key, key_length)?, &*qos, &*put) };
        // SAFETY: as above.
        unsafe { Most::of(session, &key, qos)?.check_put(put) }?;
        let at = key.as_str().to_owned();
        under_lease(&session.counters, put.ticket(), |lease| {
            let id = session.zenoh.id();
            if delete != 0 {
                let builder = session
                    .zenoh
                    .delete(key)
                    .congestion_control(qos.congestion_control()?)
                    .priority(qos.priority()?)
                    .express(qos.express != 0)
                    .reliability(qos.reliability())
                    .allowed_destination(qos.locality()?);
                // SAFETY: as above.
                let builder = unsafe { put.apply(put.stamped(builder), id, lease) }?;
                return session.run(&at, qos, || builder.wait());
            }
            // SAFETY: as above.
            let bytes = unsafe { payload(put.parts, put.payload_count, lease) }?;
            let builder = session
                .zenoh
                .put(key, bytes)
                .congestion_control(qos.congestion_control()?)
                .priority(qos.priority()?)
                .express(qos.express != 0)
                .reliability(qos.reliability())
                .allowed_destination(qos.locality()?);
            // SAFETY: as above.
            let mut builder = unsafe { put.apply(put.stamped(builder), id, lease) }?;
            // SAFETY: as above.
            if let Some(encoding) = unsafe { put.encoding() }? {
                builder = builder.encoding(encoding);
            }
            session.run(&at, qos, || builder.wait())
        })
    })
}
