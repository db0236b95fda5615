//! What holds with real sessions and links, through the entry points that Java calls.

use crate::{config::*, publish::*, sample::*, session::*, subscribe::*};
use std::{
    process::Command,
    ptr,
    time::{Duration, Instant},
};
use zenoh::{Config, Wait};

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

    fn counters(&self) -> [u64; 5] {
        let mut counters = [0; 5];
        // SAFETY: the handle is alive.
        assert_eq!(unsafe { segue_session_counters(self.0, &mut counters) }, 0);
        counters
    }

    fn subscribe(&self, key: &str) -> Receiver {
        // SAFETY: all is alive.
        let subscriber =
            unsafe { segue_subscriber_declare(self.0, key.as_ptr(), key.len() as u64, 0, 64, 1) };
        assert!(subscriber > 0);
        let mut records = 0;
        // SAFETY: as above.
        Receiver { subscriber, batch: unsafe { segue_batch_new(64, &mut records) } }
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
            assert!(segue_publisher_put_one(publisher, payload.as_ptr(), length, 1) >= 0);
            assert_eq!(segue_publisher_free(publisher), 0);
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

    fn refused(&self) -> u64 {
        let mut counts = [0; 4];
        // SAFETY: the handle is alive.
        assert_eq!(unsafe { segue_subscriber_counts(self.subscriber, &mut counts) }, 0);
        counts[3]
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
        assert_eq!(counters[3..], [0, 0]);
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
    peer.put(&long, "x").wait().unwrap();
    peer.put("k", "y").wait().unwrap();
    for receiver in &receivers[..2] {
        assert!(receiver.receives(), "what follows is received");
        assert_eq!(receiver.refused(), 1);
    }
    node.put("k/k", b"z");
    assert!(receivers[0].receives());
}
