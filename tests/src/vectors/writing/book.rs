//! A vector, and how it is written down.

use std::fmt::Write as _;

use super::pen::{AUDIENCE, ISSUER, Key, NOW, key_set};

/// One token, what is wrong with it, and what every verifier must say.
#[derive(Clone, Debug)]
pub(in crate::vectors) struct Vector {
    folder: &'static str,
    name: String,
    what: String,
    token: String,
    issuer: String,
    audience: String,
    jwks: String,
    now: u64,
    /// More options of the verifier, and of the call; values are JSON.
    options: Vec<(&'static str, String)>,
    call: Vec<(&'static str, String)>,
    /// Lists of revocations, each with the code it is refused with, or "ok".
    lists: Vec<(String, &'static str)>,
    expected: String,
}

impl Vector {
    /// The file it belongs in, below `tests/vectors`.
    pub(in crate::vectors) fn path(&self) -> String {
        format!("{}/{}.json", self.folder, self.name)
    }

    /// Written by hand, so that members stand in the order in which one reads them.
    pub(in crate::vectors) fn json(&self) -> String {
        let mut json = String::from("{\n");
        let mut member = |name: &str, value: &str| writeln!(json, "  {}: {value},", quoted(name)).unwrap();
        member("name", &quoted(&format!("{}/{}", self.folder, self.name)));
        member("what", &quoted(&self.what));
        member("token", &quoted(&self.token));
        let mut options = vec![
            ("issuer", quoted(&self.issuer)),
            ("audience", quoted(&self.audience)),
            ("jwks", quoted(&self.jwks)),
        ];
        options.extend(self.options.iter().cloned());
        member("options", &object(&options));
        let mut call = vec![("now", self.now.to_string())];
        call.extend(self.call.iter().cloned());
        member("call", &object(&call));
        let joined = |texts: Vec<String>| format!("[{}]", texts.join(", "));
        let mut expected = self.expected.clone();
        if !self.lists.is_empty() {
            let texts = self.lists.iter().map(|(text, _)| quoted(text)).collect();
            writeln!(json, "  \"lists\": {},", joined(texts)).unwrap();
            let outcomes = joined(self.lists.iter().map(|(_, outcome)| quoted(outcome)).collect());
            expected = format!("{}, \"lists\": {outcomes} }}", expected.trim_end_matches(" }"));
        }
        writeln!(json, "  \"expected\": {expected}\n}}").unwrap();
        json
    }

    /// A list of revocations that the verifier is given first, and what it makes of it.
    pub(in crate::vectors) fn list(&mut self, text: impl Into<String>, outcome: &'static str) -> &mut Self {
        self.lists.push((text.into(), outcome));
        self
    }

    pub(in crate::vectors) fn issuer(&mut self, issuer: &str) -> &mut Self {
        self.issuer = issuer.into();
        self
    }

    pub(in crate::vectors) fn keys(&mut self, jwks: impl Into<String>) -> &mut Self {
        self.jwks = jwks.into();
        self
    }

    pub(in crate::vectors) fn at(&mut self, now: u64) -> &mut Self {
        self.now = now;
        self
    }

    /// An option of the verifier, as JSON.
    pub(in crate::vectors) fn option(&mut self, name: &'static str, value: impl ToString) -> &mut Self {
        self.options.push((name, value.to_string()));
        self
    }

    /// An option of the call, as JSON.
    pub(in crate::vectors) fn asking(&mut self, name: &'static str, value: impl ToString) -> &mut Self {
        self.call.push((name, value.to_string()));
        self
    }
}

/// The vectors of one folder.
pub(in crate::vectors) struct Book {
    folder: &'static str,
    vectors: Vec<Vector>,
}

impl Book {
    pub(in crate::vectors) fn new(folder: &'static str) -> Book {
        Book { folder, vectors: Vec::new() }
    }

    pub(in crate::vectors) fn has(&self, name: &str) -> bool {
        self.vectors.iter().any(|vector| vector.name == name)
    }

    pub(in crate::vectors) fn done(self) -> Vec<Vector> {
        self.vectors
    }

    /// A token that is genuine, and in this window at `now`.
    pub(in crate::vectors) fn stands(
        &mut self,
        name: &str,
        what: &str,
        token: impl Into<String>,
        now: u64,
        (state, fresh_for, exchangeable_for): (&str, u64, u64),
    ) -> &mut Vector {
        let expected = object(&[
            ("state", quoted(state)),
            ("freshFor", fresh_for.to_string()),
            ("exchangeableFor", exchangeable_for.to_string()),
        ]);
        self.add(name, what, token.into(), expected).at(now)
    }

    /// A token that is fresh at the usual `now` with the usual dates.
    pub(in crate::vectors) fn fresh(
        &mut self,
        name: &str,
        what: &str,
        token: impl Into<String>,
    ) -> &mut Vector {
        self.stands(name, what, token, NOW, ("fresh", 500, 1500))
    }

    pub(in crate::vectors) fn refused(
        &mut self,
        name: &str,
        what: &str,
        token: impl Into<String>,
        code: &str,
    ) -> &mut Vector {
        let expected = object(&[("state", quoted("invalid")), ("code", quoted(code))]);
        self.add(name, what, token.into(), expected)
    }

    /// A key set with which no verifier is made.
    pub(in crate::vectors) fn refused_set(&mut self, name: &str, what: &str, jwks: impl Into<String>) {
        let token = super::pen::good_token();
        self.add(name, what, token, object(&[("keySet", quoted("refused"))])).keys(jwks);
    }

    fn add(&mut self, name: &str, what: &str, token: String, expected: String) -> &mut Vector {
        assert!(
            !name.is_empty() && name.chars().all(|it| matches!(it, 'a'..='z' | '0'..='9' | '-')),
            "{name}"
        );
        assert!(!self.has(name), "{}/{name} twice", self.folder);
        self.vectors.push(Vector {
            folder: self.folder,
            name: name.into(),
            what: what.into(),
            token,
            issuer: ISSUER.into(),
            audience: AUDIENCE.into(),
            jwks: key_set(&[Key::issuer().jwk()]),
            now: NOW,
            options: Vec::new(),
            call: Vec::new(),
            lists: Vec::new(),
            expected,
        });
        self.vectors.last_mut().unwrap()
    }
}

pub(in crate::vectors) fn quoted(text: &str) -> String {
    serde_json::to_string(text).unwrap()
}

fn object(members: &[(&str, String)]) -> String {
    let members: Vec<String> =
        members.iter().map(|(name, value)| format!("{}: {value}", quoted(name))).collect();
    format!("{{ {} }}", members.join(", "))
}
