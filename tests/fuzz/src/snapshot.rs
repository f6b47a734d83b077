//! Lists of revocations, one after another, and after each of them some tokens. The input is what the lists are made of,
//! signed here:
//!
//! ```text
//! settings   and for each list, with a byte 0 in between:   how  moment  body
//! ```
//!
//! A body is the claims; a header, a byte 1 and the claims; the claims in a few bytes, so that lists that fit together are
//! found soon; or the text of a list as it comes.

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signer, SigningKey};
use serde_json::json;
use shelflife_token::{
    CachingVerifier, Claims, Code, KeySet, Limits, Requirements, RevocationOptions, RevocationState, State,
    Verdict, Verifier, WhenOutdated,
};

use crate::rules::json::{Json, Reading, member, read};
use crate::rules::lists::{Keeper, Refused, prefix};
use crate::rules::token as rules;
use crate::verify::{HERE, issuer_key, kid_of};

const SHUT: u8 = 1;
const AGE: u8 = 2;
const SMALL: u8 = 4;

/// Who signs; the stranger by the name of the issuer's key.
const SECOND: u8 = 1;
const STRANGER: u8 = 2;
const DAMAGED: u8 = 3;
/// What the body is; else it is claims.
const WITH_HEADER: u8 = 1 << 2;
const SHORT: u8 = 2 << 2;
const RAW: u8 = 3 << 2;
const CUT: u8 = 1 << 4;

/// Two that are sixteen bytes in base64url, and two that are not.
const SIDS: [&str; 4] = ["AAECAwQFBgcICQoLDA0ODw", "_____________________w", "s1", "______________________"];
const SUBS: [&str; 3] = ["u1", "ada", ""];

struct World {
    keys: KeySet,
    issuer: SigningKey,
    second: SigningKey,
    stranger: SigningKey,
    /// With the name of the key that signed it.
    tokens: Vec<(String, String, Claims)>,
}

thread_local! {
    static WORLD: World = World::new();
}

pub(crate) fn run(data: &[u8]) {
    let [settings, lists @ ..] = data else { return };
    WORLD.with(|world| world.judge(*settings, lists));
}

impl World {
    fn new() -> World {
        let [second, stranger] = [[7; 32], [8; 32]].map(|seed| SigningKey::from_bytes(&seed));
        let issuer = issuer_key();
        let x = |key: &SigningKey| Base64UrlUnpadded::encode_string(key.verifying_key().as_bytes());
        let set = json!({"keys": [
            {"kty": "OKP", "crv": "Ed25519", "x": x(&issuer)},
            {"kty": "OKP", "crv": "Ed25519", "x": x(&second), "kid": "second"},
        ]});
        let keys = KeySet::from_json(set.to_string().as_bytes()).unwrap();
        let mut world = World { keys, issuer, second, stranger, tokens: Vec::new() };
        for (at, sid) in SIDS.into_iter().enumerate() {
            let key = if at == 0 { &world.second } else { &world.issuer };
            let kid = if at == 0 { "second".to_owned() } else { kid_of(key) };
            let claims = claims(sid, SUBS[at % 2], 1000 + 20 * at as u64);
            world.tokens.push((token(key, &kid, &claims), kid, claims));
        }
        world
    }

    fn judge(&self, settings: u8, lists: &[u8]) {
        let mut keeper = Keeper {
            issuer: HERE.0,
            keys: vec![
                (kid_of(&self.issuer), self.issuer.verifying_key()),
                ("second".to_owned(), self.second.verifying_key()),
            ],
            max_bytes: if settings & SMALL != 0 { 400 } else { 1 << 20 },
            max_age: (settings & AGE != 0).then_some(100),
            shut: settings & SHUT != 0,
            known: None,
        };
        let options = RevocationOptions {
            max_age: keeper.max_age,
            when_outdated: if keeper.shut { WhenOutdated::Shut } else { WhenOutdated::Open },
            max_bytes: keeper.max_bytes,
        };
        let verifier = Verifier::new(HERE.0, HERE.1, self.keys.clone(), Limits::default()).unwrap();
        let heir = verifier.clone().with_revocations(options);
        let mut caching = CachingVerifier::new(verifier.with_revocations(options), 8);
        self.same_verdicts(&mut caching, &keeper, 1500);
        for list in lists.split(|byte| *byte == 0).take(8) {
            let [how, moment, body @ ..] = list else { continue };
            let (text, now) = self.list(*how, *moment, body);
            let expected = keeper.take(&text, now);
            let found = caching.update_revocations(&text, now);
            match (&expected, &found) {
                (Err(Refused::NoOpinion), _) => return,
                (Err(Refused::As(code)), Err(error)) => assert_eq!(error.code, *code, "{text} at {now}"),
                (Ok(changed), Ok(applied)) => assert_eq!(applied.changed, *changed, "{text} at {now}"),
                _ => panic!("{found:?} and not {expected:?}: {text} at {now}"),
            }
            let known = keeper.known.as_ref().map(|known| RevocationState {
                seq: known.seq,
                issued_at: known.iat,
                entries: known.entries(),
            });
            assert_eq!(caching.verifier().revocations(), known, "{text} at {now}");
            if let Ok(applied) = found {
                assert_eq!(Some((applied.seq, applied.entries)), known.map(|it| (it.seq, it.entries)));
            }
            self.same_verdicts(&mut caching, &keeper, now);
        }
        let mut heir = CachingVerifier::new(heir, 8);
        heir.inherit_revocations(caching.verifier());
        self.same_verdicts(&mut heir, &keeper, 1500);
    }

    fn same_verdicts(&self, caching: &mut CachingVerifier, keeper: &Keeper, now: u64) {
        let needs = Requirements::default();
        for (token, kid, claims) in &self.tokens {
            let expected = match rules::worth(claims, HERE, now, &needs) {
                Ok(State::Fresh) => keeper.refuses(kid, claims, now).map_or("fresh", Code::as_str),
                Ok(state) => state.as_str(),
                Err(code) => code.as_str(),
            };
            let found = match caching.verifier().verify(token, now, &needs) {
                Verdict::Invalid(refusal) => refusal.code.as_str(),
                verdict => verdict.state(),
            };
            assert_eq!(found, expected, "{claims:?} at {now}, knowing {:?}", keeper.known);
            let remembered = caching.verify(token, now, &needs, || Some([7; 16])).outcome;
            let found =
                remembered.map_or_else(|refusal| refusal.code.as_str(), |standing| standing.state.as_str());
            assert_eq!(found, expected, "with a memory: {claims:?} at {now}, knowing {:?}", keeper.known);
        }
    }

    /// A list, and a moment that matters to it.
    fn list(&self, how: u8, moment: u8, body: &[u8]) -> (String, u64) {
        let kind = how & RAW;
        if kind == RAW {
            return (String::from_utf8_lossy(body).into_owned(), moment_of(&[], moment));
        }
        let (key, kid) = match how & 3 {
            SECOND => (&self.second, "second".to_owned()),
            STRANGER => (&self.stranger, kid_of(&self.issuer)),
            _ => (&self.issuer, kid_of(&self.issuer)),
        };
        let good = format!(r#"{{"alg":"Ed25519","typ":"revocations+jwt","kid":"{kid}"}}"#).into_bytes();
        let (header, payload) = match body.iter().position(|byte| *byte == 1) {
            Some(end) if kind == WITH_HEADER => (body[..end].to_vec(), body[end + 1..].to_vec()),
            _ if kind == SHORT => (good, self.spelled_out(body)),
            _ => (good, body.to_vec()),
        };
        let mut text = signed(key, &header, &payload, how & 3 == DAMAGED);
        if how & CUT != 0 {
            text.truncate(text.len() * usize::from(moment % 8) / 8);
        }
        (text, moment_of(&payload, moment))
    }

    /// The claims that these few bytes stand for: sequence, date, age, since, and then three for an entry.
    fn spelled_out(&self, body: &[u8]) -> Vec<u8> {
        let [seq, iat, max_age, since, entries @ ..] = body else { return Vec::new() };
        let (mut sessions, mut users, mut keys) = (Vec::new(), Vec::new(), Vec::new());
        for entry in entries.as_chunks::<3>().0 {
            let [kind, which, when] = entry.map(usize::from);
            let until = 1000 + when % 64 * 7;
            match kind % 3 {
                0 => {
                    let prefix = Base64UrlUnpadded::encode_string(&prefix(SIDS[which % 4]));
                    sessions.push(json!([until, prefix]));
                }
                1 => users.push(json!([SUBS[which % 3], 1000 + when % 8 * 10, until])),
                _ => keys.push([kid_of(&self.issuer), "second".into(), "gone".into()][which % 3].clone()),
            }
        }
        let mut claims = json!({
            "iss": HERE.0, "iat": 1000 + u64::from(iat % 32) * 10, "seq": seq % 16, "max_age": u64::from(max_age % 8) * 100,
            "sessions": sessions, "users": users, "keys": keys,
        });
        if since % 4 != 0 {
            claims["since"] = json!(since / 4 % 16);
        }
        claims.to_string().into_bytes()
    }
}

fn signed(key: &SigningKey, header: &[u8], payload: &[u8], damaged: bool) -> String {
    let encode = Base64UrlUnpadded::encode_string;
    let text = format!("{}.{}", encode(header), encode(payload));
    let mut signature = key.sign(text.as_bytes()).to_bytes();
    if damaged {
        signature[payload.len() % 64] ^= 1 << (payload.len() / 64 % 8);
    }
    format!("{text}.{}", encode(&signature))
}

fn claims(sid: &str, sub: &str, iat: u64) -> Claims {
    let bbf = iat + 399 * 86_400;
    Claims {
        iss: HERE.0.to_owned(),
        aud: vec![HERE.1.to_owned()],
        sub: sub.to_owned(),
        sid: sid.to_owned(),
        iat,
        bbf,
        exp: bbf + 60,
        ..Claims::default()
    }
}

fn token(key: &SigningKey, kid: &str, claims: &Claims) -> String {
    let Claims { iss, aud, sub, sid, iat, bbf, exp, .. } = claims;
    let header = json!({"alg": "Ed25519", "typ": "bbf+jwt", "kid": kid, "crit": ["bbf"], "bbf": bbf});
    let payload = json!({
        "iss": iss, "aud": aud, "sub": sub, "sid": sid, "gen": 0, "iat": iat, "bbf": bbf, "exp": exp,
    });
    signed(key, header.to_string().as_bytes(), payload.to_string().as_bytes(), false)
}

/// Around the dates of the list, and around those of the entries in a list of few bytes.
fn moment_of(payload: &[u8], moment: u8) -> u64 {
    let number = |name, or| match read(payload) {
        Reading::Object(members) => member(&members, name).and_then(Json::number).unwrap_or(or),
        _ => or,
    };
    let (iat, rest) = (number("iat", 1400), u64::from(moment >> 5));
    let around = match moment >> 2 & 7 {
        0 => iat.saturating_add(100),
        1 => iat.saturating_add(number("max_age", 300)),
        2 => iat.saturating_sub(60),
        3 => iat,
        4 | 5 => 1020 + 60 * rest,
        6 => iat.saturating_add(60 * rest),
        _ => 1 << (8 * rest),
    };
    match moment & 3 {
        0 => around,
        1 => around.saturating_sub(1),
        2 => around.saturating_add(1),
        _ => around.saturating_add(30),
    }
}
