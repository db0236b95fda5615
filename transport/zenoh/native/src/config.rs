//! Zenoh's own configuration, by its JSON5 keys.

use crate::abi::{bad, borrow, borrow_mut, give_text, guard, into_handle, take, text, Failure};
use zenoh::Config;

/// What is better than the core's own defaults, where nothing was said:
/// - 16 batches of 64 KiB on their way per link and not 2: 11.25 MiB over TCP take a third less time;
/// - no copies of large ordinary payloads into shared memory: the core writes over one whose reader
///   paused for 100 ms, as soon as it needs the room.
const DEFAULTS: [(&str, &str); 2] = [
    ("transport/link/tx/queue/size/data", "16"),
    ("transport/shared_memory/transport_optimization/enabled", "false"),
];

/// How deep values and keys may be nested. The core's parser recurses by the level, on a thread of
/// Java with a stack of 1 MiB or less, and an overflow ends the process.
const DEEPEST: usize = 64;

fn check_depth(json5: &str) -> Result<(), Failure> {
    match depth(json5) {
        depth if depth <= DEEPEST => Ok(()),
        depth => Err(bad(format!("nested to depth={depth}: at most {DEEPEST}"))),
    }
}

fn check_key(key: &str) -> Result<(), Failure> {
    match key.split('/').count() {
        count if count <= DEEPEST => Ok(()),
        count => Err(bad(format!("a key of partCount={count}: at most {DEEPEST}"))),
    }
}

/// How deep JSON5 is nested, up to the first place where it is malformed at least.
fn depth(json5: &str) -> usize {
    let mut rest = json5.chars().peekable();
    let (mut depth, mut deepest) = (0usize, 0);
    while let Some(char) = rest.next() {
        match char {
            '[' | '{' => {
                depth += 1;
                deepest = deepest.max(depth);
            }
            ']' | '}' => depth = depth.saturating_sub(1),
            '"' | '\'' => {
                while let Some(inner) = rest.next().filter(|&inner| inner != char) {
                    if inner == '\\' {
                        rest.next();
                    }
                }
            }
            '/' if rest.peek() == Some(&'/') => {
                rest.by_ref().find(|char| matches!(char, '\n' | '\r' | '\u{2028}' | '\u{2029}'));
            }
            '/' if rest.peek() == Some(&'*') => {
                rest.next();
                while let Some(inner) = rest.next() {
                    if inner == '*' && rest.peek() == Some(&'/') {
                        rest.next();
                        break;
                    }
                }
            }
            _ => {}
        }
    }
    deepest
}

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
        check_depth(json5)?;
        Config::from_json5(json5).map(into_handle).map_err(bad)
    })
}

#[no_mangle]
pub unsafe extern "C" fn segue_config_from_file(address: *const u8, length: u64) -> i64 {
    guard(|| {
        // SAFETY: Java lends the text for the call.
        let path = unsafe { text(address, length) }?;
        check_file(path)?;
        Config::from_file(path).map(into_handle).map_err(bad)
    })
}

/// The file that the environment variable `ZENOH_CONFIG` names.
#[no_mangle]
pub extern "C" fn segue_config_from_env() -> i64 {
    guard(|| {
        if let Ok(path) = std::env::var("ZENOH_CONFIG") {
            check_file(&path)?;
        }
        Config::from_env().map(into_handle).map_err(bad)
    })
}

/// What can't be read, or is no text, the core refuses itself.
fn check_file(path: &str) -> Result<(), Failure> {
    std::fs::read_to_string(path).map_or(Ok(()), |json5| check_depth(&json5))
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
        check_key(key)?;
        check_depth(value)?;
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
                let key = text(key, key_length)?;
                check_key(key)?;
                borrow::<Config>(config).get_json(key).map_err(bad)?
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
    fn brackets_in_texts_and_comments_are_no_levels() {
        assert_eq!(depth(""), 0);
        assert_eq!(depth("{a: [1, [2]], b: [3]}"), 3);
        assert_eq!(depth("[\"]]]\", ['[\\'[', [ // ]]]\n [ /* ] ** ]/ */ [ ]"), 5);
        assert_eq!(depth("]]]["), 1);
        assert_eq!(depth("['["), 1);
        assert_eq!(depth("[ // — isn't [\u{2028} ["), 2);
    }

    #[test]
    fn what_is_as_deep_as_allowed_takes_no_more_than_the_stack_of_a_thread_of_java() {
        let parse = || {
            let deep = |levels| format!("{}{}", "[".repeat(levels), "]".repeat(levels));
            let json5 = format!("{{plugins: {{x: {}}}}}", deep(DEEPEST - 2));
            // SAFETY: the text is ours.
            let config = unsafe { segue_config_from_json5(json5.as_ptr(), json5.len() as u64) };
            assert!(config != 0);
            let json5 = deep(DEEPEST + 1);
            // SAFETY: as above.
            assert!(unsafe { segue_config_from_json5(json5.as_ptr(), json5.len() as u64) } < 0);
        };
        std::thread::Builder::new().stack_size(512 << 10).spawn(parse).unwrap().join().unwrap();
    }

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
