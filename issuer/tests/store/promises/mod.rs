//! One suite, every store: the obligations written on the traits, for memory, sled, redb and the journal.

mod bytes;
mod engines;
mod people;
mod verbs;

use shelflife_issuer::store::EngineKind;

use crate::common::Place;

macro_rules! every_store {
    ($($module:ident :: $obligation:ident),* $(,)?) => {
        every_store! { @over memory, Place::memory(), $($module::$obligation),* }
        every_store! { @over sled, Place::disk(EngineKind::Sled), $($module::$obligation),* }
        every_store! { @over redb, Place::disk(EngineKind::Redb), $($module::$obligation),* }
        every_store! { @over journal, Place::journal(), $($module::$obligation),* }
    };
    (@over $store:ident, $place:expr, $($module:ident :: $obligation:ident),*) => {
        mod $store {
            use super::*;
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $obligation() {
                    $module::$obligation(&$place).await;
                }
            )*
        }
    };
}

every_store! {
    engines::rows_come_back_in_order_and_in_pages,
    engines::a_batch_is_applied_as_a_whole_and_survives_reopening,
    engines::keys_and_values_can_be_any_bytes,
    verbs::what_was_acknowledged_is_there_after_closing_and_opening,
    verbs::a_session_is_created_for_a_user_that_exists_and_is_not_disabled,
    verbs::only_the_next_revision_replaces_a_session,
    verbs::of_simultaneous_replacements_one_wins,
    verbs::the_first_end_of_a_session_stays,
    verbs::all_sessions_of_an_owner_end_but_the_one_to_keep_and_those_that_come_later,
    verbs::owners_see_their_own_sessions_only,
    verbs::sessions_and_users_come_in_order_and_in_pages,
    verbs::a_name_is_given_once_and_a_removed_user_leaves_nothing,
    verbs::a_purge_is_bounded_and_spares_what_was_exchanged,
    verbs::writes_that_come_together_are_all_kept,
    verbs::readers_see_only_what_is_durable,
    verbs::a_full_queue_is_busy_at_once,
    verbs::a_closed_store_says_so,
    bytes::a_thousand_exchanges_do_not_grow_a_record,
    bytes::whatever_changes_after_an_exchange_is_on_top_of_it_and_leaves_one_record,
    verbs::a_record_that_is_too_large_is_refused_and_the_others_of_its_batch_are_not,
    people::openings_that_come_together_do_not_get_past_the_limit,
    people::the_oldest_makes_room_and_the_dead_take_none,
    people::a_password_is_changed_from_the_one_that_was_proved_and_ends_the_other_sessions,
    people::a_write_that_depends_on_users_as_they_were_takes_no_effect_once_they_changed,
    people::a_change_that_is_not_durable_yet_leaves_no_version_to_rely_on,
    people::a_user_kept_elsewhere_can_be_locked_out_and_let_in_again,
    people::ended_sessions_of_a_user_are_bounded,
    people::an_end_is_listed_for_the_longer_window_while_tokens_of_it_are_about,
    verbs::sessions_of_an_owner_come_newest_first_and_in_pages,
    people::a_session_of_a_user_kept_elsewhere_needs_no_user,
    people::a_disabled_user_has_no_living_session_and_new_groups_are_a_new_version,
    people::a_demand_for_the_password_reaches_every_living_session_and_wins_every_race,
    people::an_id_is_given_once_to_a_user_and_once_to_a_client,
}
