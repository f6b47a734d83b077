//! A verdict as JSON. Written by hand and not by a serializer, because the claims are already JSON: they are copied as
//! signed, and a serializer would be a good part of the wasm file.

use shelflife_token::{Judged, Refusal, Verdict};

/// `{"state",...}` as the type `Verdict` of `js/src/verdict.ts` describes it.
pub(crate) fn verdict(verdict: &Verdict) -> String {
    let mut out = String::from("{\"state\":\"");
    out.push_str(verdict.state());
    match verdict {
        Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged) => {
            push_judged(&mut out, judged)
        }
        Verdict::Invalid(refusal) => push_refusal(&mut out, refusal),
    }
    out.push('}');
    out
}

fn push_judged(out: &mut String, judged: &Judged) {
    out.push_str("\",\"claims\":");
    out.push_str(&judged.payload);
    out.push_str(",\"freshFor\":");
    push_number(out, judged.fresh_for);
    out.push_str(",\"exchangeableFor\":");
    push_number(out, judged.exchangeable_for);
}

fn push_refusal(out: &mut String, refusal: &Refusal) {
    out.push_str("\",\"code\":\"");
    out.push_str(refusal.code.as_str());
    out.push_str("\",\"action\":\"");
    out.push_str(refusal.code.action().as_str());
    out.push_str("\",\"detail\":\"");
    push_escaped(out, &refusal.detail);
    out.push('"');
    if let Some(verified) = &refusal.verified {
        out.push_str(",\"claims\":");
        out.push_str(&verified.payload);
    }
}

/// Details hold no control characters (they are replaced where values are quoted), so two escapes are enough.
fn push_escaped(out: &mut String, text: &str) {
    for character in text.chars() {
        if matches!(character, '"' | '\\') {
            out.push('\\');
        }
        out.push(character);
    }
}

fn push_number(out: &mut String, number: u64) {
    if number >= 10 {
        push_number(out, number / 10);
    }
    out.push(char::from(b'0' + (number % 10) as u8));
}

#[cfg(test)]
mod tests {
    use crate::Verifier;
    use serde_json::Value;
    use shelflife_token::{Claims, SigningKey};

    fn key() -> SigningKey {
        SigningKey::from_seed(&[3; 32]).unwrap()
    }

    fn verify(sub: &str, now: f64, issuer: &str, scope: Option<&str>) -> Value {
        let claims = Claims {
            iss: "https://issuer.test".into(),
            sub: sub.into(),
            aud: vec!["api".into()],
            sid: "s".into(),
            iat: 10,
            bbf: 20,
            exp: 30,
            ..Claims::default()
        };
        let token = key().sign_session(&claims).unwrap();
        let jwks = serde_json::json!({ "keys": [key().public_jwk()] }).to_string();
        let verifier = Verifier::new(issuer, "api", &jwks, 8192.0, 34_560_000.0, 60.0, 0.0).unwrap();
        serde_json::from_str(&verifier.verify(&token, now, scope.map(Into::into), None, None)).unwrap()
    }

    #[test]
    fn a_good_token_shows_its_claims_and_how_long_it_lasts() {
        let verdict = verify("\"quoted\" \\ 🥛", 12.9, "https://issuer.test", None);
        assert_eq!(verdict["state"], "fresh");
        assert_eq!(verdict["claims"]["sub"], "\"quoted\" \\ 🥛");
        assert_eq!((verdict["freshFor"].as_u64(), verdict["exchangeableFor"].as_u64()), (Some(8), Some(18)));
    }

    #[test]
    fn a_refusal_has_code_action_and_detail_and_claims_only_when_genuine() {
        let verdict = verify("u", 12.0, "https://other.test/\"\\", None);
        assert_eq!(
            (verdict["state"].as_str(), verdict["code"].as_str()),
            (Some("invalid"), Some("wrong-issuer"))
        );
        assert_eq!(verdict["action"], "fix-config");
        assert!(verdict["detail"].as_str().unwrap().contains("\"https://issuer.test\""));
        assert_eq!(verdict.get("claims"), None);
        let verdict = verify("u", 12.0, "https://issuer.test", Some("admin"));
        assert_eq!(
            (verdict["code"].as_str(), verdict["claims"]["sub"].as_str()),
            (Some("missing-scope"), Some("u"))
        );
    }
}
