//! iceoryx2, shared memory without a network beneath it. Usage: iceoryx2-peer STYLE ROLE shm NAME …
//!
//! STYLE is how it receives: `wait` blocks on a listener that the other side notifies, `yield` polls and yields in
//! between. Roles and lines are those of zenoh-rust:
//!
//!   echo               answers every frame with 8 bytes
//!   ping COUNT BYTES   prints put times and round trips, three rounds
//!
//! Both sides give the same NAME. SIGTERM ends an echo, which takes its shared memory away.
use iceoryx2::prelude::*;
use std::io::Write;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

const LONG: Duration = Duration::from_secs(20);
const TURN: Duration = Duration::from_millis(100);

static ENDED: AtomicBool = AtomicBool::new(false);

extern "C" fn end(_signal: libc::c_int) {
    ENDED.store(true, Ordering::Relaxed);
}

fn say(line: &str) {
    let mut out = std::io::stdout().lock();
    out.write_all(line.as_bytes()).unwrap();
    out.write_all(b"\n").unwrap();
    out.flush().unwrap();
}

fn report(what: &str, nanos: &mut [u64]) {
    nanos.sort_unstable();
    let n = nanos.len();
    let mean = nanos.iter().sum::<u64>() / n as u64;
    let us = |v: u64| v as f64 / 1e3;
    say(&format!(
        "{what:<36} mean_us={:.1} p50_us={:.1} p90_us={:.1} p99_us={:.1} min_us={:.1}",
        us(mean),
        us(nanos[n / 2]),
        us(nanos[n * 9 / 10]),
        us(nanos[n * 99 / 100]),
        us(nanos[0])
    ));
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let waits = match args[1].as_str() {
        "wait" => true,
        "yield" => false,
        other => panic!("unknown style: {other}"),
    };
    // SAFETY: the handler stores a flag and nothing else.
    unsafe { libc::signal(libc::SIGTERM, end as *const () as libc::sighandler_t) };
    let name = args[4].replace(['/', ':'], "-");
    let service =
        |what: &str| -> ServiceName { format!("{what}-{name}").as_str().try_into().unwrap() };
    let node = NodeBuilder::new()
        .signal_handling_mode(SignalHandlingMode::Disabled)
        .create::<ipc::Service>()
        .unwrap();
    let frames = node
        .service_builder(&service("frames"))
        .publish_subscribe::<[u8]>()
        .payload_alignment(Alignment::new(64).unwrap())
        .max_publishers(1)
        .max_subscribers(1)
        .subscriber_max_buffer_size(2)
        .subscriber_max_borrowed_samples(2)
        .history_size(0)
        .open_or_create()
        .unwrap();
    let acks = node
        .service_builder(&service("acks"))
        .publish_subscribe::<[u8]>()
        .max_publishers(1)
        .max_subscribers(1)
        .open_or_create()
        .unwrap();
    let frame_event = node
        .service_builder(&service("frame-event"))
        .event()
        .open_or_create()
        .unwrap();
    let ack_event = node
        .service_builder(&service("ack-event"))
        .event()
        .open_or_create()
        .unwrap();
    match args[2].as_str() {
        "echo" => {
            let arrivals = frames.subscriber_builder().create().unwrap();
            let answers = acks
                .publisher_builder()
                .initial_max_slice_len(8)
                .create()
                .unwrap();
            let notifier = ack_event.notifier_builder().create().unwrap();
            let listener = frame_event.listener_builder().create().unwrap();
            say("ready");
            while !ENDED.load(Ordering::Relaxed) {
                if arrivals.receive().unwrap().is_some() {
                    answers
                        .loan_slice_uninit(8)
                        .unwrap()
                        .write_from_fn(|_| 0)
                        .send()
                        .unwrap();
                    if waits {
                        notifier.notify().unwrap();
                    }
                } else if waits {
                    let _ = listener.timed_wait(|_| {}, TURN);
                } else {
                    std::thread::yield_now();
                }
            }
        }
        "ping" => {
            let count: usize = args[5].parse().unwrap();
            let size: usize = args[6].parse().unwrap();
            let publisher = frames
                .publisher_builder()
                .initial_max_slice_len(size)
                .max_loaned_samples(2)
                .create()
                .unwrap();
            let arrivals = acks.subscriber_builder().create().unwrap();
            let notifier = frame_event.notifier_builder().create().unwrap();
            let listener = ack_event.listener_builder().create().unwrap();
            std::thread::sleep(Duration::from_secs(1));
            for _ in 0..3 {
                let (mut puts, mut trips) = (Vec::new(), Vec::new());
                for _ in 0..count {
                    let loan = publisher.loan_slice_uninit(size).unwrap();
                    let start = Instant::now();
                    // SAFETY: bytes have no invalid values, and nobody looks at these, as in the other peers.
                    unsafe { loan.assume_init() }.send().unwrap();
                    if waits {
                        notifier.notify().unwrap();
                    }
                    puts.push(start.elapsed().as_nanos() as u64);
                    while arrivals.receive().unwrap().is_none() {
                        if waits {
                            let _ = listener.timed_wait(|_| {}, TURN);
                        } else {
                            std::thread::yield_now();
                        }
                        assert!(start.elapsed() < LONG, "no ack");
                    }
                    trips.push(start.elapsed().as_nanos() as u64);
                }
                report("iceoryx2 put", &mut puts);
                report(&format!("iceoryx2 round trip shm {size} B"), &mut trips);
            }
        }
        other => panic!("unknown role: {other}"),
    }
}
