//! Devices that an account was signed in on before are not held up by what others do.

use super::guessing::{attempt, fail};
use crate::common::{Answer, PASSWORD, Running, start};

const COOKIE: &str = "__Host-shelflife-device";

/// A login from `address` by a browser with this `Cookie` header.
async fn with_cookie(server: &Running, name: &str, password: &str, address: &str, cookie: &str) -> Answer {
    let headers = [("content-type", "application/json"), ("x-forwarded-for", address), ("cookie", cookie)];
    let body = format!(r#"{{"username":"{name}","password":"{password}"}}"#);
    server.send("POST", "/login", &headers, &body).await
}

/// `name=value` of the cookie that a login sets.
fn device(answer: &Answer) -> String {
    assert_eq!(answer.status, 200, "{}", answer.body);
    answer.cookie(COOKIE).split(';').next().unwrap().to_owned()
}

/// So many wrong passwords from as many addresses that the account is paused for strangers.
async fn flood(server: &Running, name: &str) {
    for number in 0..100 {
        fail(server, name, &format!("203.0.113.{number}"), 1).await;
    }
}

#[tokio::test]
async fn a_device_that_the_account_was_signed_in_on_passes_wherever_it_is_and_a_stranger_does_not() {
    let server = start().await;
    let signed_in = attempt(&server, "ada", PASSWORD, "198.51.100.1").await;
    let set = signed_in.cookie(COOKIE);
    assert!(set.ends_with("; HttpOnly; Secure; SameSite=Strict; Path=/; Max-Age=34560000"), "{set}");
    let cookie = device(&signed_in);
    flood(&server, "ada").await;
    // The address, too, has been wrong too often.
    for number in 0..50 {
        fail(&server, &format!("user{number}"), "192.0.2.7", 1).await;
    }
    assert_eq!(attempt(&server, "ada", PASSWORD, "192.0.2.7").await.status, 429, "no cookie");
    let eves = device(&attempt(&server, "eve", PASSWORD, "198.51.100.2").await);
    for other in
        ["a=b", "__Host-shelflife-device=", &format!("{cookie}x"), &cookie[..cookie.len() - 1], &eves]
    {
        assert_eq!(with_cookie(&server, "ada", PASSWORD, "192.0.2.7", other).await.status, 429, "{other}");
    }
    let passed = with_cookie(&server, "ADA", PASSWORD, "192.0.2.7", &cookie).await;
    assert_eq!(passed.status, 200, "{}", passed.body);
    let among_others = format!("name=f\u{fc}r; {cookie}; x=y");
    assert_eq!(with_cookie(&server, "ada", PASSWORD, "192.0.2.8", &among_others).await.status, 200);
}

#[tokio::test]
async fn a_copied_cookie_is_no_free_pass_for_guessing() {
    let server = start().await;
    let cookie = device(&attempt(&server, "ada", PASSWORD, "198.51.100.1").await);
    for number in 0..5 {
        let address = format!("203.0.113.{number}");
        let wrong = with_cookie(&server, "ada", "not it, sorry", &address, &cookie).await;
        assert_eq!((wrong.status, wrong.cookie(COOKIE)), (400, ""));
    }
    let paused = with_cookie(&server, "ada", PASSWORD, "203.0.113.6", &cookie).await;
    assert_eq!((paused.status, paused.header("retry-after")), (429, "1"));
    assert_eq!(attempt(&server, "ada", PASSWORD, "198.51.100.1").await.status, 200, "the owner goes on");
    server.clock.advance_millis(1000);
    assert_eq!(with_cookie(&server, "ada", "not it", "203.0.113.6", &cookie).await.status, 400);
    let paused = with_cookie(&server, "ada", PASSWORD, "203.0.113.6", &cookie).await;
    assert_eq!((paused.status, paused.header("retry-after")), (429, "2"), "pauses double");
}

#[tokio::test]
async fn several_accounts_of_one_browser_are_known_beside_each_other_for_four_hundred_days() {
    let server = start().await;
    let cookie = device(&attempt(&server, "ada", PASSWORD, "198.51.100.1").await);
    server.clock.advance_millis(3_600_000);
    let cookie = device(&with_cookie(&server, "eve", PASSWORD, "198.51.100.1", &cookie).await);
    flood(&server, "ada").await;
    flood(&server, "eve").await;
    for name in ["ada", "eve"] {
        assert_eq!(attempt(&server, name, PASSWORD, "192.0.2.7").await.status, 429);
        assert_eq!(with_cookie(&server, name, PASSWORD, "192.0.2.7", &cookie).await.status, 200);
    }
    server.clock.advance_millis(400 * 24 * 3_600_000);
    flood(&server, "ada").await;
    flood(&server, "eve").await;
    assert_eq!(with_cookie(&server, "ada", PASSWORD, "192.0.2.8", &cookie).await.status, 429, "401 days old");
    assert_eq!(with_cookie(&server, "eve", PASSWORD, "192.0.2.8", &cookie).await.status, 200);
}

#[tokio::test]
async fn where_the_account_is_signed_in_its_password_can_be_proved_whatever_others_do() {
    let server = start().await;
    let token = server.login("ada").await;
    flood(&server, "ada").await;
    let bearer = format!("Bearer {token}");
    let headers = [
        ("authorization", bearer.as_str()),
        ("content-type", "application/json"),
        ("x-forwarded-for", "192.0.2.7"),
    ];
    let proved = server.send("POST", "/step-up", &headers, &format!(r#"{{"password":"{PASSWORD}"}}"#)).await;
    assert_eq!(proved.status, 200, "{}", proved.body);
}
