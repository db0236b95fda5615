//! iceoryx2 by itself, as its users call it. Usage: iceoryx2-peer STYLE ROLE PREFIX NAME …
//!
//! STYLE is how it receives: `spin` polls, `yield` polls and yields in between, `wait` blocks on a
//! listener that the other side notifies. Roles and lines are those of IceoryxPeer:
//!
//!   echo READERS                 answers each frame with its first 8 bytes; one of READERS processes
//!   sum READERS                  answers each frame with the sum of its bytes
//!   ping READERS COUNT BYTES     prints send times and round trips, three rounds, after COUNT ms of others
//!   fill READERS COUNT BYTES     sends frames whose bytes are 0, 1, 2, …, and checks the sums
//!   sub SECONDS                  counts messages once the first one came, and prints them
//!   pub BYTES                    sends messages until it is ended
//!
//! Both sides give the same PREFIX and NAME. SIGTERM ends what has no end, and its shared memory.
use iceoryx2::{
    port::{listener::Listener, publisher::Publisher, subscriber::Subscriber},
    prelude::*,
    service::port_factory::{event, publish_subscribe},
};
use std::{
    io::Write,
    sync::atomic::{AtomicBool, Ordering},
    time::{Duration, Instant},
};

const LONG: Duration = Duration::from_secs(60);
const TURN: Duration = Duration::from_millis(20);
const ROUNDS: usize = 3;
const BATCH: usize = 64;
/// For each round trip that counts.
const WARM_UP: Duration = Duration::from_millis(1);

static ENDED: AtomicBool = AtomicBool::new(false);

type Slices = publish_subscribe::PortFactory<ipc::Service, [u8], ()>;

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
    let us = |v: u64| v as f64 / 1e3;
    say(&format!(
        "{what} p50_us={:.3} p90_us={:.3} p99_us={:.3} garbage_bytes=0",
        us(nanos[n / 2]),
        us(nanos[n * 9 / 10]),
        us(nanos[n * 99 / 100]),
    ));
}

/// A service of slices and the events of the same name, by which its readers are woken.
struct Lane {
    slices: Slices,
    events: event::PortFactory<ipc::Service>,
}

impl Lane {
    fn open(
        node: &Node<ipc::Service>,
        name: &str,
        publishers: usize,
        subscribers: usize,
        buffer: usize,
    ) -> Lane {
        let name: ServiceName = name.try_into().unwrap();
        let slices = node
            .service_builder(&name)
            .publish_subscribe::<[u8]>()
            .max_publishers(publishers)
            .max_subscribers(subscribers)
            .max_nodes(20)
            .subscriber_max_buffer_size(buffer)
            .subscriber_max_borrowed_samples(1)
            .history_size(0)
            .enable_safe_overflow(false)
            .open_or_create()
            .unwrap();
        let events = node
            .service_builder(&name)
            .event()
            .max_notifiers(publishers)
            .max_listeners(subscribers)
            .max_nodes(20)
            .open_or_create()
            .unwrap();
        Lane { slices, events }
    }

    fn publisher(&self, size: usize) -> Publisher<ipc::Service, [u8], ()> {
        self.slices
            .publisher_builder()
            .initial_max_slice_len(size)
            .max_loaned_samples(1)
            .backpressure_strategy(BackpressureStrategy::RetryUntilDelivered)
            .create()
            .unwrap()
    }

    fn reader(&self, style: &str) -> Reader {
        let waits = style == "wait";
        Reader {
            port: self.slices.subscriber_builder().create().unwrap(),
            listener: waits.then(|| self.events.listener_builder().create().unwrap()),
            yields: style == "yield",
        }
    }
}

struct Reader {
    port: Subscriber<ipc::Service, [u8], ()>,
    listener: Option<Listener<ipc::Service>>,
    yields: bool,
}

impl Reader {
    /// The next message, read by `look`; none when this process is to end.
    fn next<T>(&self, mut look: impl FnMut(&[u8]) -> T) -> Option<T> {
        let start = Instant::now();
        let mut turns = 0u32;
        while !ENDED.load(Ordering::Relaxed) {
            if let Some(sample) = self.port.receive().unwrap() {
                return Some(look(sample.payload()));
            }
            if let Some(listener) = &self.listener {
                let _ = listener.timed_wait(|_| {}, TURN);
            } else if self.yields {
                std::thread::yield_now();
            } else {
                std::hint::spin_loop();
            }
            turns = turns.wrapping_add(1);
            if turns.is_multiple_of(1 << 16) {
                assert!(start.elapsed() < LONG, "nothing came");
            }
        }
        None
    }
}

fn main() {
    let args: Vec<String> = std::env::args().collect();
    let (style, role, prefix, name) = (&args[1], &args[2], &args[3], &args[4]);
    let number = |at: usize| args[at].parse::<usize>().unwrap();
    // SAFETY: the handler stores a flag and nothing else.
    unsafe { libc::signal(libc::SIGTERM, end as *const () as libc::sighandler_t) };
    set_log_level(LogLevel::Error);
    let mut config = Config::global_config().clone();
    config.global.prefix = FileName::new(prefix.as_bytes()).unwrap();
    let node = NodeBuilder::new()
        .signal_handling_mode(SignalHandlingMode::Disabled)
        .config(&config)
        .create::<ipc::Service>()
        .unwrap();
    let frames = |readers: usize| Lane::open(&node, &format!("frames-{name}"), 1, readers, 2);
    let acks = |readers: usize| Lane::open(&node, &format!("acks-{name}"), readers, 1, 2);
    let messages = || Lane::open(&node, &format!("messages-{name}"), 1, 1, 1024);
    match role.as_str() {
        "echo" | "sum" => {
            let (frames, acks) = (frames(number(5)), acks(number(5)));
            let arrivals = frames.reader(style);
            let answers = acks.publisher(8);
            let notifier = acks.events.notifier_builder().create().unwrap();
            say("ready");
            let sums = role == "sum";
            while let Some(answer) = arrivals.next(|frame| match sums {
                true => frame.iter().map(|&byte| u64::from(byte)).sum(),
                false => u64::from_ne_bytes(frame[..8].try_into().unwrap()),
            }) {
                let bytes = answer.to_ne_bytes();
                answers.loan_slice_uninit(8).unwrap().write_from_slice(&bytes).send().unwrap();
                if style == "wait" {
                    notifier.notify().unwrap();
                }
            }
        }
        "ping" | "fill" => {
            let (readers, count, size) = (number(5), number(6), number(7));
            let (frames, acks) = (frames(readers), acks(readers));
            let publisher = frames.publisher(size);
            let notifier = frames.events.notifier_builder().create().unwrap();
            let arrivals = acks.reader(style);
            let fills = role == "fill";
            let start = Instant::now();
            while frames.slices.dynamic_config().number_of_subscribers() < readers
                || acks.slices.dynamic_config().number_of_publishers() < readers
            {
                assert!(start.elapsed() < LONG, "no readers");
                std::thread::sleep(Duration::from_millis(1));
            }
            let trip = |i: usize| {
                let mut loan = publisher.loan_slice_uninit(size).unwrap();
                if fills {
                    loan.payload_mut().iter_mut().for_each(|byte| {
                        byte.write(i as u8);
                    });
                } else {
                    loan.payload_mut()[..8].iter_mut().for_each(|byte| {
                        byte.write(i as u8);
                    });
                }
                let start = Instant::now();
                // SAFETY: bytes have no invalid values, and nobody looks at others, as in the other peers.
                unsafe { loan.assume_init() }.send().unwrap();
                if style == "wait" {
                    notifier.notify().unwrap();
                }
                let sent = start.elapsed().as_nanos() as u64;
                for _ in 0..readers {
                    let answer = arrivals
                        .next(|ack| u64::from_ne_bytes(ack.try_into().unwrap()))
                        .expect("ended");
                    let expected = match fills {
                        true => size as u64 * (i as u8) as u64,
                        false => u64::from_ne_bytes([i as u8; 8]),
                    };
                    assert_eq!(answer, expected, "frame {i}");
                }
                (sent, start.elapsed().as_nanos() as u64)
            };
            let (warm_up, start) = (WARM_UP * count as u32, Instant::now());
            let mut warmed = 0;
            while !fills && start.elapsed() < warm_up {
                trip(warmed);
                warmed += 1;
            }
            for _ in 0..if fills { 1 } else { ROUNDS } {
                let (mut sends, mut trips): (Vec<_>, Vec<_>) = (0..count).map(&trip).unzip();
                report("send", &mut sends);
                report("round trip", &mut trips);
            }
        }
        "sub" => {
            let seconds = number(5) as f64;
            let messages = messages();
            let arrivals = messages.reader(style);
            say("ready");
            // The first second warms up.
            arrivals.next(|_| {}).expect("ended");
            let mut start = Instant::now();
            let (mut is_warm, mut received) = (false, 0u64);
            loop {
                for _ in 0..BATCH {
                    if arrivals.next(|_| {}).is_none() {
                        return;
                    }
                    received += 1;
                }
                let elapsed = start.elapsed().as_secs_f64();
                if !is_warm && elapsed >= 1.0 {
                    (is_warm, received, start) = (true, 0, Instant::now());
                } else if is_warm && elapsed >= seconds {
                    say(&format!("received={received} seconds={elapsed:.6} garbage_bytes=0"));
                    return;
                }
            }
        }
        "pub" => {
            let size = number(5);
            let messages = messages();
            let publisher = messages.publisher(size);
            let notifier = messages.events.notifier_builder().create().unwrap();
            let mut i = 0u8;
            while !ENDED.load(Ordering::Relaxed) {
                if messages.slices.dynamic_config().number_of_subscribers() == 0 {
                    std::thread::yield_now();
                    continue;
                }
                i = i.wrapping_add(1);
                let loan = publisher.loan_slice_uninit(size).unwrap();
                loan.write_from_fn(|_| i).send().unwrap();
                if style == "wait" {
                    notifier.notify().unwrap();
                }
            }
        }
        other => panic!("unknown role: {other}"),
    }
}
