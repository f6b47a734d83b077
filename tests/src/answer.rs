//! An HTTP answer, whole.

use serde_json::Value;

/// Status, headers in the order they came, body.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body as text.
    pub body: String,
}

impl Answer {
    pub(crate) fn read(answer: ureq::http::Response<ureq::Body>) -> Answer {
        let status = answer.status().as_u16();
        let text = |value: &ureq::http::HeaderValue| String::from_utf8_lossy(value.as_bytes()).into_owned();
        let headers = answer.headers().iter().map(|(name, value)| (name.to_string(), text(value))).collect();
        let body = answer.into_body().read_to_string().expect("the body of an answer");
        Answer { status, headers, body }
    }

    /// The first header of this name, or an empty string.
    pub fn header(&self, name: &str) -> &str {
        self.headers.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
    }

    /// The body as JSON.
    pub fn json(&self) -> Value {
        serde_json::from_str(&self.body)
            .unwrap_or_else(|error| panic!("not JSON ({error}): {}", self.shown()))
    }

    /// A member of the JSON body that is a string; an empty string if it is absent.
    pub fn member(&self, name: &str) -> String {
        self.json()[name].as_str().unwrap_or_default().to_owned()
    }

    /// The token of a token answer.
    pub fn token(&self) -> String {
        assert_eq!(self.status, 200, "no token in {}", self.shown());
        self.member("refresh_token")
    }

    /// Status and body, without what could be a token: this ends up in the output of a failed test.
    pub fn shown(&self) -> String {
        format!("{} {}", self.status, self.body.chars().take(400).collect::<String>())
    }
}
