//! Every entry point gets no handle.

use crate::{
    advanced::*, config::*, connectivity::*, info::*, listener::*, liveliness::*, misses::*,
    publish::*, querier::*, query::*, queryable::*, sample::*, scout::*, session::*, shm::*,
    stamps::*, subscribe::*,
};
use std::ptr::{null, null_mut};

#[test]
fn an_entry_that_gets_no_handle_fails_and_touches_nothing() {
    let (no, at, out) = (null::<u8>(), null::<u8>(), null_mut::<u8>());
    macro_rules! fail {
        ($($call:expr),* $(,)?) => {
            // SAFETY: none of them goes beyond its handle.
            $(let code: i64 = unsafe { $call }; assert!(code < -256, "{}: {code}", stringify!($call));)*
        };
    }
    macro_rules! free {
        // SAFETY: as above.
        ($($name:ident),* $(,)?) => { $(unsafe { $name(0) };)* };
    }
    fail!(
        segue_advanced_publisher_declare(0, no, 0, no, 0, null(), null(), 0, null_mut()),
        segue_advanced_subscriber_declare(0, no, 0, 0, 1, null(), 0, null_mut()),
        segue_config_insert(0, no, 0, no, 0),
        segue_config_get(0, no, 0, out, 0),
        segue_connectivity_listen(0),
        segue_connectivity_drain(0, out, 0, 0),
        segue_connectivity_arm(0, 1),
        segue_connectivity_close(0),
        segue_session_endpoints(0, out, 0),
        segue_session_connections(0, 0, out, 0),
        segue_listener_declare(0, 0),
        segue_listener_declare(0, 1),
        segue_listener_drain(0, 0),
        segue_listener_arm(0, 1),
        segue_listener_close(0),
        segue_token_declare(0, no, 0, 0, null_mut()),
        segue_token_free(0),
        segue_liveliness_subscriber_declare(0, no, 0, 0, 1, 0),
        segue_misses_count(0),
        segue_misses_listen(0),
        segue_misses_drain(0, null_mut(), 0),
        segue_misses_arm(0, 1),
        segue_misses_close(0),
        segue_publisher_declare(0, no, 0, no, 0, null()),
        segue_publisher_free(0),
        segue_publisher_matching(0),
        segue_publisher_put_one(0, no, 0, 1, 0),
        segue_publisher_put(0, null(), 0, 1, 0, at, at, at, at),
        segue_querier_matching(0),
        segue_querier_free(0),
        segue_replies_drain(0, 0, null_mut(), 0),
        segue_replies_arm(0, 1),
        segue_replies_state(0),
        segue_replies_counts(0, null_mut()),
        segue_replies_close(0),
        segue_queryable_declare(0, no, 0, 0, 0, 1, 0),
        segue_queryable_drain(0, 0, null_mut(), 0),
        segue_queryable_arm(0, 1),
        segue_queryable_counts(0, null_mut()),
        segue_queryable_close(0),
        segue_query_retain(0),
        segue_batch_clear(0),
        segue_batch_retain(0, 0),
        segue_batch_slices(0, 0, 0, null_mut(), 0),
        segue_batch_stamps(0, 0, null_mut(), 0),
        segue_scout_start(0, 1),
        segue_scout_drain(0, out, 0, 0),
        segue_scout_arm(0, 1),
        segue_scout_close(0),
        segue_session_open(0),
        segue_session_close(0),
        segue_session_info(0, no, 0, out, 0),
        segue_session_metrics(0, out, 0),
        segue_session_counters(0, null_mut()),
        segue_session_link_counters(0, out, 0),
        segue_session_timestamp(0, null_mut()),
        segue_shm_pool_collect(0, 0),
        segue_shm_pool_orphaned(0),
        segue_shm_loan(0, 1, 0),
        segue_shm_freeze(0, 1),
        segue_subscriber_declare(0, no, 0, 0, 1, 0),
        segue_subscriber_drain(0, 0, 1, 0),
        segue_subscriber_arm(0, 1),
        segue_subscriber_counts(0, null_mut()),
        segue_subscriber_close(0),
    );
    free!(
        segue_config_free,
        segue_connectivity_free,
        segue_listener_free,
        segue_misses_free,
        segue_replies_free,
        segue_queryable_free,
        segue_query_free,
        segue_batch_free,
        segue_scout_free,
        segue_session_free,
        segue_shm_pool_free,
        segue_shm_loan_free,
        segue_subscriber_free,
    );
}
