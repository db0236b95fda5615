//! Liveliness: tokens that are there as long as who declared them, and who asks for them.

use crate::{
    abi::{bad, borrowed, failed, guard, into_handle, take},
    later,
    publish::key_expr,
    query::{Ask, Asking},
    queue::Queue,
    session::{on_a_deep_stack, Session},
    subscribe::{Feed, Subscriber},
};
use std::sync::Arc;
use zenoh::{liveliness::LivelinessToken, Wait};

/// Subscribers of this session learn of it on this thread. The handle goes to `out`; returns `OWES` or 0.
#[no_mangle]
pub unsafe extern "C" fn segue_token_declare(
    session: i64,
    key: *const u8,
    key_length: u64,
    ticket: i64,
    out: *mut i64,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the text for the call.
        let (session, key) = unsafe { (borrowed::<Session>(session)?, key_expr(key, key_length)?) };
        let declare = || session.zenoh.liveliness().declare_token(key).wait();
        let (token, owes) = later::watch(true, ticket, || on_a_deep_stack(declare));
        // SAFETY: `out` is Java's buffer of 8 bytes.
        unsafe { *out = token.map(into_handle).map_err(failed)? };
        Ok(owes)
    })
}

/// Subscribers of this session learn of it, with room for that or not.
#[no_mangle]
pub unsafe extern "C" fn segue_token_free(token: i64) -> i64 {
    guard(|| {
        // SAFETY: Java frees a handle once.
        let token = unsafe { take::<LivelinessToken>(token) };
        on_a_deep_stack(move || token.undeclare().wait()).map(|_| 0).map_err(failed)
    })
}

/// Declares a subscriber of tokens, whose handle is as any other's.
#[no_mangle]
pub unsafe extern "C" fn segue_liveliness_subscriber_declare(
    session: i64,
    key: *const u8,
    key_length: u64,
    history: i32,
    capacity: u64,
    push_back: i32,
) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the text for the call.
        let (session, key) = unsafe { (borrowed::<Session>(session)?, key_expr(key, key_length)?) };
        if capacity == 0 {
            return Err(bad("capacity=0"));
        }
        let queue = Arc::new(Queue::new(capacity as usize, push_back != 0));
        let feed = Feed::new(queue.clone());
        let zenoh = on_a_deep_stack(|| {
            session
                .zenoh
                .liveliness()
                .declare_subscriber(key)
                .history(history != 0)
                .callback(move |sample| feed.take(sample))
                .wait()
        });
        zenoh.map(|zenoh| into_handle(Subscriber::new(zenoh, queue))).map_err(failed)
    })
}

/// Asks for tokens; only the key and the time-out count of `ask`. Returns the handle of the
/// replies.
#[no_mangle]
pub unsafe extern "C" fn segue_liveliness_get(session: i64, ask: *const Ask) -> i64 {
    guard(|| {
        // SAFETY: the handle is alive; Java lends the struct and the key for the call.
        let (session, asked) = unsafe { (borrowed::<Session>(session)?, &*ask) };
        // SAFETY: as above.
        let key = unsafe { asked.key_expr() }?;
        // Not bounded: the core calls back under the lock of the session, where nothing may wait,
        // and it keeps each of these keys itself.
        let timeout = asked.timeout();
        let asking = Asking::new(asked, timeout, true, Arc::default(), session.reply_spin.clone())?;
        let token = asking.token.clone();
        let (callback, replies) = asking.split();
        let get = on_a_deep_stack(|| {
            session
                .zenoh
                .liveliness()
                .get(key)
                .timeout(timeout)
                .cancellation_token(token)
                .callback(callback)
                .wait()
        });
        get.map(|()| into_handle(replies)).map_err(failed)
    })
}
