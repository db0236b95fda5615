//! What the core logs goes to the standard error: the standard output is the program's, which may
//! write an object or a protocol there.

use std::{
    fmt::Debug,
    io::{stderr, IsTerminal},
};
use tracing::{field::Field, Event, Level, Subscriber};
use tracing_subscriber::{
    fmt,
    layer::{Context, Layer, SubscriberExt},
    EnvFilter,
};

/// What is logged unless `RUST_LOG` says otherwise. The core says of samples that it can't take out
/// of shared memory, and so loses, only at this level in these places.
const FILTER: &str = "error,zenoh_transport::unicast::universal::rx=debug,\
                      zenoh_transport::unicast::lowlatency::rx=debug";

/// How a line about a sample begins that was lost in that way.
const LOSS: &str = "Error receiving SHM buffer";

/// Only the first call in a process has an effect.
pub fn init() {
    let asked = EnvFilter::try_from_default_env().ok();
    let losses = asked.is_none().then_some(Losses);
    let lines =
        fmt::layer().with_writer(stderr).with_ansi(stderr().is_terminal()).with_thread_names(true);
    let subscriber = tracing_subscriber::registry()
        .with(asked.unwrap_or_else(|| EnvFilter::new(FILTER)))
        .with(losses)
        .with(lines);
    let _ = tracing::subscriber::set_global_default(subscriber);
}

/// Of what is no error only lost samples: the same places also log each link that ends.
struct Losses;

impl<S: Subscriber> Layer<S> for Losses {
    fn event_enabled(&self, event: &Event<'_>, _: Context<'_, S>) -> bool {
        let mut passes = *event.metadata().level() == Level::ERROR;
        if !passes {
            event.record(&mut |field: &Field, value: &dyn Debug| {
                passes |= field.name() == "message" && format!("{value:?}").starts_with(LOSS);
            });
        }
        passes
    }
}
