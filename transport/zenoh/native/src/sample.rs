//! Samples that Java reads in place.

use crate::{
    abi::{borrow, borrow_mut, guard, into_handle, take},
    session::timestamp_bytes,
};
use std::collections::VecDeque;
use zenoh::{bytes::ZBytes, internal::buffers::ZBuf, sample::Sample};
use zenoh_shm::ShmBufInner;

/// Where the parts of one sample lie; `Record` in Java has the same offsets.
#[repr(C)]
#[derive(Default)]
pub struct Record {
    payload: Run,
    attachment: Run,
    key: u64,
    key_length: u64,
    schema: u64,
    schema_length: u64,
    /// kind 1, express 2, reliable 4, shared memory 8, timestamp 16, attachment 32, source 64,
    /// timestamp stack 128
    flags: u32,
    priority: u8,
    congestion_control: u8,
    encoding: u16,
    timestamp: [u8; 24],
    source_zid: [u8; 16],
    source_eid: u32,
    source_sn: u32,
}

/// Bytes in `count` slices, the first of them at `address`.
#[repr(C)]
#[derive(Default)]
struct Run {
    address: u64,
    first_length: u64,
    length: u64,
    count: u64,
}

/// Samples that are drained together and freed together. Their vector never moves while Java reads.
#[repr(C)]
pub struct Batch {
    /// Where the records lie: Java reads it at the handle.
    _records_at: *const Record,
    pub samples: VecDeque<Sample>,
    records: Vec<Record>,
}

impl Batch {
    fn new(samples: VecDeque<Sample>, limit: usize) -> Batch {
        let records: Vec<Record> = (0..limit).map(|_| Record::default()).collect();
        Batch { _records_at: records.as_ptr(), samples, records }
    }

    pub fn fill_records(&mut self) {
        for (record, sample) in self.records.iter_mut().zip(&self.samples) {
            record.fill(sample);
        }
    }
}

impl Run {
    fn of(bytes: &ZBytes) -> Run {
        let mut slices = bytes.slices();
        match slices.next() {
            None => Run::default(),
            Some(first) => Run {
                address: first.as_ptr() as u64,
                first_length: first.len() as u64,
                length: bytes.len() as u64,
                count: 1 + slices.count() as u64,
            },
        }
    }
}

impl Record {
    fn fill(&mut self, sample: &Sample) {
        let key = sample.key_expr().as_str();
        let encoding = sample.encoding();
        let mut flags = sample.kind() as u32;
        flags |= (sample.express() as u32) << 1;
        flags |= (sample.reliability() as u32) << 2;
        self.payload = Run::of(sample.payload());
        flags |= (is_shm(sample.payload(), self.payload.count) as u32) << 3;
        self.attachment = match sample.attachment() {
            Some(attachment) => {
                flags |= 32;
                Run::of(attachment)
            }
            None => Run::default(),
        };
        (self.key, self.key_length) = (key.as_ptr() as u64, key.len() as u64);
        (self.schema, self.schema_length) = encoding
            .schema()
            .map_or((0, 0), |schema| (schema.as_slice().as_ptr() as u64, schema.len() as u64));
        self.priority = sample.priority() as u8;
        self.congestion_control = sample.congestion_control() as u8;
        self.encoding = encoding.id();
        if let Some(timestamp) = sample.timestamp() {
            flags |= 16;
            self.timestamp = timestamp_bytes(timestamp);
        }
        if let Some(source) = sample.source_info() {
            flags |= 64;
            self.source_zid = source.source_id().zid().to_le_bytes();
            self.source_eid = source.source_id().eid();
            self.source_sn = source.source_sn();
        }
        flags |= (sample.timestamp_stack().is_some() as u32) << 7;
        self.flags = flags;
    }
}

fn is_shm(payload: &ZBytes, slice_count: u64) -> bool {
    match slice_count {
        0 => false,
        1 => payload.as_shm().is_some(),
        _ => ZBuf::from(payload.clone())
            .zslices()
            .any(|slice| slice.downcast_ref::<ShmBufInner>().is_some()),
    }
}

/// Room for up to `limit` samples; the first thing in it is the address of the records.
#[no_mangle]
pub extern "C" fn segue_batch_new(limit: u64) -> i64 {
    guard(|| {
        let limit = limit as usize;
        Ok(into_handle(Batch::new(VecDeque::with_capacity(limit), limit)))
    })
}

/// Frees the samples; the batch can be filled again.
#[no_mangle]
pub unsafe extern "C" fn segue_batch_clear(batch: i64) -> i64 {
    guard(|| {
        // SAFETY: Java uses a batch from one thread at a time.
        unsafe { borrow_mut::<Batch>(batch) }.samples.clear();
        Ok(0)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_batch_free(batch: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once.
        drop(unsafe { take::<Batch>(batch) });
        Ok(0)
    });
}

/// A batch of its own with the sample at `index`: the payload is shared, not copied.
#[no_mangle]
pub unsafe extern "C" fn segue_batch_retain(batch: i64, index: u64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive and the index below the number of samples drained.
        let sample = unsafe { borrow::<Batch>(batch) }.samples[index as usize].clone();
        let mut own = Batch::new(VecDeque::from([sample]), 1);
        own.fill_records();
        Ok(into_handle(own))
    })
}

/// Writes address and length of the first `limit` slices; `attachment`: of that instead.
#[no_mangle]
pub unsafe extern "C" fn segue_batch_slices(
    batch: i64,
    index: u64,
    attachment: i32,
    out: *mut u64,
    limit: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive and the index below the number of samples drained.
        let sample = &unsafe { borrow::<Batch>(batch) }.samples[index as usize];
        let bytes = if attachment != 0 { sample.attachment() } else { Some(sample.payload()) };
        let mut count = 0;
        for slice in bytes.into_iter().flat_map(|b| b.slices()).take(limit as usize) {
            // SAFETY: Java's buffer has room for `limit` pairs.
            unsafe {
                *out.add(2 * count) = slice.as_ptr() as u64;
                *out.add(2 * count + 1) = slice.len() as u64;
            }
            count += 1;
        }
        Ok(count as i64)
    })
}
