//! A wall clock that is wrong, for a moment or for longer. Nothing that cannot be undone rests on one reading of it.

use shelflife_issuer::clock::Clock;
use shelflife_issuer::store::Store;

use crate::common::{Running, payload, start};
use crate::revocations::{now, verifier, word};

const DAY: u64 = 24 * 60 * 60;

async fn purge(server: &Running) {
    server.issuer.forget_what_is_over(DAY, server.clock.now()).await.unwrap();
}

fn leap(server: &Running, seconds: i64) {
    server.clock.leap_millis(seconds * 1000);
}

#[tokio::test]
async fn a_start_with_the_clock_forty_days_ahead_deletes_nothing() {
    let server = start().await;
    let token = server.login("ada").await;
    leap(&server, 40 * 86_400);
    purge(&server).await;
    leap(&server, -40 * 86_400);
    assert_eq!(server.exchange(&token).await.status, 200);
}

#[tokio::test]
async fn sessions_go_a_day_after_their_end_once_both_clocks_have_agreed_for_an_hour() {
    let server = start().await;
    let sid = payload(&server.login("ada").await)["sid"].as_str().unwrap().to_owned();
    server.pass_minutes(60 + 24 * 60);
    purge(&server).await;
    assert!(server.store.find(&sid).unwrap().is_some(), "its end is not a day ago");
    server.pass_minutes(1);
    purge(&server).await;
    assert!(server.store.find(&sid).unwrap().is_none());
    // The same end, but the clock has leapt meanwhile.
    let sid = payload(&server.login("ada").await)["sid"].as_str().unwrap().to_owned();
    server.pass_minutes(60);
    leap(&server, 3 * 86_400);
    server.pass_minutes(59);
    purge(&server).await;
    assert!(server.store.find(&sid).unwrap().is_some());
    // The leap was noticed in the first of these minutes.
    server.pass_minutes(2);
    purge(&server).await;
    assert!(server.store.find(&sid).unwrap().is_none());
}

#[tokio::test]
async fn a_clock_two_hours_ahead_for_a_while_leaves_the_list_of_revocations_whole() {
    let server = start().await;
    server.pass_minutes(90);
    let token = server.login("ada").await;
    server.authorized("POST", "/logout", &token).await;
    leap(&server, 7_200);
    for _ in 0..2 {
        server.pass_minutes(1);
        assert_eq!(verifier(&server).await.revocations().unwrap().entries, 1, "while the clock is wrong");
        purge(&server).await;
    }
    leap(&server, -7_200 - 120);
    let right = verifier(&server).await;
    assert_eq!(word(&right, &token, now(&server)), "revoked");
}

#[tokio::test]
async fn while_the_clock_has_leapt_no_session_is_called_over_for_that_alone() {
    let server = start().await;
    server.pass_minutes(90);
    let token = server.login("ada").await;
    leap(&server, 40 * 86_400);
    let unsettled = server.exchange(&token).await;
    assert_eq!((unsettled.status, unsettled.text("reason").as_str()), (503, "clock_unsettled"));
    assert_ne!(unsettled.header("retry-after"), "");
    assert_eq!(server.authorized("GET", "/sessions", &token).await.status, 503);
    let other = server.login("eve").await;
    leap(&server, 40 * 86_400);
    assert_eq!(server.authorized("POST", "/logout", &other).await.status, 204, "signing out always works");
    leap(&server, -40 * 86_400);
    leap(&server, -40 * 86_400);
    assert_eq!(server.exchange(&token).await.status, 200, "nothing was used up");
    // One that has expired by both is over as ever.
    let token = server.login("ada").await;
    server.pass_minutes(61);
    leap(&server, 86_400);
    assert_eq!(server.exchange(&token).await.text("reason"), "expired");
}

#[tokio::test]
async fn a_clock_that_goes_back_an_hour_does_not_prolong_the_grace() {
    let server = start().await;
    let token = server.login("ada").await;
    let first = server.exchange(&token).await.text("access_token");
    leap(&server, -3_600);
    server.clock.advance_millis(999);
    assert_eq!(server.exchange(&token).await.text("access_token"), first);
    server.clock.advance_millis(1);
    let later = server.exchange(&token).await;
    assert_eq!((later.status, payload(&later.text("access_token"))["gen"].as_u64()), (200, Some(3)));
}
