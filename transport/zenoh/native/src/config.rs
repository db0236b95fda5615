//! Zenoh's own configuration, by its JSON5 keys.

use crate::abi::{bad, borrow, borrow_mut, give_text, guard, into_handle, take, text};
use zenoh::Config;

/// What is better than the core's own defaults, where nothing was said:
/// - 16 batches of 64 KiB on their way per link and not 2: 11.25 MiB over TCP take a third less time;
/// - no copies of large ordinary payloads into shared memory: the core writes over one whose reader
///   paused for 100 ms, as soon as it needs the room.
const DEFAULTS: [(&str, &str); 2] = [
    ("transport/link/tx/queue/size/data", "16"),
    ("transport/shared_memory/transport_optimization/enabled", "false"),
];

#[no_mangle]
pub extern "C" fn segue_config_default() -> i64 {
    guard(|| {
        let mut config = Config::default();
        for (key, value) in DEFAULTS {
            config.insert_json5(key, value).map_err(bad)?;
        }
        Ok(into_handle(config))
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_config_from_json5(address: *const u8, length: u64) -> i64 {
    guard(|| {
        // SAFETY: Java lends the text for the call.
        let json5 = unsafe { text(address, length) }?;
        Config::from_json5(json5).map(into_handle).map_err(bad)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_config_from_file(address: *const u8, length: u64) -> i64 {
    guard(|| {
        // SAFETY: Java lends the text for the call.
        let path = unsafe { text(address, length) }?;
        Config::from_file(path).map(into_handle).map_err(bad)
    })
}

/// The file that the environment variable `ZENOH_CONFIG` names.
#[no_mangle]
pub extern "C" fn segue_config_from_env() -> i64 {
    guard(|| Config::from_env().map(into_handle).map_err(bad))
}

#[no_mangle]
pub unsafe extern "C" fn segue_config_insert(
    config: i64,
    key: *const u8,
    key_length: u64,
    value: *const u8,
    value_length: u64,
) -> i64 {
    guard(|| {
        // SAFETY: Java lends the texts for the call and lets one thread at a time change a config.
        let (config, key, value) = unsafe {
            (borrow_mut::<Config>(config), text(key, key_length)?, text(value, value_length)?)
        };
        config.insert_json5(key, value).map(|_| 0).map_err(bad)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_config_get(
    config: i64,
    key: *const u8,
    key_length: u64,
    address: *mut u8,
    capacity: u64,
) -> i64 {
    guard(|| {
        // SAFETY: Java lends the key and its buffer for the call.
        unsafe {
            let json = if key_length == 0 {
                borrow::<Config>(config).to_string()
            } else {
                borrow::<Config>(config).get_json(text(key, key_length)?).map_err(bad)?
            };
            Ok(give_text(&json, address, capacity))
        }
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_config_free(config: i64) {
    guard(|| {
        // SAFETY: Java frees a handle once.
        drop(unsafe { take::<Config>(config) });
        Ok(0)
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn our_defaults_are_settings_that_the_core_knows() {
        let config = segue_config_default();
        assert!(config > 0);
        for (key, value) in DEFAULTS {
            // SAFETY: the handle is alive.
            assert_eq!(unsafe { borrow::<Config>(config) }.get_json(key).unwrap(), value);
        }
        // SAFETY: it is freed once.
        unsafe { segue_config_free(config) };
    }
}
