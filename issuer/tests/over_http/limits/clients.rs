//! Which clients a sign-in with a password may name.

use shelflife_issuer::domain::{Narrowing, Rules};

use crate::common::{Answer, PASSWORD, Running, payload, policy, start, start_by};

async fn login(server: &Running, password: &str, more: &str) -> Answer {
    server.post_json("/login", &format!(r#"{{"username":"ada","password":"{password}"{more}}}"#)).await
}

fn said(answer: &Answer) -> (u16, String, String) {
    (answer.status, answer.text("error"), answer.text("reason"))
}

#[tokio::test]
async fn a_client_that_has_a_secret_is_refused_before_any_password_is_judged() {
    let server = start().await;
    for password in ["not it, sorry", PASSWORD].into_iter().cycle().take(20) {
        let refused = login(&server, password, r#","client_id":"shop""#).await;
        assert_eq!(said(&refused), (400, "unauthorized_client".into(), "confidential_client".into()));
    }
    let other = login(&server, PASSWORD, r#","client_id":"a page""#).await;
    assert_eq!(payload(&other.text("access_token"))["client_id"], "a page");
}

#[tokio::test]
async fn where_a_client_is_required_only_those_with_a_table_sign_users_in() {
    let kiosk = Narrowing { access_ttl: Some(30), ..Narrowing::default() };
    let server = start_by(Rules {
        clients: [("kiosk".to_owned(), kiosk), ("shop".to_owned(), kiosk)].into(),
        require_client: true,
        ..policy().into()
    })
    .await;
    for password in ["not it, sorry", PASSWORD].into_iter().cycle().take(20) {
        let missing = login(&server, password, "").await;
        assert_eq!(said(&missing), (400, "invalid_request".into(), "client_id_required".into()));
        let unknown = login(&server, password, r#","client_id":"kiosk2""#).await;
        assert_eq!(said(&unknown), (400, "invalid_request".into(), "client_unknown".into()));
    }
    let confidential = login(&server, PASSWORD, r#","client_id":"shop""#).await;
    assert_eq!(confidential.text("reason"), "confidential_client");
    let opened = login(&server, PASSWORD, r#","client_id":"kiosk""#).await;
    assert_eq!((opened.status, opened.json()["expires_in"].as_u64()), (200, Some(30)));
}
