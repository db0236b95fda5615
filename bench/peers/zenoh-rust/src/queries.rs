//! Queries, and how long declarations take.
use crate::{memory, report, say, us, LONG};
use std::{
    io::BufRead,
    sync::atomic::{AtomicUsize, Ordering},
    time::{Duration, Instant},
};
use zenoh::{
    bytes::ZBytes,
    query::{Query, QueryTarget},
    sample::SampleKind,
    shm::*,
    Session, Wait,
};

const QUERY_KEY: &str = "query/0";
const TOKENS: &str = "token/**";
const ROUNDS: usize = 3;
const WARM_UP: Duration = Duration::from_secs(2);

/// Answers all queries, and says when `tokens` liveliness tokens came, and when they went.
pub fn answer(session: &Session, lane: &str, size: usize, tokens: usize) {
    let pool = (lane == "shm").then(|| {
        ShmProviderBuilder::default_backend(64usize << 20)
            .wait()
            .unwrap()
    });
    let payload = ZBytes::from(memory(size));
    let answer = move |query: Query| {
        let payload = match &pool {
            Some(pool) => pool
                .alloc(size)
                .with_policy::<BlockOn<GarbageCollect>>()
                .wait()
                .unwrap()
                .into(),
            None => payload.clone(),
        };
        query.reply(QUERY_KEY, payload).wait().unwrap();
    };
    session
        .declare_queryable(QUERY_KEY)
        .callback(answer)
        .background()
        .wait()
        .unwrap();
    let (came, gone) = (AtomicUsize::new(0), AtomicUsize::new(0));
    session
        .liveliness()
        .declare_subscriber(TOKENS)
        .callback(move |sample| {
            let (count, what) = match sample.kind() {
                SampleKind::Put => (&came, "tokens came"),
                SampleKind::Delete => (&gone, "tokens went"),
            };
            if count.fetch_add(1, Ordering::Relaxed) + 1 == tokens {
                say(what);
            }
        })
        .background()
        .wait()
        .unwrap();
}

/// One query with its answer and its end: how long the call took, and all of it.
fn ask_one(session: &Session, size: usize) -> (u64, u64) {
    let start = Instant::now();
    let replies = session
        .get(QUERY_KEY)
        .target(QueryTarget::BestMatching)
        .timeout(LONG)
        .wait()
        .unwrap();
    let called = start.elapsed().as_nanos() as u64;
    let mut count = 0;
    while let Ok(reply) = replies.recv() {
        assert_eq!(reply.result().expect("an answer").payload().len(), size);
        count += 1;
    }
    let all = start.elapsed().as_nanos() as u64;
    assert_eq!(count, 1, "answers");
    (called, all)
}

fn await_queryable(session: &Session) {
    let start = Instant::now();
    while session.get(QUERY_KEY).wait().unwrap().recv().is_err() {
        assert!(start.elapsed() < LONG, "nobody answers");
        std::thread::sleep(Duration::from_millis(50));
    }
}

pub fn ask(session: &Session, lane: &str, count: usize, size: usize) {
    await_queryable(session);
    for _ in 0..ROUNDS {
        let (mut calls, mut trips): (Vec<_>, Vec<_>) =
            (0..count).map(|_| ask_one(session, size)).unzip();
        report("rust get", &mut calls);
        report(&format!("rust round trip {lane} {size} B"), &mut trips);
    }
}

pub fn ask_many(session: &Session, size: usize, askers: usize, secs: u64) {
    await_queryable(session);
    let asked = AtomicUsize::new(0);
    let start = Instant::now();
    let end = WARM_UP + Duration::from_secs(secs);
    std::thread::scope(|scope| {
        for _ in 0..askers {
            scope.spawn(|| {
                while start.elapsed() < end {
                    ask_one(session, size);
                    asked.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        std::thread::sleep(WARM_UP);
        let (before, from) = (asked.load(Ordering::Relaxed), Instant::now());
        say("asking");
        std::thread::sleep(Duration::from_secs(secs));
        let count = (asked.load(Ordering::Relaxed) - before) as f64;
        let rate = count / from.elapsed().as_secs_f64();
        say(&format!("asked count={count} queries_per_s={rate:.1}"));
    });
}

type Declare = fn(&Session, String);

const ENTITIES: [(&str, Declare); 5] = [
    ("publisher", |session, key| {
        let publisher = session.declare_publisher(key).wait().unwrap();
        publisher.undeclare().wait().unwrap();
    }),
    ("subscriber", |session, key| {
        let subscriber = session
            .declare_subscriber(key)
            .callback(|_| {})
            .wait()
            .unwrap();
        subscriber.undeclare().wait().unwrap();
    }),
    ("queryable", |session, key| {
        let queryable = session
            .declare_queryable(key)
            .callback(|_| {})
            .wait()
            .unwrap();
        queryable.undeclare().wait().unwrap();
    }),
    ("querier", |session, key| {
        let querier = session.declare_querier(key).wait().unwrap();
        querier.undeclare().wait().unwrap();
    }),
    ("token", |session, key| {
        let token = session.liveliness().declare_token(key).wait().unwrap();
        token.undeclare().wait().unwrap();
    }),
];

/// Each key is declared once, so that nothing is remembered of it.
pub fn declare(session: &Session, count: usize) {
    await_queryable(session);
    for round in 0..ROUNDS {
        for (what, declare) in ENTITIES {
            let mut nanos: Vec<u64> = (0..count)
                .map(|i| {
                    let key = format!("declared/{what}/{}", round * count + i);
                    let start = Instant::now();
                    declare(session, key);
                    start.elapsed().as_nanos() as u64
                })
                .collect();
            report(&format!("rust declare {what}"), &mut nanos);
        }
    }
}

/// Declares tokens and waits for a line before it ends them.
pub fn tokens(session: &Session, count: usize) {
    await_queryable(session);
    say("tokens begin");
    let start = Instant::now();
    let tokens: Vec<_> = (0..count)
        .map(|i| {
            let key = format!("token/{i}");
            session.liveliness().declare_token(key).wait().unwrap()
        })
        .collect();
    say(&format!("tokens declared_us={:.1}", us(start.elapsed())));
    std::io::stdin().lock().lines().next();
    let start = Instant::now();
    for token in tokens {
        token.undeclare().wait().unwrap();
    }
    say(&format!("tokens undeclared_us={:.1}", us(start.elapsed())));
}
