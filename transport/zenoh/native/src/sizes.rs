//! What a configuration says of memory and of counts that the core divides by. The core takes any number: a link then
//! ends the process as it allocates, or panics, and so never comes.

use crate::abi::{bad, Failure};
use zenoh::Config;

const RECEIVED: &str = "transport/link/rx/buffer_size";
const BATCH: &str = "transport/link/tx/batch_size";

/// The key of a setting, the least that it may be, and the most.
const LIMITS: [(&str, u64, u64); 4] = [
    (RECEIVED, 0, 1 << 30),
    (BATCH, 64, u16::MAX as u64),
    ("transport/link/tx/keep_alive", 1, 1000),
    ("transport/shared_memory/transport_optimization/pool_size", 1, 1 << 40),
];
/// A link receives into this many batches at most: each takes memory of its own.
const MOST_BATCHES: u64 = 1 << 16;

/// Refuses what the core can't allocate, or divide by.
pub fn check(config: &Config) -> Result<(), Failure> {
    for (key, least, most) in LIMITS {
        if let Some(found) = number(config, key) {
            if found < least || found > most {
                return Err(bad(format!("configuration {key}={found}: {least} to {most}")));
            }
        }
    }
    match (number(config, RECEIVED), number(config, BATCH)) {
        (Some(bytes), Some(batch)) if bytes / batch > MOST_BATCHES => Err(bad(format!(
            "configuration {RECEIVED}={bytes}: at most {MOST_BATCHES} times {BATCH}={batch}"
        ))),
        _ => Ok(()),
    }
}

fn number(config: &Config, key: &str) -> Option<u64> {
    config.get_json(key).ok()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_core_knows_each_setting_and_its_default_is_allowed() {
        let config = Config::default();
        for (key, _, _) in LIMITS {
            assert!(number(&config, key).is_some(), "{key}");
        }
        assert!(check(&config).is_ok());
    }
}
