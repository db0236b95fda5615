//! What happens to samples in shared memory while the process that published them stands still.

use super::*;

/// A process that publishes samples in shared memory, and does what its input says.
#[test]
#[ignore = "the other process of tests of shared memory"]
fn writer() {
    let key = std::env::var("READER_OF").unwrap();
    let node = Node::open(None, true);
    let pool = Pool::new(4 * HALF);
    println!("\nreader: {}", node.locator());
    let mut held = pool.part(0);
    for line in std::io::stdin().lines() {
        let line = line.unwrap();
        // SAFETY: the loan is alive, and freed once.
        let loan = unsafe { crate::abi::borrow::<ShmLoan>(held.shm) };
        match line.split_once(' ') {
            Some(("hold", fill)) => {
                // SAFETY: as above.
                unsafe { segue_shm_loan_free(held.shm) };
                held = pool.part(fill.parse().unwrap());
                println!("reader: held");
            }
            None if line == "put" => {
                put_part(&node, &key, &held);
                println!("reader: put");
            }
            None if line == "marked" => println!("reader: {}", loan.is_marked()),
            _ => panic!("{line}"),
        }
    }
}

/// Pauses the process until the core's watchdog has marked what it holds.
fn pause(writer: &mut Reader) {
    for _ in 0..60 {
        writer.signal(libc::SIGSTOP);
        std::thread::sleep(Duration::from_millis(230));
        writer.signal(libc::SIGCONT);
        std::thread::sleep(Duration::from_millis(20));
        if writer.asked("marked") == "true" {
            return;
        }
    }
    panic!("no pause was noticed");
}

fn start(key: &str) -> (Reader, Reader) {
    let mut writer = Reader::run("live_tests::pauses::writer", key);
    let locator = writer.says();
    let mut reader = Reader::run("live_tests::reader", &format!("{locator} {key}"));
    assert_eq!(writer.asked("put"), "put");
    assert_eq!(reader.says(), "received");
    (writer, reader)
}

#[test]
fn a_sample_whose_publisher_paused_between_hand_over_and_put_comes() {
    let (mut writer, mut reader) = start("paused/before");
    for round in 1..4 {
        assert_eq!(writer.asked(&format!("hold {round}")), "held");
        pause(&mut writer);
        assert_eq!(writer.asked("put"), "put");
        assert_eq!(writer.asked("marked"), "false", "for readers of other libraries");
        assert_eq!(reader.asked("next"), "true");
        assert_eq!(reader.asked("look"), format!("true {round} true"));
    }
}

#[test]
fn a_sample_whose_publisher_paused_while_it_was_on_its_way_comes() {
    let (mut writer, mut reader) = start("paused/after");
    for round in 1..4 {
        assert_eq!(writer.asked(&format!("hold {round}")), "held");
        reader.signal(libc::SIGSTOP);
        std::thread::sleep(Duration::from_millis(50));
        assert_eq!(writer.asked("put"), "put");
        pause(&mut writer);
        reader.signal(libc::SIGCONT);
        assert_eq!(reader.asked("next"), "true");
        assert_eq!(reader.asked("look"), format!("true {round} true"));
    }
}
