//! What holds with real sessions and links, through the entry points that Java calls.

use crate::{config::*, publish::*, sample::*, session::*, shm::*, subscribe::*};
use std::{
    io::{BufRead, BufReader, Lines, Write},
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
    ptr,
    time::{Duration, Instant},
};
use zenoh::{qos::CongestionControl, Config, Wait};

mod pauses;

const SECOND: u64 = 1_000_000_000;

fn config(connect: Option<&str>, shm: bool) -> i64 {
    let connect = connect.map_or(String::new(), |to| format!("\"{to}\""));
    let json5 = format!(
        "{{mode: 'peer', scouting: {{multicast: {{enabled: false}}}},
          listen: {{endpoints: ['tcp/127.0.0.1:0']}}, connect: {{endpoints: [{connect}]}},
          transport: {{shared_memory: {{enabled: {shm}}}}}}}"
    );
    // SAFETY: the text is alive.
    unsafe { segue_config_from_json5(json5.as_ptr(), json5.len() as u64) }
}

struct Node(i64);

impl Node {
    fn open(connect: Option<&str>, shm: bool) -> Node {
        // SAFETY: the handle is new.
        let session = unsafe { segue_session_open(config(connect, shm)) };
        assert!(session > 0);
        Node(session)
    }

    fn info(&self, what: &str) -> String {
        let mut text = vec![0u8; 4096];
        // SAFETY: all is alive.
        let length = unsafe {
            segue_session_info(self.0, what.as_ptr(), what.len() as u64, text.as_mut_ptr(), 4096)
        };
        String::from_utf8(text[..length as usize].to_vec()).unwrap()
    }

    fn locator(&self) -> String {
        let locators = self.info("locators");
        locators.lines().find(|l| l.contains("127.0.0.1")).unwrap().to_owned()
    }

    /// Waits until no peer is connected.
    fn is_alone(&self) {
        let end = Instant::now() + Duration::from_secs(20);
        while !self.info("peers").is_empty() {
            assert!(Instant::now() < end, "{}", self.info("peers"));
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn counters(&self) -> [u64; 7] {
        let mut counters = [0; 7];
        // SAFETY: the handle is alive.
        assert_eq!(unsafe { segue_session_counters(self.0, &mut counters) }, 0);
        counters
    }

    fn subscribe(&self, key: &str) -> Receiver {
        // SAFETY: all is alive.
        let subscriber =
            unsafe { segue_subscriber_declare(self.0, key.as_ptr(), key.len() as u64, 0, 64, 1) };
        assert!(subscriber > 0);
        Receiver { subscriber, batch: segue_batch_new(64) }
    }

    fn put(&self, key: &str, payload: &[u8]) {
        let qos =
            Qos { congestion_control: 1, priority: 5, express: 0, reliability: 1, locality: 0 };
        // SAFETY: all is alive.
        unsafe {
            let publisher = segue_publisher_declare(
                self.0,
                key.as_ptr(),
                key.len() as u64,
                ptr::null(),
                0,
                &qos,
            );
            assert!(publisher > 0);
            let end = Instant::now() + Duration::from_secs(20);
            while segue_publisher_matching(publisher) != 1 {
                assert!(Instant::now() < end, "no subscriber");
                std::thread::sleep(Duration::from_millis(5));
            }
            let length = payload.len() as u64;
            assert!(segue_publisher_put_one(publisher, payload.as_ptr(), length, 1, 0) >= 0);
            assert_eq!(segue_publisher_free(publisher), 0);
        }
    }

    /// Whether somebody subscribed to what the key stands for.
    fn matches(&self, key: &str) -> bool {
        let qos =
            Qos { congestion_control: 1, priority: 5, express: 0, reliability: 1, locality: 2 };
        let (at, length) = (key.as_ptr(), key.len() as u64);
        // SAFETY: all is alive.
        unsafe {
            let publisher = segue_publisher_declare(self.0, at, length, ptr::null(), 0, &qos);
            let matching = segue_publisher_matching(publisher);
            assert_eq!(segue_publisher_free(publisher), 0);
            matching == 1
        }
    }

    fn close(&self) {
        // SAFETY: the handle is alive.
        assert_eq!(unsafe { segue_session_close(self.0) }, 0);
    }
}

struct Receiver {
    subscriber: i64,
    batch: i64,
}

impl Receiver {
    /// Whether a sample came within 20 s.
    fn receives(&self) -> bool {
        // SAFETY: the handles are alive.
        unsafe {
            segue_batch_clear(self.batch);
            segue_subscriber_drain(self.subscriber, self.batch, 1, 20 * SECOND) == 1
        }
    }

    fn samples(&self) -> &std::collections::VecDeque<zenoh::sample::Sample> {
        // SAFETY: the handle is alive.
        unsafe { &crate::abi::borrow::<Batch>(self.batch).samples }
    }

    fn drain(&self) {
        // SAFETY: the handles are alive.
        unsafe {
            segue_batch_clear(self.batch);
            while segue_subscriber_drain(self.subscriber, self.batch, 64, SECOND / 10) > 0 {
                segue_batch_clear(self.batch);
            }
        }
    }

    fn counts(&self) -> [u64; 4] {
        let mut counts = [0; 4];
        // SAFETY: the handle is alive.
        assert_eq!(unsafe { segue_subscriber_counts(self.subscriber, &mut counts) }, 0);
        counts
    }

    fn waiting(&self) -> u64 {
        self.counts()[2]
    }

    fn refused(&self) -> u64 {
        self.counts()[3]
    }
}

/// What the core does per link when a payload goes over the network: a copy, of exactly its bytes.
#[test]
fn counts_are_what_was_sent_through_peers_that_leave_and_the_end() {
    let sender = Node::open(None, false);
    let payload = vec![7u8; 10 << 20];
    let mut sent = 0;
    for round in 1..=3 {
        let reader = Node::open(Some(&sender.locator()), false);
        let receiver = reader.subscribe("counted");
        sender.put("counted", &payload);
        assert!(receiver.receives());
        reader.close();
        sent += payload.len() as u64;
        let counters = sender.counters();
        assert_eq!(counters[2], sent, "round {round}");
        assert!(counters[0] >= sent && counters[0] < sent + (sent >> 4), "{counters:?}");
        assert_eq!(counters[3..5], [0, 0]);
    }
    let before = sender.counters();
    sender.close();
    let after = sender.counters();
    assert!(
        after.iter().zip(&before).all(|(after, before)| after >= before),
        "{before:?} {after:?}"
    );
    assert_eq!(after[2], sent);
}

#[test]
fn the_copy_that_the_core_makes_into_shared_memory_is_counted() {
    let sender = Node::open(None, true);
    let reader = Node::open(Some(&sender.locator()), true);
    let receiver = reader.subscribe("copied");
    // The core makes its pool with the first large payload, which goes over the network.
    let payload = vec![7u8; 1 << 20];
    let end = Instant::now() + Duration::from_secs(20);
    let mut sent = 0;
    while sender.counters()[3] == 0 {
        assert!(Instant::now() < end);
        sender.put("copied", &payload);
        assert!(receiver.receives());
        sent += payload.len() as u64;
    }
    for _ in 0..5 {
        sender.put("copied", &payload);
        assert!(receiver.receives());
        sent += payload.len() as u64;
    }
    let counters = sender.counters();
    assert_eq!(counters[2] + counters[3], sent, "{counters:?}");
    assert!(counters[3] >= 6 << 20, "{counters:?}");
    sender.put("copied", &payload[..100]);
    assert!(receiver.receives());
    assert_eq!(sender.counters()[3], counters[3], "a small one is not copied there");
}

#[test]
fn no_key_of_a_peer_ends_the_process() {
    let me = std::env::current_exe().unwrap();
    let status = Command::new(me)
        .args(["--ignored", "--exact", "live_tests::keys_of_a_peer", "--nocapture"])
        .env("RUST_MIN_STACK", STACK_BYTE_SIZE.to_string())
        .status()
        .unwrap();
    assert!(status.success(), "{status}");
}

#[test]
#[ignore = "needs the stack that no_key_of_a_peer_ends_the_process gives it"]
fn keys_of_a_peer() {
    let node = Node::open(None, false);
    let receivers: Vec<_> =
        ["**", "**/k", "k/**/k"].iter().map(|key| node.subscribe(key)).collect();
    let json5 = format!(
        "{{mode: 'peer', scouting: {{multicast: {{enabled: false}}}},
          listen: {{endpoints: []}}, connect: {{endpoints: ['{}']}}}}",
        node.locator()
    );
    let peer = zenoh::open(Config::from_json5(&json5).unwrap()).wait().unwrap();
    let long = vec!["k"; 32_000].join("/");
    let end = Instant::now() + Duration::from_secs(20);
    while receivers[1].waiting() == 0 {
        assert!(Instant::now() < end, "it is connected");
        peer.put("k", "y").wait().unwrap();
        std::thread::sleep(Duration::from_millis(5));
    }
    for receiver in &receivers[..2] {
        receiver.drain();
    }
    for key in [long.as_str(), "k"] {
        peer.put(key, "y").congestion_control(CongestionControl::Block).wait().unwrap();
    }
    for receiver in &receivers[..2] {
        assert!(receiver.receives(), "what follows is received");
        assert_eq!(receiver.refused(), 1);
    }
    node.put("k/k", b"z");
    assert!(receivers[0].receives());
    for no_key in ["k//k", "k#", "k/?", "k$*$*"] {
        // SAFETY: none; a peer can send any text.
        let key = unsafe { zenoh::key_expr::KeyExpr::from_str_unchecked(no_key) };
        peer.put(key, "y").congestion_control(CongestionControl::Block).wait().unwrap();
    }
    peer.put("k/k", "z").congestion_control(CongestionControl::Block).wait().unwrap();
    assert!(receivers[0].receives(), "what follows is received");
    // The core drops texts that are no key expressions.
    assert_eq!(receivers[0].samples()[0].key_expr().as_str(), "k/k");
    // What is declared is refused over our limits: a node of its table has the whole text up to it.
    let chunks = |count| vec!["k"; count].join("/");
    let _over = peer.declare_subscriber(format!("over/{}", chunks(1_024))).wait().unwrap();
    let declared = peer.declare_subscriber(format!("at/{}", chunks(1_023))).wait().unwrap();
    let end = Instant::now() + Duration::from_secs(20);
    while !node.matches("at/**") {
        assert!(Instant::now() < end, "it is declared");
        std::thread::sleep(Duration::from_millis(5));
    }
    assert!(!node.matches("over/**"));
    // As a thread of Java, with the key still in its table.
    let close = std::thread::Builder::new().stack_size(1 << 20);
    close.spawn(move || node.close()).unwrap().join().unwrap();
    drop(declared);
}

const HALF: u64 = 1 << 19;

struct Pool(i64);

impl Pool {
    fn new(byte_size: u64) -> Pool {
        let pool = segue_shm_pool_new(byte_size);
        assert!(pool > 0);
        Pool(pool)
    }

    /// A loan of half a MiB full of `fill`, or `None`.
    fn loan(&self, fill: u8) -> Option<(i64, *const u8)> {
        // SAFETY: the pool is alive, and the loan is ours alone; its address is the first in it.
        unsafe {
            let loan = segue_shm_loan(self.0, HALF, 2);
            assert!(loan >= 0);
            (loan != 0).then(|| {
                let address = *(loan as *const *mut u8);
                ptr::write_bytes(address, fill, HALF as usize);
                (loan, address.cast_const())
            })
        }
    }

    /// A loan full of `fill` that is handed over.
    fn part(&self, fill: u8) -> Part {
        let (loan, address) = self.loan(fill).unwrap();
        // SAFETY: the loan is alive.
        assert_eq!(unsafe { segue_shm_freeze(loan, HALF) }, 0);
        Part { address, length: HALF, shm: loan }
    }

    fn put(&self, node: &Node, key: &str, fill: u8) {
        let part = self.part(fill);
        put_part(node, key, &part);
        // SAFETY: it is freed once.
        unsafe { segue_shm_loan_free(part.shm) };
    }

    /// Looks for room until there is some or the time is up.
    fn has_room_within(&self, wait: Duration, fill: u8) -> bool {
        let end = Instant::now() + wait;
        loop {
            if let Some((loan, _)) = self.loan(fill) {
                // SAFETY: it is freed once.
                unsafe { segue_shm_loan_free(loan) };
                return true;
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }
}

/// Puts once someone matches.
fn put_part(node: &Node, key: &str, part: &Part) {
    let qos = Qos { congestion_control: 1, priority: 5, express: 0, reliability: 1, locality: 0 };
    // SAFETY: all is alive.
    unsafe {
        let (key, length) = (key.as_ptr(), key.len() as u64);
        let publisher = segue_publisher_declare(node.0, key, length, ptr::null(), 0, &qos);
        let end = Instant::now() + Duration::from_secs(20);
        while segue_publisher_matching(publisher) != 1 {
            assert!(Instant::now() < end, "no subscriber");
            std::thread::sleep(Duration::from_millis(5));
        }
        let none = ptr::null();
        let code = segue_publisher_put(publisher, part, 1, 1, 0, none, none, none, none);
        assert!(code >= 0);
        segue_publisher_free(publisher);
    }
}

/// A process that reads shared memory, or writes it, and does what its input says.
struct Reader {
    process: Child,
    says: Lines<BufReader<ChildStdout>>,
    input: ChildStdin,
}

impl Reader {
    fn start(node: &Node, key: &str) -> Reader {
        Reader::run("live_tests::reader", &format!("{} {key}", node.locator()))
    }

    fn run(test: &str, of: &str) -> Reader {
        let mut process = Command::new(std::env::current_exe().unwrap())
            .args(["--ignored", "--exact", test, "--nocapture"])
            .env("READER_OF", of)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let says = BufReader::new(process.stdout.take().unwrap()).lines();
        let input = process.stdin.take().unwrap();
        Reader { process, says, input }
    }

    fn says(&mut self) -> String {
        loop {
            let line = self.says.next().expect("an answer").unwrap();
            if let Some(answer) = line.strip_prefix("reader: ") {
                return answer.to_owned();
            }
        }
    }

    fn asked(&mut self, what: &str) -> String {
        writeln!(self.input, "{what}").unwrap();
        self.says()
    }

    fn signal(&self, signal: i32) {
        // SAFETY: the process is ours and not waited for.
        assert_eq!(unsafe { libc::kill(self.process.id() as i32, signal) }, 0);
    }
}

impl Drop for Reader {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

#[test]
#[ignore = "the other process of tests of shared memory"]
fn reader() {
    let of = std::env::var("READER_OF").unwrap();
    let (locator, key) = of.split_once(' ').unwrap();
    let node = Node::open(Some(locator), true);
    let receiver = node.subscribe(key);
    assert!(receiver.receives());
    println!("\nreader: received");
    for line in std::io::stdin().lines() {
        match line.unwrap().as_str() {
            "look" => {
                let sample = &receiver.samples()[0];
                let bytes = sample.payload().to_bytes();
                let same = bytes.iter().all(|byte| *byte == bytes[0]);
                println!("reader: {} {} {same}", sample.payload().as_shm().is_some(), bytes[0]);
            }
            "pool" => {
                let pool = Pool::new(HALF);
                assert!(pool.loan(1).is_some());
                println!("reader: made");
            }
            "exit" => std::process::exit(0),
            "next" => println!("reader: {}", receiver.receives()),
            other => panic!("{other}"),
        }
    }
}

#[test]
fn a_sample_of_a_paused_process_never_changes_and_a_dead_one_gives_its_memory_back() {
    let node = Node::open(None, true);
    let pool = Pool::new(2 * HALF);
    let mut reader = Reader::start(&node, "kept");
    pool.put(&node, "kept", 7);
    assert_eq!(reader.says(), "received");
    assert_eq!(reader.asked("look"), "true 7 true");
    reader.signal(libc::SIGSTOP);
    std::thread::sleep(Duration::from_millis(400));
    reader.signal(libc::SIGCONT);
    let rest = pool.loan(9).unwrap();
    assert!(!pool.has_room_within(Duration::from_secs(4), 9));
    assert_eq!(reader.asked("look"), "true 7 true");
    // SAFETY: all is alive.
    unsafe {
        assert_eq!(segue_shm_pool_collect(pool.0, 1), 0, "by force neither");
        assert_eq!(segue_shm_pool_orphaned(pool.0), 0);
    }
    assert_eq!(reader.asked("look"), "true 7 true");
    reader.signal(libc::SIGSTOP);
    assert!(!pool.has_room_within(Duration::from_secs(3), 9), "it is paused");
    reader.signal(libc::SIGKILL);
    assert!(pool.has_room_within(Duration::from_secs(10), 9), "it is dead");
    // What was taken back is used again and again, whatever the core remembers of it.
    for round in 0..3 {
        // A put goes to those who are known to be there: also to one that died a moment ago.
        node.is_alone();
        let mut reader = Reader::start(&node, "kept");
        pool.put(&node, "kept", round);
        assert_eq!(reader.says(), "received");
        assert_eq!(reader.asked("look"), format!("true {round} true"));
        assert!(!pool.has_room_within(Duration::from_millis(600), 9), "it is seen with the pool");
        reader.signal(libc::SIGKILL);
        assert!(pool.has_room_within(Duration::from_secs(10), 9));
    }
    // SAFETY: it is freed once.
    unsafe { segue_shm_loan_free(rest.0) };
}

#[test]
fn memory_that_a_dead_process_and_a_living_one_may_hold_is_counted_and_stays() {
    let node = Node::open(None, true);
    let pool = Pool::new(2 * HALF);
    let mut dying = Reader::start(&node, "shared");
    let mut living = Reader::start(&node, "shared");
    let end = Instant::now() + Duration::from_secs(20);
    while node.info("peers").lines().count() < 2 {
        assert!(Instant::now() < end);
        std::thread::sleep(Duration::from_millis(5));
    }
    std::thread::sleep(Duration::from_millis(500));
    pool.put(&node, "shared", 5);
    assert_eq!(dying.says(), "received");
    assert_eq!(living.says(), "received");
    std::thread::sleep(Duration::from_millis(500));
    dying.signal(libc::SIGKILL);
    let rest = pool.loan(9).unwrap();
    assert!(!pool.has_room_within(Duration::from_secs(3), 9));
    // SAFETY: the pool is alive.
    assert_eq!(unsafe { segue_shm_pool_orphaned(pool.0) }, HALF as i64);
    assert_eq!(living.asked("look"), "true 5 true");
    living.signal(libc::SIGKILL);
    assert!(pool.has_room_within(Duration::from_secs(10), 9));
    // SAFETY: all is alive, and the loan is freed once.
    unsafe {
        assert_eq!(segue_shm_pool_orphaned(pool.0), 0);
        segue_shm_loan_free(rest.0);
    }
}

/// Bytes of shared memory of this process, without the core's own books.
fn mapped_byte_size(pid: u32) -> usize {
    let maps = std::fs::read_to_string(format!("/proc/{pid}/maps")).unwrap();
    maps.lines()
        .filter(|line| line.contains("/dev/shm/") && line.contains(".zenoh"))
        .map(|line| {
            let (from, to) = line.split(' ').next().unwrap().split_once('-').unwrap();
            usize::from_str_radix(to, 16).unwrap() - usize::from_str_radix(from, 16).unwrap()
        })
        .filter(|&size| size > 8 << 20)
        .sum()
}

#[test]
fn a_closed_pool_is_let_go_by_its_owner_and_its_readers() {
    let node = Node::open(None, true);
    let mut reader = Reader::start(&node, "closed");
    for round in 0..8 {
        let pool = Pool::new(16 << 20);
        pool.put(&node, "closed", round);
        if round == 0 {
            assert_eq!(reader.says(), "received");
        } else {
            assert_eq!(reader.asked("next"), "true");
        }
        assert_eq!(reader.asked("look"), format!("true {round} true"));
        // SAFETY: it is freed once.
        unsafe { segue_shm_pool_free(pool.0) };
    }
    let end = Instant::now() + Duration::from_secs(20);
    let most = 3 * (16 << 20);
    while mapped_byte_size(std::process::id()) > most
        || mapped_byte_size(reader.process.id()) > 6 * (16 << 20)
    {
        assert!(Instant::now() < end, "{}", mapped_byte_size(reader.process.id()));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(reader.asked("look"), "true 7 true", "what is held stays mapped");
    let end = Instant::now() + Duration::from_secs(30);
    while mapped_byte_size(reader.process.id()) > 2 * (16 << 20) {
        assert!(Instant::now() < end, "{}", mapped_byte_size(reader.process.id()));
        std::thread::sleep(Duration::from_millis(50));
    }
    assert_eq!(reader.asked("look"), "true 7 true");
}

#[test]
fn a_low_latency_session_refuses_what_its_links_cannot_carry() {
    let path = std::env::temp_dir().join(format!("segue-test-{}.sock", std::process::id()));
    let endpoint = format!("unixsock-stream/{}", path.display());
    let open = |listen: &str, connect: &str| {
        let json5 = format!(
            "{{mode: 'peer', scouting: {{multicast: {{enabled: false}}}},
              listen: {{endpoints: [{listen}]}}, connect: {{endpoints: [{connect}]}},
              transport: {{unicast: {{lowlatency: true, qos: {{enabled: false}}}},
                shared_memory: {{enabled: true, transport_optimization: {{enabled: false}}}}}}}}"
        );
        // SAFETY: all is alive.
        let session = unsafe {
            segue_session_open(segue_config_from_json5(json5.as_ptr(), json5.len() as u64))
        };
        assert!(session > 0);
        Node(session)
    };
    let quoted = format!("'{endpoint}'");
    let sender = open(&quoted, "");
    let reader = open("", &quoted);
    let receiver = reader.subscribe("quick");
    sender.put("quick", b"small");
    assert!(receiver.receives());
    sender.put("quick", &vec![1; 65_000]);
    assert!(receiver.receives());
    let large = vec![1u8; 65_100];
    let mut qos =
        Qos { congestion_control: 1, priority: 5, express: 0, reliability: 1, locality: 0 };
    // SAFETY: all is alive.
    unsafe {
        let declare = |qos: &Qos| {
            segue_publisher_declare(sender.0, b"quick".as_ptr(), 5, ptr::null(), 0, qos)
        };
        let publisher = declare(&qos);
        let code = segue_publisher_put_one(publisher, large.as_ptr(), large.len() as u64, 1, 0);
        assert_eq!(-code & 0xFF, 2);
        segue_publisher_free(publisher);
        qos.priority = 1;
        assert_eq!(-declare(&qos) & 0xFF, 2);
    }
    let pool = Pool::new(HALF);
    pool.put(&sender, "quick", 3);
    assert!(receiver.receives());
    assert_eq!(receiver.samples()[0].payload().len(), HALF as usize);
    sender.put("quick", b"after that");
    assert!(receiver.receives(), "the link is alive");
    let _ = std::fs::remove_file(path);
}

/// Files of shared memory that a process has open.
fn files_of(pid: u32) -> Vec<std::path::PathBuf> {
    let fds = std::fs::read_dir(format!("/proc/{pid}/fd")).unwrap().flatten();
    fds.filter_map(|fd| std::fs::read_link(fd.path()).ok())
        .filter(|path| path.starts_with("/dev/shm"))
        .collect()
}

#[test]
fn a_process_that_ends_with_all_open_leaves_no_files() {
    let node = Node::open(None, true);
    let mut reader = Reader::start(&node, "left");
    let pool = Pool::new(HALF);
    pool.put(&node, "left", 1);
    assert_eq!(reader.says(), "received");
    assert_eq!(reader.asked("pool"), "made");
    let ours = files_of(std::process::id());
    let of_reader: Vec<_> =
        files_of(reader.process.id()).into_iter().filter(|file| !ours.contains(file)).collect();
    assert!(of_reader.len() >= 2, "{of_reader:?}");
    writeln!(reader.input, "exit").unwrap();
    assert!(reader.process.wait().unwrap().success());
    let left: Vec<_> = of_reader.iter().filter(|file| file.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(ours.iter().any(|file| file.exists()), "ours are in use");
}

#[test]
fn what_a_killed_process_leaves_is_cleaned_up() {
    let node = Node::open(None, true);
    let mut reader = Reader::start(&node, "cleaned");
    let pool = Pool::new(HALF);
    pool.put(&node, "cleaned", 1);
    assert_eq!(reader.says(), "received");
    assert_eq!(reader.asked("pool"), "made");
    let ours = files_of(std::process::id());
    let of_reader: Vec<_> =
        files_of(reader.process.id()).into_iter().filter(|file| !ours.contains(file)).collect();
    assert!(of_reader.len() >= 2, "{of_reader:?}");
    reader.signal(libc::SIGKILL);
    reader.process.wait().unwrap();
    assert_eq!(segue_shm_cleanup_orphans(), 0);
    let left: Vec<_> = of_reader.iter().filter(|file| file.exists()).collect();
    assert!(left.is_empty(), "{left:?}");
}

#[test]
fn a_sample_that_another_session_of_the_process_holds_never_changes() {
    let node = Node::open(None, true);
    let other = Node::open(Some(&node.locator()), true);
    let receiver = other.subscribe("own");
    let pool = Pool::new(HALF);
    pool.put(&node, "own", 4);
    assert!(receiver.receives());
    assert!(receiver.samples()[0].payload().as_shm().is_some());
    assert!(!pool.has_room_within(Duration::from_secs(4), 9));
    assert!(receiver.samples()[0].payload().to_bytes().iter().all(|&byte| byte == 4));
    // SAFETY: the batch is alive and has no readers now.
    unsafe { segue_batch_clear(receiver.batch) };
    assert!(pool.has_room_within(Duration::from_secs(10), 9));
}
