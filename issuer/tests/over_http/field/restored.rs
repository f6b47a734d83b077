//! A backup takes the place of the store. The token in the hand is the newer witness.

use std::path::Path;

use shelflife_issuer::clock::Clock;
use shelflife_issuer::domain::Policy;
use shelflife_issuer::store::{DataFolder, Store};

use crate::common::{Running, START, payload, policy, start_in_by};
use crate::revocations::{now, verifier, word};

fn copy(from: &Path, to: &Path) {
    std::fs::create_dir_all(to).unwrap();
    for entry in std::fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let to = to.join(entry.file_name());
        if entry.file_type().unwrap().is_dir() {
            copy(&entry.path(), &to);
        } else {
            std::fs::copy(entry.path(), to).unwrap();
        }
    }
}

struct Site {
    data: tempfile::TempDir,
    backup: tempfile::TempDir,
    policy: Policy,
}

impl Site {
    fn new(policy: Policy) -> Site {
        Site { data: tempfile::tempdir().unwrap(), backup: tempfile::tempdir().unwrap(), policy }
    }

    async fn start(&self, now: u64) -> (Running, DataFolder) {
        start_in_by(self.data.path(), now, self.policy.clone().into()).await
    }

    async fn stop(&self, (server, folder): (Running, DataFolder)) {
        server.stop().await.close();
        drop(folder);
    }

    /// The store as it is now is what will be restored.
    fn back_up(&self) {
        copy(self.data.path(), self.backup.path());
    }

    fn restore(&self) {
        std::fs::remove_dir_all(self.data.path()).unwrap();
        copy(self.backup.path(), self.data.path());
    }
}

/// A session that was exchanged after the backup, and then the backup is restored two hours after it was taken.
async fn restored(site: &Site, remember_me: bool) -> ((Running, DataFolder), String) {
    let running = site.start(START).await;
    let members = format!(r#","remember_me":{remember_me}"#);
    let mut token = running.0.login_with("ada", &members, &[]).await.text("access_token");
    site.stop(running).await;
    site.back_up();
    let running = site.start(START + 1).await;
    // It is used all the time.
    for _ in 0..150 {
        running.0.clock.advance_millis(48_000);
        let answer = running.0.exchange(&token).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
        token = answer.text("access_token");
    }
    let later = now(&running.0) + 30;
    site.stop(running).await;
    site.restore();
    (site.start(later).await, token)
}

#[tokio::test]
async fn a_token_exchanged_after_the_backup_goes_on_whatever_limits_the_record_has_run_into() {
    let site = Site::new(Policy { idle_ttl: Some(3600), reauth_after: None, ..policy() });
    for remember_me in [true, false] {
        let (running, token) = restored(&site, remember_me).await;
        running.0.issuer.forget_what_is_over(86_400, running.0.clock.now()).await.unwrap();
        assert_eq!(running.0.authorized("GET", "/sessions", &token).await.status, 200, "{remember_me}");
        let answer = running.0.exchange(&token).await;
        assert_eq!(answer.status, 200, "{remember_me}: {}", answer.body);
        assert_eq!(payload(&answer.text("access_token"))["gen"], 152);
        site.stop(running).await;
        std::fs::remove_dir_all(site.data.path()).unwrap();
    }
}

#[tokio::test]
async fn the_time_of_the_proof_does_not_go_back() {
    let site = Site::new(Policy { reauth_after: Some(3600), ..policy() });
    let running = site.start(START).await;
    let token = running.0.login("ada").await;
    site.stop(running).await;
    site.back_up();
    let running = site.start(START + 3000).await;
    let body = format!(r#"{{"password":"{}"}}"#, crate::common::PASSWORD);
    let proved = running.0.post_as("/step-up", &token, &body).await.text("access_token");
    site.stop(running).await;
    site.restore();
    // By the record, the password would be due.
    let running = site.start(START + 3601).await;
    let answer = running.0.exchange(&proved).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(payload(&answer.text("access_token"))["auth_time"], START + 3000);
    site.stop(running).await;
}

#[tokio::test]
async fn what_is_ended_in_a_restored_store_is_listed_for_as_long_as_its_tokens_can_be_fresh() {
    let site = Site::new(policy());
    for way in ["the operator", "signing out"] {
        let (running, token) = restored(&site, true).await;
        let server = &running.0;
        assert_eq!(word(&verifier(server).await, &token, now(server)), "fresh");
        if way == "signing out" {
            assert_eq!(server.authorized("POST", "/logout", &token).await.status, 204);
        } else {
            let path = format!("/admin/users/{}/sessions", payload(&token)["sub"].as_str().unwrap());
            assert_eq!(server.as_admin("DELETE", &path, "").await.json()["ended"], 1);
        }
        assert_eq!(word(&verifier(server).await, &token, now(server)), "revoked", "{way}");
        site.stop(running).await;
        std::fs::remove_dir_all(site.data.path()).unwrap();
    }
}

#[tokio::test]
async fn signing_out_of_a_session_that_the_backup_does_not_know_lists_its_tokens_once() {
    let site = Site::new(policy());
    let running = site.start(START).await;
    site.stop(running).await;
    site.back_up();
    let running = site.start(START).await;
    let token = running.0.login("ada").await;
    site.stop(running).await;
    site.restore();
    let running = site.start(START + 10).await;
    let server = &running.0;
    for _ in 0..3 {
        assert_eq!(server.authorized("POST", "/logout", &token).await.status, 204);
    }
    let verifier = verifier(server).await;
    assert_eq!(word(&verifier, &token, now(server)), "revoked");
    assert_eq!(verifier.revocations().unwrap().entries, 1);
    assert_eq!(server.exchange(&token).await.text("reason"), "session_not_found");
    site.stop(running).await;
}
