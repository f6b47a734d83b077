//! The calls of the issuer the tests are made of.

use std::time::Duration;

use base64ct::{Base64, Encoding};
use serde_json::{Value, json};

use crate::{Answer, Server};

/// The user that exists under `--demo` alone.
pub const DEMO_USER: &str = "demo";
/// That user's password.
pub const DEMO_PASSWORD: &str = "best-before";
/// Where one signs in.
pub const LOGIN: &str = "/login";
/// Where one exchanges.
pub const TOKEN: &str = "/oauth/token";

impl Server {
    /// Signs the demo user in, with remember-me: the token can be exchanged when it is stale.
    pub fn login(&self) -> Answer {
        self.login_with(&json!({ "username": DEMO_USER, "password": DEMO_PASSWORD, "remember_me": true }))
    }

    /// `POST /login` with this body.
    pub fn login_with(&self, body: &Value) -> Answer {
        self.post(LOGIN, "application/json", body.to_string().as_bytes())
    }

    /// `POST /oauth/token` with the grant of an exchange.
    pub fn exchange(&self, token: &str) -> Answer {
        self.line().exchange(token)
    }

    /// `POST` of a form.
    pub fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        self.line().form(path, fields)
    }

    /// `POST` of any body.
    pub fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        self.line().post(path, content_type, body)
    }

    /// For a client that calls again and again.
    pub fn line(&self) -> Line {
        Line { agent: agent(), address: self.address().to_owned() }
    }

    /// `POST /admin/sessions` as the client with these credentials (`id:secret`).
    pub fn open_session(&self, credentials: &str, body: &Value) -> Answer {
        let basic = format!("Basic {}", Base64::encode_string(credentials.as_bytes()));
        let call = agent().post(self.url("/admin/sessions")).header("authorization", basic);
        let call = call.header("content-type", "application/json");
        Answer::read(call.send(body.to_string().as_bytes()).expect("an answer"))
    }

    /// `POST` without a body, as the holder of a token.
    pub fn post_as(&self, path: &str, token: &str) -> Answer {
        let call = agent().post(self.url(path)).header("authorization", format!("Bearer {token}"));
        Answer::read(call.send_empty().expect("an answer"))
    }

    /// `GET` as nobody.
    pub fn get(&self, path: &str) -> Answer {
        Answer::read(agent().get(self.url(path)).call().expect("an answer"))
    }

    /// `GET` as the holder of a token.
    pub fn get_as(&self, path: &str, token: &str) -> Answer {
        let call = agent().get(self.url(path)).header("authorization", format!("Bearer {token}"));
        Answer::read(call.call().expect("an answer"))
    }

    fn url(&self, path: &str) -> String {
        format!("{}{path}", self.address())
    }
}

/// A connection that is kept from call to call.
pub struct Line {
    agent: ureq::Agent,
    address: String,
}

impl Line {
    /// `POST /oauth/token` with the grant of an exchange.
    pub fn exchange(&self, token: &str) -> Answer {
        self.form(TOKEN, &[("grant_type", "refresh_token"), ("refresh_token", token)])
    }

    /// `POST /admin/sessions` by the client with these credentials.
    pub fn open_session(&self, credentials: &str, body: &Value) -> Answer {
        let call = self.agent.post(format!("{}/admin/sessions", self.address));
        let call = call.header("content-type", "application/json").header("authorization", credentials);
        Answer::read(call.send(body.to_string().as_bytes()).expect("an answer"))
    }

    fn form(&self, path: &str, fields: &[(&str, &str)]) -> Answer {
        let form = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        self.post(path, "application/x-www-form-urlencoded", form.as_bytes())
    }

    fn post(&self, path: &str, content_type: &str, body: &[u8]) -> Answer {
        let call = self.agent.post(format!("{}{path}", self.address)).header("content-type", content_type);
        Answer::read(call.send(body).expect("an answer"))
    }
}

/// A connection of its own for every call: the server may have been another process a moment ago.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder()
        .http_status_as_error(false)
        .max_redirects(0)
        .timeout_global(Some(Duration::from_secs(30)))
        .build()
        .into()
}
