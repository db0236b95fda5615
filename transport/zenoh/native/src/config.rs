//! Zenoh's own configuration, by its JSON5 keys.

use crate::abi::{bad, borrow, borrow_mut, give_text, guard, into_handle, take, text};
use zenoh::Config;

#[no_mangle]
pub extern "C" fn segue_config_default() -> i64 {
    guard(|| Ok(into_handle(Config::default())))
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
