//! What a store owes the domain about users, their limits and their backends.

use std::sync::Arc;
use std::sync::atomic::Ordering;

use shelflife_issuer::store::{
    Added, Cap, Created, EmbeddedStore, EndReason, Ended, IsDead, Opened, PasswordChange, Store, Swap, Terms,
    UserChange, WhenFull,
};

use crate::common::{Hanging, LOGGED_OUT, Place, client, exchanged, session, user, with_user};

const DISABLED: Ended = Ended { at: 1_010, reason: EndReason::UserDisabled };
const PASSWORD_CHANGED: Ended = Ended { at: 1_010, reason: EndReason::PasswordChanged };

fn at_most(most: usize, when_full: WhenFull) -> Terms {
    Terms { cap: Some(Cap { most, when_full }), ..Terms::default() }
}

fn living(store: &EmbeddedStore, owner: &str) -> Vec<String> {
    let sessions = store.list(&format!("sub-{owner}"), None, 99).unwrap();
    sessions.into_iter().filter(|session| session.ended.is_none()).map(|session| session.sid).collect()
}

fn change(from: &str, to: &str, keep: &str) -> PasswordChange {
    let (from, to, keep) = (from.to_owned(), to.to_owned(), keep.to_owned());
    PasswordChange { sub: "sub-ada".to_owned(), keep, from, to, ended: PASSWORD_CHANGED }
}

pub(crate) async fn openings_that_come_together_do_not_get_past_the_limit(place: &Place) {
    for (when_full, done) in [(WhenFull::Deny, 3), (WhenFull::EvictOldest, 32)] {
        let owner = format!("{when_full:?}");
        let store = Arc::new(with_user(place.open(), &owner).await);
        let tasks: Vec<_> = (0..32)
            .map(|number| {
                let (store, session) = (store.clone(), session(&format!("{owner}{number}"), &owner));
                tokio::spawn(async move { store.open(session, at_most(3, when_full)).await.unwrap() })
            })
            .collect();
        let mut opened = 0;
        for task in tasks {
            match task.await.unwrap() {
                Opened::Done { .. } => opened += 1,
                other => assert_eq!(other, Opened::Full),
            }
        }
        assert_eq!((opened, living(&store, &owner).len()), (done, 3));
        assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
        store.close();
    }
}

pub(crate) async fn the_oldest_makes_room_and_the_dead_take_none(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    for number in 0..3_u64 {
        let mut session = session(&format!("s{number}"), "ada");
        session.created_at += 10 - number;
        store.create(session).await.unwrap();
    }
    let new = session("new", "ada");
    let is_dead: IsDead = Arc::new(|session| session.sid == "s1");
    let terms = Terms { is_dead: Some(is_dead), ..at_most(2, WhenFull::EvictOldest) };
    assert_eq!(store.open(new, terms).await.unwrap(), Opened::Done { evicted: vec!["s2".to_owned()] });
    let evicted = store.find("s2").unwrap().unwrap();
    assert_eq!(evicted.ended, Some(Ended { at: 1_000, reason: EndReason::Evicted }));
    assert!(store.find("s0").unwrap().unwrap().ended.is_none());
    // One whose last token has expired takes no place either.
    let mut late = session("late", "ada");
    late.created_at = 4_600;
    late.exp = 9_000;
    assert_eq!(
        store.open(late, at_most(1, WhenFull::Deny)).await.unwrap(),
        Opened::Done { evicted: Vec::new() }
    );
}

pub(crate) async fn a_password_is_changed_from_the_one_that_was_proved_and_ends_the_other_sessions(
    place: &Place,
) {
    let store = with_user(place.open(), "ada").await;
    let hash = user("ada").password_hash;
    store.create(session("here", "ada")).await.unwrap();
    store.create(session("there", "ada")).await.unwrap();
    assert_eq!(store.change_password(change("another", "new", "here")).await.unwrap(), None);
    assert_eq!(store.change_password(change(&hash, "new", "nowhere")).await.unwrap(), None);
    assert_eq!(store.change_password(change(&hash, "new", "here")).await.unwrap(), Some(1));
    assert_eq!(living(&store, "ada"), ["here"]);
    assert_eq!(store.find("there").unwrap().unwrap().ended, Some(PASSWORD_CHANGED));
    store.close();
    assert_eq!(place.open().user("sub-ada").unwrap().unwrap().password_hash, "new");
}

/// What a write depends on was read before it waited: any change of users and clients in between makes it look again.
pub(crate) async fn a_write_that_depends_on_users_as_they_were_takes_no_effect_once_they_changed(
    place: &Place,
) {
    let store = with_user(place.open(), "ada").await;
    let first = session("first", "ada");
    store.create(first.clone()).await.unwrap();
    store.add_client(client("shop")).await.unwrap();
    let groups = UserChange { groups: Some(vec!["new".to_owned()]), ..UserChange::default() };
    for (number, change) in
        ["groups", "end all", "disabled elsewhere", "client removed", "password"].iter().enumerate()
    {
        let seen = store.look("first", "sub-ada").unwrap().standing.version;
        match *change {
            "groups" => drop(store.change_user("sub-ada", groups.clone(), DISABLED).await.unwrap()),
            "end all" => drop(store.end_all("sub-eve", None, LOGGED_OUT).await.unwrap()),
            "disabled elsewhere" => drop(store.lock_out("sub-eve", true, DISABLED).await.unwrap()),
            "client removed" => assert!(store.remove_client("shop").await.unwrap()),
            _ => {
                let change = self::change(&user("ada").password_hash, "new", "first");
                assert_eq!(store.change_password(change).await.unwrap(), Some(0));
            }
        }
        let new = session(&format!("new{number}"), "ada");
        let terms = Terms { seen: Some(seen), ..Terms::default() };
        assert_eq!(store.open(new.clone(), terms).await.unwrap(), Opened::Changed, "{change}");
        assert_eq!(store.find(&new.sid).unwrap(), None);
        let swapped = store.swap(first.clone(), &exchanged(&first), Some(seen)).await.unwrap();
        assert_eq!(swapped, Swap::Conflict, "{change}");
    }
    let terms = Terms { seen: Some(store.standing_of("sub-ada").unwrap().version), ..Terms::default() };
    assert_eq!(
        store.open(session("last", "ada"), terms).await.unwrap(),
        Opened::Done { evicted: Vec::new() }
    );
    let seen = store.standing_of("sub-ada").unwrap().version;
    assert_eq!(store.swap(first.clone(), &exchanged(&first), Some(seen)).await.unwrap(), Swap::Done);
}

/// A reader that comes while the change is on its way to the disk reads what was before, under a version that counts no more
/// once the change is there.
pub(crate) async fn a_change_that_is_not_durable_yet_leaves_no_version_to_rely_on(place: &Place) {
    let engine = Hanging::over(place.engine());
    let store = Arc::new(with_user(EmbeddedStore::start(engine.clone()).unwrap(), "ada").await);
    let before = engine.commits.load(Ordering::SeqCst);
    engine.hanging.store(true, Ordering::SeqCst);
    let changing = tokio::spawn({
        let (store, change) =
            (store.clone(), UserChange { groups: Some(Vec::new()), ..UserChange::default() });
        async move { store.change_user("sub-ada", change, DISABLED).await.unwrap() }
    });
    engine.wait_for_commit(before + 1);
    let standing = store.standing_of("sub-ada").unwrap();
    assert_eq!(standing.user.unwrap().groups, ["staff"], "the change is not durable yet");
    engine.hanging.store(false, Ordering::SeqCst);
    changing.await.unwrap();
    let terms = Terms { seen: Some(standing.version), ..Terms::default() };
    assert_eq!(store.open(session("one", "ada"), terms).await.unwrap(), Opened::Changed);
    store.close();
}

pub(crate) async fn a_user_kept_elsewhere_can_be_locked_out_and_let_in_again(place: &Place) {
    let store = place.open();
    let elsewhere = |sid: &str| {
        let mut session = session(sid, "customer");
        session.user_elsewhere = true;
        session
    };
    store.create(elsewhere("one")).await.unwrap();
    assert!(!store.standing_of("sub-customer").unwrap().locked_out);
    assert_eq!(store.lock_out("sub-customer", true, DISABLED).await.unwrap(), 1);
    assert_eq!(store.find("one").unwrap().unwrap().ended, Some(DISABLED));
    assert_eq!(store.create(elsewhere("two")).await.unwrap(), Created::UserGone);
    store.close();
    let store = place.open();
    assert!(store.standing_of("sub-customer").unwrap().locked_out);
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    assert_eq!(store.lock_out("sub-customer", false, DISABLED).await.unwrap(), 0);
    assert_eq!(store.create(elsewhere("three")).await.unwrap(), Created::Done);
    store.close();
}

/// Of a user who signs in and out without end, the last ends are kept to tell why, and those that are still dangerous.
pub(crate) async fn ended_sessions_of_a_user_are_bounded(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    store.begin_revocations(1_000, 60).await.unwrap();
    for number in 0..60_u64 {
        store.create(session(&format!("s{number:02}"), "ada")).await.unwrap();
        let ended = Ended { at: 1_000 + number, reason: EndReason::LoggedOut };
        assert!(store.end(&format!("s{number:02}"), ended).await.unwrap());
    }
    assert_eq!(store.list("sub-ada", None, 99).unwrap().len(), 60, "their tokens can still be fresh");
    store.create(session("later", "ada")).await.unwrap();
    store.end("later", Ended { at: 2_000, reason: EndReason::LoggedOut }).await.unwrap();
    let kept = store.list("sub-ada", None, 99).unwrap();
    assert_eq!(kept.len(), 50);
    assert!(kept.iter().any(|session| session.sid == "later"));
    assert!(
        store.find("s10").unwrap().is_none() && store.find("s11").unwrap().is_some(),
        "the oldest ends go"
    );
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    store.close();
}

pub(crate) async fn a_session_of_a_user_kept_elsewhere_needs_no_user(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    let mut elsewhere = session("one", "nobody");
    assert_eq!(store.open(elsewhere.clone(), Terms::default()).await.unwrap(), Opened::UserGone);
    elsewhere.user_elsewhere = true;
    elsewhere.extra = Some("{\"tenant\":\"t1\"}".to_owned());
    let opened = store.open(elsewhere.clone(), Terms::default()).await.unwrap();
    assert_eq!(opened, Opened::Done { evicted: Vec::new() });
    store.close();
    let store = place.open();
    assert_eq!(store.find("one").unwrap(), Some(elsewhere));
    store
        .change_user("sub-ada", UserChange { disabled: Some(true), ..UserChange::default() }, DISABLED)
        .await
        .unwrap();
    let mut disguised = session("two", "ada");
    disguised.user_elsewhere = true;
    assert_eq!(store.open(disguised, Terms::default()).await.unwrap(), Opened::UserGone);
}

pub(crate) async fn a_disabled_user_has_no_living_session_and_new_groups_are_a_new_version(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    store.create(session("one", "ada")).await.unwrap();
    store.create(session("two", "ada")).await.unwrap();
    store.end("two", LOGGED_OUT).await.unwrap();
    let version = user("ada").claims_version;
    let groups = |group: &str| UserChange { groups: Some(vec![group.to_owned()]), ..UserChange::default() };
    let (changed, ended) = store.change_user("sub-ada", groups("new"), DISABLED).await.unwrap().unwrap();
    assert_eq!((changed.claims_version, ended), (version + 1, 0));
    let (same, _) = store.change_user("sub-ada", groups("new"), DISABLED).await.unwrap().unwrap();
    assert_eq!(same, changed);
    let disable = |disabled| UserChange { disabled: Some(disabled), ..UserChange::default() };
    let (disabled, ended) = store.change_user("sub-ada", disable(true), DISABLED).await.unwrap().unwrap();
    assert_eq!((disabled.disabled, disabled.claims_version, ended), (true, version + 1, 1));
    assert_eq!(store.find("one").unwrap().unwrap().ended, Some(DISABLED));
    assert_eq!(store.find("two").unwrap().unwrap().ended, Some(LOGGED_OUT), "its first reason stays");
    assert_eq!(store.user("sub-ada").unwrap(), Some(disabled));
    assert_eq!(store.change_user("sub-nobody", disable(true), DISABLED).await.unwrap(), None);
}

pub(crate) async fn a_demand_for_the_password_reaches_every_living_session_and_wins_every_race(
    place: &Place,
) {
    let store = with_user(place.open(), "ada").await;
    let first = session("one", "ada");
    store.create(first.clone()).await.unwrap();
    store.create(session("two", "ada")).await.unwrap();
    store.end("two", LOGGED_OUT).await.unwrap();
    assert_eq!(store.demand_reauth("sub-ada", 1_010).await.unwrap(), 1);
    let demanded = store.find("one").unwrap().unwrap();
    assert!(demanded.reauth_required);
    assert!(!store.find("two").unwrap().unwrap().reauth_required);
    // An exchange that looked before has to look again.
    assert_ne!(demanded.revision, first.revision);
    store.replace(first.clone(), &exchanged(&first)).await.unwrap();
    assert!(store.find("one").unwrap().unwrap().reauth_required);
}

pub(crate) async fn an_id_is_given_once_to_a_user_and_once_to_a_client(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    let mut namesake = user("eve");
    namesake.sub = "sub-ada".to_owned();
    assert_eq!(store.add_user(namesake).await.unwrap(), Added::NameTaken);
    assert_eq!(store.user_named("eve").unwrap(), None);
    for id in ["b", "a", "c"] {
        assert_eq!(store.add_client(client(id)).await.unwrap(), Added::Done);
    }
    assert_eq!(store.add_client(client("a")).await.unwrap(), Added::NameTaken);
    assert!(store.remove_client("c").await.unwrap() && !store.remove_client("c").await.unwrap());
    store.close();
    let store = place.open();
    assert_eq!(store.clients(None, 9).unwrap(), [client("a"), client("b")]);
    assert_eq!(store.clients(Some("a"), 9).unwrap(), [client("b")]);
    assert_eq!((store.client("b").unwrap(), store.client("c").unwrap()), (Some(client("b")), None));
    assert_eq!(store.check().unwrap().problems, Vec::<String>::new());
    store.close();
}

/// Tokens that were made before the access window became shorter are fresh for as long as they were made for.
pub(crate) async fn an_end_is_listed_for_the_longer_window_while_tokens_of_it_are_about(place: &Place) {
    let store = with_user(place.open(), "ada").await;
    store.begin_revocations(1_000, 900).await.unwrap();
    store.create(session("one", "ada")).await.unwrap();
    store.create(session("two", "ada")).await.unwrap();
    store.begin_revocations(1_100, 60).await.unwrap();
    let end = |at| Ended { at, reason: EndReason::LoggedOut };
    store.end("one", end(1_200)).await.unwrap();
    store.end("two", end(2_000)).await.unwrap();
    let mut until: Vec<u64> = store.revoked_so_far().unwrap().entries.iter().map(|it| it.until).collect();
    until.sort_unstable();
    // A minute for clocks that are behind, in whole minutes.
    assert_eq!(until, [2_160, 2_160]);
    store.close();
}
