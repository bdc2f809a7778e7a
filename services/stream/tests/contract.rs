//! The contract of `stream::log`: one suite for both implementations.
//!
//! The Kafka half needs a broker, named by `STANDING_TEST_KAFKA=host:port`; `make test` starts one. Without it that half
//! fails: it is never skipped.

#![allow(clippy::unwrap_used, clippy::wildcard_enum_match_arm)]

#[path = "contract/bench.rs"]
mod bench;
#[path = "contract/groups.rs"]
mod groups;
#[path = "contract/rebalance.rs"]
mod rebalance;
#[path = "contract/records.rs"]
mod records;
#[path = "contract/topics.rs"]
mod topics;
#[path = "contract/transactions.rs"]
mod transactions;

/// Every law of the contract, as a test of each log.
macro_rules! laws {
    ($($module:ident: $($law:ident),+ $(,)?;)+) => {
        mod embedded {
            $(mod $module { $(#[test] fn $law() { crate::$module::$law(&crate::bench::Bench::embedded()); })+ })+
        }
        mod kafka {
            $(mod $module { $(#[test] fn $law() { crate::$module::$law(&crate::bench::Bench::kafka()); })+ })+
        }
    };
}

laws! {
    transactions:
        a_transaction_is_seen_only_once_it_committed,
        aborted_records_are_never_seen_and_take_offsets,
        a_committed_reader_stops_at_the_last_stable_offset,
        a_transaction_over_partitions_is_seen_whole,
        a_newer_producer_fences_the_older_and_aborts_what_it_left_open,
        calls_out_of_order_are_refused,
        offsets_commit_with_the_transaction_or_not_at_all,
        an_empty_list_of_offsets_is_refused_and_commits_nothing,
        committed_offsets_wait_for_open_transactions,
        aborting_with_many_records_in_flight_is_quick,
        committing_a_batch_is_quick;
    records:
        keys_values_headers_and_tombstones_come_back_as_sent,
        append_time_ignores_the_producers_clock,
        create_time_is_kept,
        order_is_kept_in_each_partition,
        delivery_reports_tell_where_a_record_went,
        a_record_over_the_limit_is_refused_and_the_next_goes_through,
        a_record_too_large_for_its_topic_never_commits,
        a_reader_starts_where_it_is_told,
        positions_count_markers_and_aborted_records,
        a_position_outside_of_the_log_is_refused,
        a_producer_refuses_a_partition_that_does_not_exist,
        a_waiting_reader_wakes_at_once;
    topics:
        a_created_topic_is_described,
        an_existing_topic_is_left_as_it_is,
        altering_changes_what_is_named_and_keeps_the_rest,
        a_missing_topic_is_described_as_none,
        a_setting_unknown_to_kafka_is_refused,
        a_topic_kept_for_ever_has_an_identity_of_its_own,
        watermarks_tell_both_ends;
    groups:
        nothing_is_handed_out_before_start,
        start_moves_a_running_partition_back,
        start_moves_one_partition_and_leaves_the_others,
        paused_partitions_are_silent_until_resumed,
        a_position_reaches_the_end_over_markers,
        a_position_reaches_the_end_while_another_is_paused_and_resumed,
        the_end_does_not_count_open_transactions,
        offsets_sent_by_a_member_are_read_back,
        a_stranger_cannot_use_partitions_that_are_not_its_own,
        a_new_client_takes_over_its_member_id_and_fences_the_old_one;
    rebalance:
        a_second_member_takes_over_half_after_the_first_let_go,
        a_revocation_is_answered_after_the_commit,
        offsets_of_an_older_generation_are_refused,
        a_restarted_static_member_keeps_its_partitions,
        a_static_member_that_leaves_for_good_gives_its_partitions_away_at_once,
        a_member_that_leaves_while_it_is_asked_for_partitions_gives_them_all,
        a_group_tells_who_has_what,
        what_a_dead_member_owed_is_nobodys_until_somebody_leaves,
        topics_that_nobody_asks_for_any_more_are_given_until_somebody_leaves,
        topics_that_nobody_asked_for_before_are_nobodys_until_somebody_leaves,
        nothing_is_lost_or_doubled_while_members_come;
}
