//! One browser, several sessions: people sign in twice, apps share a host, an issuer has a path.

use crate::common::{Answer, PAGE_ORIGIN, Running, start};

fn cookie_of(answer: &Answer) -> String {
    answer.header("set-cookie").split(';').next().unwrap().to_owned()
}

async fn bound(server: &Running, name: &str, cookies: &str) -> (String, String) {
    let members = r#","remember_me":true,"binder":"cookie""#;
    let answer = server.login_with(name, members, &[("cookie", cookies), ("origin", PAGE_ORIGIN)]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    (answer.text("access_token"), cookie_of(&answer))
}

#[tokio::test]
async fn a_second_sign_in_leaves_the_first_session_its_secret() {
    let server = start().await;
    let (first, first_cookie) = bound(&server, "ada", "").await;
    let (second, second_cookie) = bound(&server, "eve", &first_cookie).await;
    assert_ne!(first_cookie.split('=').next(), second_cookie.split('=').next());
    let both = format!("{first_cookie}; other=1; {second_cookie}");
    for token in [&first, &second] {
        let answer = server.exchange_with(token, &[("cookie", &both), ("origin", PAGE_ORIGIN)]).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let crossed = server.exchange_with(&first, &[("cookie", &second_cookie)]).await;
    assert_eq!(crossed.text("reason"), "binder_mismatch");
}

#[tokio::test]
async fn an_unbound_session_is_exchanged_from_any_page_whatever_cookies_lie_around() {
    let server = start().await;
    let (_, cookie) = bound(&server, "ada", "").await;
    let token = server.login("eve").await;
    let headers = [("cookie", cookie.as_str()), ("origin", "https://another.example")];
    assert_eq!(server.exchange_with(&token, &headers).await.status, 200);
}

#[tokio::test]
async fn a_ninth_sign_in_takes_the_cookie_of_the_oldest() {
    let server = start().await;
    let mut cookies = Vec::new();
    for _ in 0..8 {
        let (_, cookie) = bound(&server, "ada", &cookies.join("; ")).await;
        cookies.push(cookie);
    }
    let body = login_body(r#","remember_me":true,"binder":"cookie""#);
    let request = format!(
        "POST /login HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncontent-type: application/json\r\ncookie: {}\r\n\
         content-length: {}\r\n\r\n{body}",
        cookies.join("; "),
        body.len(),
    );
    let answer = server.raw(&request).await;
    let set: Vec<&str> = answer.lines().filter(|line| line.contains("__Host-shelflife-binder-")).collect();
    assert_eq!(set.len(), 2, "{set:?}");
    let oldest = cookies[0].split('=').next().unwrap();
    assert!(
        set.iter().any(|line| line.contains(&format!("{oldest}=;")) && line.contains("Max-Age=0")),
        "{set:?}"
    );
}

fn login_body(members: &str) -> String {
    format!(r#"{{"username":"ada","password":"{}"{members}}}"#, crate::common::PASSWORD)
}

#[tokio::test]
async fn a_secret_under_the_earlier_name_is_taken_and_gets_the_name_of_its_session() {
    let server = start().await;
    let (token, cookie) = bound(&server, "ada", "").await;
    let (name, secret) = cookie.split_once('=').unwrap();
    let earlier = format!("__Host-shelflife-binder={secret}");
    let body = format!("grant_type=refresh_token&refresh_token={token}");
    let request = format!(
        "POST /oauth/token HTTP/1.1\r\nhost: a\r\nconnection: close\r\ncookie: {earlier}\r\n\
         content-type: application/x-www-form-urlencoded\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
    let answer = server.raw(&request).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    assert!(answer.contains(&format!("{name}={secret};")), "{answer}");
    assert!(answer.contains("__Host-shelflife-binder=;"), "{answer}");
}

#[tokio::test]
async fn a_cookie_of_a_neighbour_that_is_no_text_hides_none_of_ours() {
    let server = start().await;
    let (token, cookie) = bound(&server, "ada", "").await;
    let cookies = format!("name=\u{e9}\u{fc}; {cookie}");
    assert_eq!(server.exchange_with(&token, &[("cookie", &cookies)]).await.status, 200);
}

#[tokio::test]
async fn signing_out_always_works_and_takes_the_cookie_of_that_session_along() {
    let server = start().await;
    let (stale, stale_cookie) = bound(&server, "ada", "").await;
    let (_, other_cookie) = bound(&server, "ada", "").await;
    server.clock.advance_millis(61_000);
    let bearer = format!("Bearer {stale}");
    let both = format!("{stale_cookie}; {other_cookie}");
    let headers = [("authorization", bearer.as_str()), ("cookie", &both)];
    let answer = server.send("POST", "/logout", &headers, "").await;
    assert_eq!(answer.status, 204, "{}", answer.body);
    let name = stale_cookie.split('=').next().unwrap();
    assert!(answer.header("set-cookie").starts_with(&format!("{name}=;")), "{}", answer.header("set-cookie"));

    // With a parent, and while the password is demanded.
    let token = server.login("eve").await;
    server.exchange(&token).await;
    let path =
        format!("/admin/users/{}/reauthenticate", crate::common::payload(&token)["sub"].as_str().unwrap());
    assert_eq!(server.as_admin("POST", &path, "").await.status, 200);
    let demanded = server.authorized("GET", "/sessions", &token).await;
    assert_eq!((demanded.status, demanded.text("error").as_str()), (401, "insufficient_user_authentication"));
    assert!(
        demanded.header("www-authenticate").contains("max_age="),
        "{}",
        demanded.header("www-authenticate")
    );
    assert_eq!(server.authorized("POST", "/logout", &token).await.status, 204);
    assert_eq!(server.exchange(&token).await.text("reason"), "logged_out");
}
