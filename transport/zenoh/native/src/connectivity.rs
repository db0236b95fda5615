//! What a session tells of its connections: transports and links that come and go, and the
//! endpoints that it is told to connect to.

use crate::{
    abi::{borrowed, failed, give_text, guard, into_handle, take, without_places},
    fields::{line, lines},
    info::{link_line, transport_line},
    queue::Queue,
    session::{on_a_deep_stack, Session},
};
use std::{
    collections::{btree_map::Entry, BTreeMap, VecDeque},
    sync::{Arc, Mutex, MutexGuard},
    time::Duration,
};
use zenoh::{
    internal::runtime::Runtime,
    reached_endpoints::{configured, open_nodes, watch, Change, Watch},
    sample::SampleKind,
    session::{Link, LinkEventsListener, Transport, TransportEventsListener, ZenohId},
    Wait,
};

/// Events that wait at most; of more, the newest stay.
const CAPACITY: usize = 1024;

struct Known {
    endpoint: String,
    is_reached: bool,
    /// Why the last attempt failed; empty for none that did.
    failure: String,
}

impl Known {
    fn line(&self) -> String {
        line(&[&self.is_reached, &self.failure, &self.endpoint])
    }

    fn event(&self) -> String {
        format!("endpoint\t{}", self.line())
    }

    /// Whether there is something to tell.
    fn change(&mut self, change: Change<'_>) -> bool {
        let (is_reached, failure) = match change {
            Change::Reached => (true, String::new()),
            Change::Lost => (false, "the connection ended".into()),
            Change::Failed(e) => (false, without_places(&e.to_string()).trim().to_owned()),
        };
        let changed = is_reached != self.is_reached || !is_reached && self.failure.is_empty();
        (self.is_reached, self.failure) = (is_reached, failure);
        changed
    }
}

#[derive(Default)]
struct State {
    known: Vec<Known>,
    listening: Vec<Arc<Queue<String>>>,
}

/// The endpoints that a session is told to connect to, and who wants to learn of them.
#[derive(Default)]
pub struct Endpoints {
    state: Mutex<State>,
    watch: Mutex<Option<Watch>>,
}

impl Endpoints {
    /// Before the runtime starts.
    pub fn of(runtime: &Runtime) -> Arc<Endpoints> {
        let endpoints = Arc::<Endpoints>::default();
        let names: Vec<String> = configured(runtime).iter().map(|e| e.to_string()).collect();
        if !names.is_empty() {
            endpoints.state().known = names
                .into_iter()
                .map(|endpoint| Known { endpoint, is_reached: false, failure: String::new() })
                .collect();
            let told = Arc::downgrade(&endpoints);
            let watching = watch(
                runtime,
                Arc::new(move |endpoint, change| {
                    if let Some(endpoints) = told.upgrade() {
                        endpoints.tell(&endpoint.to_string(), change);
                    }
                }),
            );
            *endpoints.watch.lock().unwrap_or_else(|e| e.into_inner()) = Some(watching);
        }
        endpoints
    }

    /// Before the runtime ends.
    pub fn forget(&self) {
        drop(self.watch.lock().unwrap_or_else(|e| e.into_inner()).take());
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn tell(&self, endpoint: &str, change: Change<'_>) {
        let mut state = self.state();
        let State { known, listening } = &mut *state;
        if let Some(known) = known.iter_mut().find(|known| known.endpoint == endpoint) {
            if known.change(change) {
                listening.iter().for_each(|queue| queue.push(known.event()));
            }
        }
    }

    fn listen(&self, queue: &Arc<Queue<String>>) {
        let mut state = self.state();
        state.known.iter().for_each(|known| queue.push(known.event()));
        state.listening.push(queue.clone());
    }

    fn unlisten(&self, queue: &Arc<Queue<String>>) {
        self.state().listening.retain(|known| !Arc::ptr_eq(known, queue));
    }
}

/// What is there is told first, and then what changes: also what changed while that was looked up.
struct Feed {
    queue: Arc<Queue<String>>,
    told: Mutex<Told>,
}

struct Told {
    /// What has changed before what is there was told.
    meanwhile: Option<Vec<Event>>,
    /// What was told to be there, by keys.
    there: BTreeMap<String, Thing>,
}

struct Event {
    key: String,
    is_there: bool,
    thing: Thing,
}

/// A transport or a link.
struct Thing {
    kind: &'static str,
    /// The key of the transport that a link is of.
    of: Option<String>,
    line: String,
}

impl Feed {
    fn new(queue: Arc<Queue<String>>) -> Feed {
        let told = Told { meanwhile: Some(Vec::new()), there: BTreeMap::new() };
        Feed { queue, told: Mutex::new(told) }
    }

    fn told(&self) -> MutexGuard<'_, Told> {
        self.told.lock().unwrap_or_else(|e| e.into_inner())
    }

    fn tell(&self, event: Event) {
        let Told { meanwhile, there } = &mut *self.told();
        match meanwhile {
            Some(meanwhile) => meanwhile.push(event),
            None => self.change(there, event),
        }
    }

    /// What was looked up may lack what came since then, and have what went.
    fn begin(&self, looked_up: Vec<Event>) {
        let Told { meanwhile, there } = &mut *self.told();
        for event in looked_up.into_iter().chain(meanwhile.take().into_iter().flatten()) {
            self.change(there, event);
        }
    }

    fn change(&self, there: &mut BTreeMap<String, Thing>, Event { key, is_there, thing }: Event) {
        if is_there {
            if let Entry::Vacant(place) = there.entry(key) {
                self.push(true, &thing);
                place.insert(thing);
            }
            return;
        }
        // The core doesn't tell the end of the links of a transport that the other end closes, unless
        // it sees the end of a link first.
        let links: Vec<String> = there
            .iter()
            .filter(|(_, thing)| thing.of.as_ref() == Some(&key))
            .map(|(link, _)| link.clone())
            .collect();
        for gone in links.into_iter().chain([key]) {
            if let Some(thing) = there.remove(&gone) {
                self.push(false, &thing);
            }
        }
    }

    fn push(&self, is_there: bool, Thing { kind, line, .. }: &Thing) {
        self.queue.push(format!("{kind}\t{is_there}\t{line}"));
    }
}

fn key(zid: ZenohId, is_multicast: bool) -> String {
    line(&[&zid, &is_multicast])
}

fn of_transport(is_there: bool, transport: &Transport) -> Event {
    let thing = Thing { kind: "transport", of: None, line: transport_line(transport) };
    Event { key: key(*transport.zid(), transport.is_multicast()), is_there, thing }
}

fn of_link(is_there: bool, link: &Link) -> Event {
    let of = Some(key(*link.zid(), link.group().is_some()));
    let thing = Thing { kind: "link", of, line: link_line(link) };
    Event { key: line(&[&link.zid(), link.src(), link.dst()]), is_there, thing }
}

/// The transports whose end is told later than this returns, with a few whose beginning is.
fn transports(session: &Session) -> Vec<Transport> {
    /// One that is about to open or to end is so for no longer.
    const ROUNDS: u32 = 200;
    let mut round = 0;
    loop {
        let transports: Vec<Transport> = session.zenoh.info().transports().wait().collect();
        let Some(runtime) = session.runtime() else { return transports };
        let open = open_nodes(&runtime);
        let is_open = |t: &Transport| t.is_multicast() || open.contains(&t.zid().to_string());
        if round == ROUNDS || transports.iter().all(is_open) {
            return transports;
        }
        round += 1;
        std::thread::sleep(Duration::from_millis(1));
    }
}

struct Listener {
    endpoints: Arc<Endpoints>,
    queue: Arc<Queue<String>>,
    zenoh: Mutex<Option<(TransportEventsListener<()>, LinkEventsListener<()>)>>,
    /// The event whose text Java asked for with a buffer that was too short.
    kept: Mutex<Option<String>>,
}

/// What is there comes first.
#[no_mangle]
pub unsafe extern "C" fn segue_connectivity_listen(session: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let session = unsafe { borrowed::<Session>(session) }?;
        let queue = Arc::new(Queue::new(CAPACITY, false));
        let feed = Arc::new(Feed::new(queue.clone()));
        let (of_transports, of_links) = (feed.clone(), feed.clone());
        let zenoh = on_a_deep_stack(|| {
            let info = session.zenoh.info();
            let transports = info
                .transport_events_listener()
                .callback(move |event| {
                    let is_there = event.kind() == SampleKind::Put;
                    of_transports.tell(of_transport(is_there, event.transport()));
                })
                .wait()?;
            let links = info
                .link_events_listener()
                .callback(move |event| {
                    of_links.tell(of_link(event.kind() == SampleKind::Put, event.link()));
                })
                .wait()?;
            // Not the history of the core, which tells of one that has just gone as there for good.
            let mut there = Vec::new();
            for transport in self::transports(session) {
                there.push(of_transport(true, &transport));
            }
            there.extend(info.links().wait().map(|link| of_link(true, &link)));
            feed.begin(there);
            zenoh::Result::Ok((transports, links))
        });
        let zenoh = Mutex::new(Some(zenoh.map_err(failed)?));
        session.endpoints.listen(&queue);
        let endpoints = session.endpoints.clone();
        Ok(into_handle(Listener { endpoints, queue, zenoh, kept: Mutex::default() }))
    })
}

/// Gives the next event as one line of `fields`. Returns the length, 0 at the time-out, or `ENDED`; of a text that doesn't fit, the next call gives the same one again.
#[no_mangle]
pub unsafe extern "C" fn segue_connectivity_drain(
    listener: i64,
    address: *mut u8,
    capacity: u64,
    wait_nanos: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let listener = unsafe { borrowed::<Listener>(listener) }?;
        let kept = || listener.kept.lock().unwrap_or_else(|e| e.into_inner());
        let known = kept().take();
        let text = match known {
            Some(text) => text,
            None => {
                let mut next = VecDeque::with_capacity(1);
                let count = listener.queue.drain(&mut next, 1, Duration::from_nanos(wait_nanos));
                match next.pop_front() {
                    Some(text) => text,
                    None => return Ok(count),
                }
            }
        };
        // SAFETY: Java passes a buffer of its own.
        let length = unsafe { give_text(&text, address, capacity) };
        if length as u64 > capacity {
            *kept() = Some(text);
        }
        Ok(length)
    })
}

/// As `segue_subscriber_arm`.
#[no_mangle]
pub unsafe extern "C" fn segue_connectivity_arm(listener: i64, bell: i64) -> i64 {
    // SAFETY: the handle is alive.
    guard(|| Ok(unsafe { borrowed::<Listener>(listener) }?.queue.arm(bell) as i64))
}

/// Ends it and wakes all who wait; the handle stays alive until `segue_connectivity_free`.
#[no_mangle]
pub unsafe extern "C" fn segue_connectivity_close(listener: i64) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let listener = unsafe { borrowed::<Listener>(listener) }?;
        listener.endpoints.unlisten(&listener.queue);
        listener.queue.end();
        let zenoh = listener.zenoh.lock().unwrap_or_else(|e| e.into_inner()).take();
        on_a_deep_stack(|| {
            zenoh.map_or(Ok(()), |(transports, links)| {
                let first = transports.undeclare().wait();
                links.undeclare().wait().and(first)
            })
        })
        .map(|_| 0)
        .map_err(failed)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_connectivity_free(listener: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once, after `segue_connectivity_close`.
        drop(unsafe { take::<Listener>(listener) });
        Ok(0)
    });
}

/// A line of `fields` for each endpoint that the session is told to connect to.
#[no_mangle]
pub unsafe extern "C" fn segue_session_endpoints(
    session: i64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive.
        let session = unsafe { borrowed::<Session>(session) }?;
        let text = lines(session.endpoints.state().known.iter().map(Known::line));
        // SAFETY: Java passes a buffer of its own.
        Ok(unsafe { give_text(&text, address, capacity) })
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn events(queue: &Queue<String>) -> Vec<String> {
        let mut into = VecDeque::new();
        queue.drain(&mut into, 99, Duration::ZERO);
        into.into()
    }

    #[test]
    fn what_is_there_is_told_once_and_before_what_changed_meanwhile() {
        let queue = Arc::new(Queue::new(CAPACITY, false));
        let feed = Feed::new(queue.clone());
        let event = |key: &str, is_there| Event {
            key: key.into(),
            is_there,
            thing: Thing { kind: "link", of: None, line: key.into() },
        };
        // Gone before it was looked up; gone since then; there already; came and went.
        for (key, is_there) in [("a", false), ("b", false), ("c", true), ("d", true), ("d", false)]
        {
            feed.tell(event(key, is_there));
        }
        feed.begin(vec![event("b", true), event("c", true)]);
        feed.tell(event("c", false));
        let told = events(&queue).into_iter().map(|text| text.replace("link\t", ""));
        assert_eq!(
            told.collect::<Vec<_>>(),
            ["true\tb", "true\tc", "false\tb", "true\td", "false\td", "false\tc"]
        );
    }

    #[test]
    fn a_transport_that_goes_takes_along_those_of_its_links_whose_end_was_not_told() {
        let queue = Arc::new(Queue::new(CAPACITY, false));
        let feed = Feed::new(queue.clone());
        let thing = |kind, of: Option<&str>, line: &str| Thing {
            kind,
            of: of.map(str::to_owned),
            line: line.into(),
        };
        let tell = |key: &str, is_there, thing| {
            feed.tell(Event { key: key.into(), is_there, thing });
        };
        feed.begin(Vec::new());
        for node in ["n", "m"] {
            tell(node, true, thing("transport", None, node));
            for link in ["1", "2"] {
                tell(&format!("{node}{link}"), true, thing("link", Some(node), link));
            }
        }
        assert_eq!(events(&queue).len(), 6);
        for _ in 0..2 {
            tell("n1", false, thing("link", Some("n"), "1"));
            tell("n", false, thing("transport", None, "n"));
        }
        assert_eq!(events(&queue), ["link\tfalse\t1", "link\tfalse\t2", "transport\tfalse\tn"]);
    }

    #[test]
    fn an_endpoint_is_told_when_it_is_lost_or_reached_and_not_at_each_attempt() {
        let endpoints = Endpoints::default();
        let known = Known { endpoint: "tcp/a:1".into(), is_reached: false, failure: String::new() };
        endpoints.state().known.push(known);
        let queue = Arc::new(Queue::new(CAPACITY, false));
        endpoints.listen(&queue);
        for change in [
            Change::Failed(&"refused\tonce at a/b.rs:1."),
            Change::Failed(&"refused twice"),
            Change::Reached,
            Change::Reached,
            Change::Lost,
            Change::Failed(&"gone"),
            Change::Failed(&"Received a close message (reason MAX_LINKS)"),
            Change::Reached,
        ] {
            endpoints.tell("tcp/a:1", change);
        }
        endpoints.tell("tcp/other:1", Change::Lost);
        assert_eq!(
            events(&queue),
            [
                "endpoint\tfalse\t\ttcp/a:1",
                "endpoint\tfalse\trefused\\tonce\ttcp/a:1",
                "endpoint\ttrue\t\ttcp/a:1",
                "endpoint\tfalse\tthe connection ended\ttcp/a:1",
                "endpoint\ttrue\t\ttcp/a:1",
            ]
        );
        endpoints.unlisten(&queue);
        endpoints.tell("tcp/a:1", Change::Lost);
        assert!(events(&queue).is_empty());
    }
}
