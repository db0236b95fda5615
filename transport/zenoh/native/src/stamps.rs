//! Timestamps that a sample gathers on its way: at its publisher, at each node that passes it on,
//! and where it is received.

use crate::{
    abi::{bad, borrowed, guard},
    sample::Batch,
    session::timestamp_bytes,
};
use zenoh::{
    internal::traits::TimestampInstrumentationBuilderTrait,
    timestamp_stack::{
        InstrumentationTimestamp, InterceptionPoint, TimestampInstrumentationBuilder,
    },
};

/// `Stamp` in Java reads the same layout.
#[repr(C)]
pub struct Stamp {
    /// 0 sent, 1 passed on, 2 received
    point: u64,
    timestamp: [u8; 24],
}

pub fn asked<B: TimestampInstrumentationBuilderTrait>(stamped: bool, builder: B) -> B {
    if !stamped {
        return builder;
    }
    let points = TimestampInstrumentationBuilder::new();
    // It fails for no point at all.
    builder.timestamp_instrumentation(
        points.set_send(true).set_route(true).set_receive(true).build().ok(),
    )
}

/// Writes the first `limit` timestamps of a sample in their order; returns how many there are.
/// Those of a clock that isn't Zenoh's are left out.
#[no_mangle]
pub unsafe extern "C" fn segue_batch_stamps(
    batch: i64,
    index: u64,
    out: *mut Stamp,
    limit: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let samples = &unsafe { borrowed::<Batch>(batch) }?.samples;
        let sample = samples.get(index as usize).ok_or_else(|| bad("no such sample"))?;
        let mut count = 0;
        for record in sample.timestamp_stack().iter().flat_map(|stack| stack.records()) {
            let InstrumentationTimestamp::UHLC(timestamp) = record.timestamp() else {
                continue;
            };
            if count < limit as usize {
                let point = match record.point() {
                    InterceptionPoint::Send => 0,
                    InterceptionPoint::Route => 1,
                    InterceptionPoint::Receive => 2,
                };
                let stamp = Stamp { point, timestamp: timestamp_bytes(timestamp) };
                // SAFETY: Java's buffer has room for `limit` of them.
                unsafe { out.add(count).write(stamp) };
            }
            count += 1;
        }
        Ok(count as i64)
    })
}
