use crate::{
    abi::{guard, segue_ice_error_take, PANICKED, TOO_MANY_BORROWED},
    node::{check_owners, own_folder, segue_ice_node_new, NodeHandle},
    publish::PublisherHandle,
    request::{CallQos, ClientHandle, ReqRes},
    serve::ServerHandle,
    service::{unconnected, PubSub, Qos},
    subscribe::{SubscriberHandle, MOST_OPEN},
    Ipc,
};
use iceoryx2::{
    port::DegradationCause,
    prelude::*,
    service::{
        internal::ServiceInternal, messaging_pattern::MessagingPattern, service_hash::ServiceHash,
        Service,
    },
};
use std::{
    cell::Cell,
    ops::Deref,
    os::unix::fs::{MetadataExt, PermissionsExt},
    path::PathBuf,
    sync::{
        atomic::{AtomicU32, AtomicU64, Ordering},
        Arc,
    },
    time::Duration,
};

const FEW: Qos = Qos {
    publishers: 1,
    subscribers: 1,
    nodes: 2,
    buffer: 2,
    borrowed: 1,
    history: 0,
    overflow: 1,
    header_size: 0,
    header_alignment: 1,
};

/// A service under a prefix of its own.
struct Alone<S = PubSub> {
    service: Arc<S>,
    prefix: String,
}

impl<S> Deref for Alone<S> {
    type Target = Arc<S>;

    fn deref(&self) -> &Arc<S> {
        &self.service
    }
}

fn service(qos: &Qos) -> Alone {
    alone(|node| PubSub::open(node, "a/service", qos, "Header").unwrap())
}

fn alone<S>(open: impl Fn(&NodeHandle) -> S) -> Alone<S> {
    static NUMBER: AtomicU32 = AtomicU32::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let prefix = format!("segue_test_{}_{number}_", std::process::id());
    // SAFETY: the text is alive, and the handle is freed once.
    let node = unsafe {
        let node = segue_ice_node_new("".as_ptr(), 0, prefix.as_ptr(), prefix.len() as u64);
        assert!(node > 0, "{}", message(node));
        Box::from_raw(node as *mut NodeHandle)
    };
    Alone { service: Arc::new(open(&node)), prefix }
}

/// The files in shared memory of all nodes of a prefix.
fn files(prefix: &str) -> impl Iterator<Item = String> + '_ {
    std::fs::read_dir("/dev/shm").unwrap().filter_map(move |entry| {
        let name = entry.unwrap().file_name().into_string().unwrap();
        name.starts_with(prefix).then(|| format!("/dev/shm/{name}"))
    })
}

/// The bytes of a file, and those that it has pages for.
fn sizes(file: &str) -> (u64, u64) {
    let data = std::fs::metadata(file).unwrap();
    (data.len(), data.blocks() * 512)
}

fn message(failure: i64) -> String {
    let mut text = vec![0u8; 4096];
    // SAFETY: the buffer is ours.
    let length = unsafe { segue_ice_error_take(failure, text.as_mut_ptr(), text.len() as u64) };
    text.truncate(length as usize);
    String::from_utf8(text).unwrap()
}

#[test]
fn a_panic_becomes_a_kind_and_a_message() {
    let failure = guard(|| panic!("kaput"));
    assert_eq!((-failure & 0xFF) as u8, PANICKED);
    assert_eq!(message(failure), "panic in the native core: kaput");
    assert_eq!(message(failure), "no message was kept");
}

#[test]
fn the_cost_of_a_publisher_is_what_it_takes() {
    for (size, loans, qos) in [
        (1, 1, FEW),
        (100_000, 3, Qos { buffer: 5, history: 2, ..FEW }),
        (4096, 2, Qos { subscribers: 7, ..FEW }),
        (9, 2, Qos { header_size: 1024, header_alignment: 4, buffer: 9, ..FEW }),
    ] {
        let service = service(&qos);
        let cost = service.cost(size, loans).unwrap();
        let taken = || files(&service.prefix).map(|file| sizes(&file).1).sum::<u64>();
        let before = taken();
        let _publisher = PublisherHandle::new(&service, size, loans, Duration::ZERO).unwrap();
        let taken = taken() - before;
        assert!(taken <= cost && cost - taken < 16 * 1024 + cost / 8, "{taken} of {cost}");
    }
}

#[test]
fn the_cost_of_a_client_and_of_a_server_is_what_they_take() {
    const MORE: CallQos = CallQos {
        clients: 3,
        servers: 2,
        nodes: 2,
        active: 4,
        loaned: 3,
        buffer: 2,
        borrowed: 5,
        request_overflow: 0,
        response_overflow: 0,
        fire_and_forget: 0,
    };
    let one =
        CallQos { clients: 1, servers: 1, active: 1, loaned: 1, buffer: 1, borrowed: 1, ..MORE };
    for (size, loans, qos) in [(1, 1, one), (100_000, 3, one), (4096, 2, MORE)] {
        let service = alone(|node| ReqRes::open(node, "a/service", &qos).unwrap());
        let taken = || files(&service.prefix).map(|file| sizes(&file).1).sum::<u64>();
        let near = |taken: u64, cost: u64| {
            assert!(taken <= cost && cost - taken < 16 * 1024 + cost / 8, "{taken} of {cost}");
        };
        let before = taken();
        let _client = ClientHandle::new(&service, size, Duration::ZERO).unwrap();
        near(taken() - before, service.client_cost(size).unwrap());
        drop(_client);
        let before = taken();
        let _server = ServerHandle::new(&service, size, loans, Duration::ZERO).unwrap();
        near(taken() - before, service.server_cost(size, loans).unwrap());
    }
}

#[test]
fn all_shared_memory_has_its_pages_before_it_is_written() {
    let service = service(&FEW);
    let publisher = PublisherHandle::new(&service, 1 << 20, 2, Duration::ZERO).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    assert!(subscriber.wait(Duration::ZERO).unwrap());
    publisher.send(&mut publisher.loan(1).unwrap().unwrap()).unwrap();
    assert!(files(&service.prefix).count() > 4);
    for file in files(&service.prefix) {
        let (size, taken) = sizes(&file);
        assert!(size > 0 && taken >= size, "{file} has {taken} of {size}");
    }
}

#[test]
fn no_other_user_may_write_or_read_what_lies_in_shared_memory() {
    let service = service(&FEW);
    let _publisher = PublisherHandle::new(&service, 8, 2, Duration::ZERO).unwrap();
    for file in files(&service.prefix) {
        let mode = std::fs::metadata(&file).unwrap().mode();
        assert_eq!(mode & 0o077, 0, "{file} has mode {mode:o}");
    }
}

#[test]
fn a_cleaner_of_old_files_passes_over_the_folder_of_a_node() {
    alone(|node| {
        let root = node.lock().config().global.root_path().to_string();
        // As tmpfiles.d(5) says that it does before it looks into a folder.
        assert!(std::fs::File::open(root).unwrap().try_lock().is_err());
    });
}

#[test]
fn ports_that_fail_to_connect_one_after_another_are_waited_for_once() {
    let looks = Cell::new(0);
    let fail = || {
        looks.set(0);
        unconnected(DegradationCause::FailedToEstablishConnection, || {
            looks.set(looks.get() + 1);
            true
        });
        looks.get()
    };
    assert!(fail() > 1);
    assert_eq!(fail(), 1);
}

#[test]
fn the_folder_of_another_user_is_refused() {
    let folder = std::env::temp_dir().join(format!("segue_test_{}", std::process::id()));
    std::fs::create_dir(&folder).unwrap();
    let path = folder.to_str().unwrap();
    let own = own_folder(path).is_ok();
    let parts = [path.to_string(), format!("{path}/none")];
    assert!(check_owners(&parts).is_ok());
    let other = std::os::unix::fs::chown(&folder, Some(65_534), None).map(|()| own_folder(path));
    let other_part = check_owners(&parts);
    std::fs::remove_dir(&folder).unwrap();
    assert!(own);
    // Who can't give a folder away doesn't know of one of another user, but root's.
    if let Ok(outcome) = other {
        assert!(other_part.is_err());
        assert!(outcome.unwrap_err().message.contains("the number 65534"));
    }
}

/// Sends so many bytes of one value; how many got it, and how many did not.
fn send(publisher: &PublisherHandle, size: usize, value: u8) -> (usize, usize) {
    let mut loan = publisher.loan(size as u64).unwrap().unwrap();
    // SAFETY: so many bytes are lent.
    unsafe { std::slice::from_raw_parts_mut(loan.address(), size) }.fill(value);
    publisher.send(&mut loan).unwrap()
}

#[test]
fn a_sample_stays_as_it_is_when_its_subscriber_is_gone() {
    let service = service(&FEW);
    let publisher = PublisherHandle::new(&service, 64, 2, Duration::ZERO).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    let send = |value| send(&publisher, 64, value);
    assert_eq!(send(7), (1, 0));
    let sample = subscriber.take().unwrap().unwrap();
    drop(subscriber);
    for value in 10..100 {
        send(value);
    }
    assert_eq!(sample.bytes(), [7; 64]);
    drop(sample);
    assert_eq!(send(7), (0, 0));
}

#[test]
fn samples_beyond_the_limit_are_refused_and_not_lost() {
    let service = service(&FEW);
    let publisher = PublisherHandle::new(&service, 8, 1, Duration::ZERO).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    for _ in 0..2 {
        publisher.send(&mut publisher.loan(8).unwrap().unwrap()).unwrap();
    }
    let first = subscriber.take().unwrap().unwrap();
    assert_eq!(subscriber.take().err().unwrap().kind, TOO_MANY_BORROWED);
    drop(first);
    assert!(subscriber.take().unwrap().is_some());
}

#[test]
fn the_next_sample_takes_the_place_of_the_last_and_gives_it_back() {
    let service = service(&FEW);
    let publisher = PublisherHandle::new(&service, 8, 1, Duration::ZERO).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    let send = |value| send(&publisher, 8, value);
    send(1);
    send(2);
    let first = Box::new(subscriber.take().unwrap().unwrap());
    assert_eq!(first.bytes(), [1; 8]);
    assert_eq!(subscriber.take().err().unwrap().kind, TOO_MANY_BORROWED);
    let second = subscriber.next(first).unwrap().unwrap();
    assert_eq!(second.bytes(), [2; 8]);
    assert!(subscriber.next(second).unwrap().is_none());
    for value in 3..10 {
        send(value);
        assert_eq!(subscriber.take().unwrap().unwrap().bytes(), [value; 8]);
    }
}

#[test]
fn a_sample_that_gives_way_to_the_next_is_not_one_of_those_that_are_open() {
    let service = service(&Qos { buffer: 1100, borrowed: 1100, ..FEW });
    let publisher = PublisherHandle::new(&service, 8, 1, Duration::ZERO).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    for _ in 0..=MOST_OPEN {
        publisher.send(&mut publisher.loan(8).unwrap().unwrap()).unwrap();
    }
    let mut open: Vec<_> = (0..MOST_OPEN).map(|_| subscriber.take().unwrap().unwrap()).collect();
    let last = Box::new(open.pop().unwrap());
    let next = subscriber.next(last).unwrap().unwrap();
    assert_eq!(subscriber.take().err().unwrap().kind, TOO_MANY_BORROWED);
    assert!(subscriber.next(next).unwrap().is_none());
    assert!(subscriber.take().unwrap().is_none());
}

#[test]
fn a_sample_goes_back_though_the_next_one_is_refused() {
    let service = service(&FEW);
    let publisher = PublisherHandle::new(&service, 8, 1, Duration::ZERO).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    send(&publisher, 8, 1);
    send(&publisher, 8, 2);
    let first = Box::new(subscriber.take().unwrap().unwrap());
    let others: Vec<_> = (0..MOST_OPEN).map(|_| subscriber.hold()).collect();
    assert_eq!(subscriber.next(first).err().unwrap().kind, TOO_MANY_BORROWED);
    drop(others);
    assert_eq!(subscriber.take().unwrap().unwrap().bytes(), [2; 8]);
}

#[test]
fn threads_that_share_ports_lose_nothing_and_get_nothing_twice() {
    const EACH: u64 = 5_000;
    const THREADS: u64 = 4;
    let service = service(&Qos { overflow: 0, buffer: 16, borrowed: 16, ..FEW });
    let patience = Duration::from_secs(60);
    let publisher = PublisherHandle::new(&service, 8, THREADS, patience).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    let (count, sum) = (AtomicU64::new(0), AtomicU64::new(0));
    std::thread::scope(|scope| {
        for thread in 0..THREADS {
            let publisher = &publisher;
            scope.spawn(move || {
                for i in 0..EACH {
                    let value = (thread * EACH + i).to_ne_bytes();
                    let mut loan = publisher.loan(8).unwrap().unwrap();
                    // SAFETY: 8 bytes are lent.
                    unsafe { std::slice::from_raw_parts_mut(loan.address(), 8) }
                        .copy_from_slice(&value);
                    assert_eq!(publisher.send(&mut loan).unwrap(), (1, 0));
                }
            });
            scope.spawn(|| {
                let mut last = None;
                while count.load(Ordering::Relaxed) < THREADS * EACH {
                    let taken = match last.take() {
                        Some(last) => subscriber.next(last).unwrap(),
                        None => subscriber.take().unwrap().map(Box::new),
                    };
                    if let Some(sample) = taken {
                        let value = u64::from_ne_bytes(sample.bytes().try_into().unwrap());
                        sum.fetch_add(value, Ordering::Relaxed);
                        count.fetch_add(1, Ordering::Relaxed);
                        last = Some(sample);
                    } else {
                        std::thread::yield_now();
                    }
                }
            });
        }
    });
    let all = THREADS * EACH;
    assert_eq!((count.into_inner(), sum.into_inner()), (all, all * (all - 1) / 2));
}

#[test]
fn a_subscriber_has_only_so_many_samples_open() {
    let service = service(&Qos { buffer: 1100, borrowed: 1100, ..FEW });
    let publisher = PublisherHandle::new(&service, 8, 1, Duration::ZERO).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    for _ in 0..=MOST_OPEN {
        publisher.send(&mut publisher.loan(8).unwrap().unwrap()).unwrap();
    }
    let mut open: Vec<_> = (0..MOST_OPEN).map(|_| subscriber.take().unwrap().unwrap()).collect();
    assert_eq!(subscriber.take().err().unwrap().kind, TOO_MANY_BORROWED);
    open.pop();
    assert!(subscriber.take().unwrap().is_some());
}

#[test]
fn who_has_no_room_is_counted() {
    let service = service(&Qos { overflow: 0, ..FEW });
    let publisher = PublisherHandle::new(&service, 8, 1, Duration::from_millis(1)).unwrap();
    let subscriber = SubscriberHandle::new(&service).unwrap();
    let send = || publisher.send(&mut publisher.loan(8).unwrap().unwrap()).unwrap();
    assert_eq!((send(), send(), send()), ((1, 0), (1, 0), (0, 1)));
    drop(subscriber.take().unwrap().unwrap());
    assert_eq!(send(), (1, 0));
}

#[test]
fn who_was_there_first_and_never_looks_is_counted() {
    let service = service(&Qos { overflow: 0, ..FEW });
    let _subscriber = SubscriberHandle::new(&service).unwrap();
    let publisher = PublisherHandle::new(&service, 8, 1, Duration::ZERO).unwrap();
    let send = || publisher.send(&mut publisher.loan(8).unwrap().unwrap()).unwrap();
    assert_eq!((send(), send(), send()), ((1, 0), (1, 0), (0, 1)));
}

/// The descriptions of all services of a node's prefix.
fn descriptions(node: &Node<Ipc>) -> Vec<PathBuf> {
    let global = &node.config().global;
    let prefix = global.prefix.to_string();
    std::fs::read_dir(format!("{}/services", global.root_path()))
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| path.file_name().unwrap().to_str().unwrap().starts_with(&prefix))
        .collect()
}

/// What a clean-up does with a service after a node has died.
fn clean_up(dead: &Node<Ipc>) {
    let name = ServiceName::new("a/service").unwrap();
    let hash = ServiceHash::new::<<Ipc as Service>::ServiceNameHasher>(
        &name,
        MessagingPattern::PublishSubscribe,
    );
    <Ipc as ServiceInternal<Ipc>>::__internal_remove_node_from_service(
        dead.id(),
        &hash,
        dead.config(),
    )
    .unwrap();
}

#[test]
fn a_clean_up_leaves_a_service_alone_that_a_living_node_is_making() {
    alone(|handle| {
        let _service = PubSub::open(handle, "a/service", &FEW, "Header").unwrap();
        let maker = handle.lock();
        let prefix = maker.config().global.prefix.to_string();
        // Its memory is made last.
        let memory = |file: &String| file.ends_with(".dynamic");
        files(&prefix).filter(memory).for_each(|file| std::fs::remove_file(file).unwrap());
        let before = descriptions(&maker).len();
        let other = NodeBuilder::new().config(maker.config()).create::<Ipc>().unwrap();
        clean_up(&other);
        assert_eq!(descriptions(&maker).len(), before);
    });
}

#[test]
fn a_clean_up_leaves_a_service_alone_that_another_process_removes() {
    alone(|handle| {
        let service = PubSub::open(handle, "a/service", &FEW, "Header").unwrap();
        std::mem::forget(service); // its node is taken for dead
        let dead = handle.lock();
        let removed_by_another: Vec<_> = descriptions(&dead)
            .iter()
            .map(|path| {
                let file = std::fs::File::open(path).unwrap();
                file.lock().unwrap();
                file
            })
            .collect();
        clean_up(&dead);
        assert_eq!(descriptions(&dead).len(), removed_by_another.len());
    });
}

#[test]
fn what_takes_the_name_of_an_abandoned_service_stays() {
    alone(|handle| {
        let open = || PubSub::open(handle, "a/service", &FEW, "Header").unwrap();
        let described = || descriptions(&handle.lock());
        let service = open();
        let left = described();
        drop(service);
        for path in &left {
            std::fs::write(path, []).unwrap();
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o600)).unwrap();
        }
        let name = ServiceName::new("a/service").unwrap();
        let abandoned = handle
            .lock()
            .__internal_abandoned_service(&name, MessagingPattern::PublishSubscribe)
            .unwrap();
        // Whoever cleans up after the dead, and makes it anew, before that is removed.
        left.iter().for_each(|path| std::fs::remove_file(path).unwrap());
        let service = open();
        assert!(!handle.lock().__internal_remove_abandoned_service(&abandoned));
        assert_eq!(described().len(), left.len());
        drop(service);
        assert!(described().is_empty());
    });
}
