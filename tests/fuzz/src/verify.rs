//! The whole way to a verdict. The input is not a token but what one is made of, signed here, so that the fuzzer gets past
//! the signature:
//!
//! ```text
//! flags  moment  header, if flags say so, up to a byte 0   payload
//! ```
//!
//! Without a header of its own the token gets a good one, with the `bbf` of the payload.

use std::cell::RefCell;

use base64ct::{Base64UrlUnpadded, Encoding};
use ed25519_dalek::{Signature, Signer, SigningKey, VerifyingKey};
use shelflife_token::{
    CachingVerifier, Claims, Code, KeySet, Limits, PublicKey, Requirements, State, Verdict, Verifier,
    thumbprint,
};

use crate::rules::json::{Json, Reading, member, read};
use crate::rules::token as rules;

const OWN_HEADER: u8 = 1;
const DAMAGED: u8 = 2;
const SCOPE: u8 = 4;
const GROUP: u8 = 8;
const AUTH_AGE: u8 = 16;

/// The issuer and the audience of the vectors, which are what the corpus began with.
pub(crate) const HERE: (&str, &str) = ("https://issuer.test", "api");

/// The private key of RFC 8037, appendix A.1, which signed the vectors: known to everybody.
const SEED: &str = "nWGxne_9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2A";

struct World {
    signer: SigningKey,
    public: PublicKey,
    kid: String,
    verifier: Verifier,
    /// Small, so that tokens push each other out.
    caching: RefCell<CachingVerifier>,
}

thread_local! {
    static WORLD: World = World::new();
}

pub(crate) fn run(data: &[u8]) {
    let [flags, moment, rest @ ..] = data else { return };
    WORLD.with(|world| world.judge(*flags, *moment, rest));
}

pub(crate) fn issuer_key() -> SigningKey {
    let seed = Base64UrlUnpadded::decode_vec(SEED).unwrap();
    SigningKey::from_bytes(&seed.try_into().unwrap())
}

pub(crate) fn kid_of(key: &SigningKey) -> String {
    thumbprint(&PublicKey::from_bytes(key.verifying_key().as_bytes()).unwrap())
}

impl World {
    fn new() -> World {
        let signer = issuer_key();
        let public = PublicKey::from_bytes(signer.verifying_key().as_bytes()).unwrap();
        let kid = kid_of(&signer);
        let x = Base64UrlUnpadded::encode_string(public.as_bytes());
        let set = format!(r#"{{"keys":[{{"kty":"OKP","crv":"Ed25519","x":"{x}"}}]}}"#);
        let keys = KeySet::from_json(set.as_bytes()).unwrap();
        let verifier = Verifier::new(HERE.0, HERE.1, keys, Limits::default()).unwrap();
        let caching = RefCell::new(CachingVerifier::new(verifier.clone(), 8));
        World { signer, public, kid, verifier, caching }
    }

    fn judge(&self, flags: u8, moment: u8, rest: &[u8]) {
        let is = |flag: u8| flags & flag != 0;
        let (header, payload) = match rest.iter().position(|byte| *byte == 0) {
            Some(end) if is(OWN_HEADER) => (rest[..end].to_vec(), &rest[end + 1..]),
            _ => (self.good_header(rest), rest),
        };
        let text = Base64UrlUnpadded::encode_string;
        let signed = format!("{}.{}", text(&header), text(payload));
        let mut signature = self.signer.sign(signed.as_bytes()).to_bytes();
        if is(DAMAGED) {
            // Any bit of it, chosen by what the fuzzer has at hand.
            let bit =
                rest.iter().fold(usize::from(moment), |sum, byte| sum * 31 % 512 + usize::from(*byte)) % 512;
            signature[bit / 8] ^= 1 << (bit % 8);
        }
        let token = format!("{signed}.{}", text(&signature));
        let now = moment_of(payload, moment);
        let needs = Requirements {
            scope: if is(SCOPE) { vec!["read".to_owned()] } else { vec![] },
            groups: if is(GROUP) { vec!["staff".to_owned()] } else { vec![] },
            max_auth_age: is(AUTH_AGE).then_some(300),
        };
        let verdict = self.verifier.verify(&token, now, &needs);
        self.remembered(&token, now, &needs, &verdict);
        if let Some(expected) = self.expected(&token, now, &needs) {
            agrees(&verdict, &expected, payload, now, &token);
        }
    }

    fn good_header(&self, payload: &[u8]) -> Vec<u8> {
        let bbf = match read(payload) {
            Reading::Object(members) => member(&members, "bbf").and_then(Json::number).unwrap_or(0),
            _ => 0,
        };
        let kid = &self.kid;
        format!(r#"{{"alg":"Ed25519","typ":"bbf+jwt","kid":"{kid}","crit":["bbf"],"bbf":{bbf}}}"#).into()
    }

    /// What the rules say of the token: its claims where it is genuine, and its worth.
    fn expected(
        &self,
        token: &str,
        now: u64,
        needs: &Requirements,
    ) -> rules::Opinion<(Claims, Result<State, Code>)> {
        let [header, payload, signature] = match rules::parts(token) {
            Ok(parts) => parts,
            Err(code) => return Some(Err(code)),
        };
        let header = match rules::header(&header)? {
            Ok(header) => header,
            Err(code) => return Some(Err(code)),
        };
        if header.kid != self.kid {
            return Some(Err(Code::UnknownKey));
        }
        let signed = token.rsplit_once('.').unwrap().0.as_bytes();
        let strict = self.strict(signed, &signature);
        assert_eq!(self.public.verify(signed, &signature), strict, "not busy: {token}");
        if !strict {
            return Some(Err(Code::BadSignature));
        }
        Some(rules::claims(&payload, &header)?.map(|claims| {
            let worth = rules::worth(&claims, HERE, now, needs);
            (claims, worth)
        }))
    }

    fn strict(&self, signed: &[u8], signature: &[u8]) -> bool {
        let key: VerifyingKey = self.signer.verifying_key();
        Signature::from_slice(signature).is_ok_and(|signature| key.verify_strict(signed, &signature).is_ok())
    }

    /// With a memory, the first time and the second, the verdict is the one without.
    fn remembered(&self, token: &str, now: u64, needs: &Requirements, verdict: &Verdict) {
        let mut caching = self.caching.borrow_mut();
        for _ in 0..2 {
            let judgement = caching.verify(token, now, needs, || Some([7; 16]));
            let payload = judgement.payload().map(str::to_owned);
            let found = judgement
                .outcome
                .map(|standing| (standing.state.as_str(), standing.fresh_for, standing.exchangeable_for));
            let (expected, shown) = match verdict {
                Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged) => {
                    (Ok((verdict.state(), judged.fresh_for, judged.exchangeable_for)), Some(&judged.payload))
                }
                Verdict::Invalid(refusal) => {
                    (Err(refusal.code), refusal.verified.as_ref().map(|token| &token.payload))
                }
            };
            assert_eq!(found.map_err(|refusal| refusal.code), expected, "with a memory: {token}");
            assert_eq!(payload.as_ref(), shown, "with a memory: {token}");
        }
    }
}

/// A moment that matters: around one of the dates of the payload, at which something changes.
fn moment_of(payload: &[u8], moment: u8) -> u64 {
    let date = |name| match read(payload) {
        Reading::Object(members) => member(&members, name).and_then(Json::number).unwrap_or(1500),
        _ => 1500,
    };
    let around = match moment / 8 % 6 {
        0 => date("iat"),
        1 => date("bbf"),
        2 => date("exp"),
        3 => date("nbf").saturating_sub(60),
        4 => date("iat").saturating_sub(60),
        _ => date("auth_time").saturating_add(300),
    };
    match moment % 4 {
        0 => around,
        1 => around.saturating_sub(1),
        2 => around.saturating_add(1),
        _ => u64::from(moment) << (moment % 64),
    }
}

fn agrees(
    verdict: &Verdict,
    expected: &Result<(Claims, Result<State, Code>), Code>,
    payload: &[u8],
    now: u64,
    token: &str,
) {
    match (verdict, expected) {
        (
            Verdict::Fresh(judged) | Verdict::Stale(judged) | Verdict::Expired(judged),
            Ok((claims, Ok(state))),
        ) => {
            assert_eq!(verdict.state(), state.as_str(), "{token} at {now}");
            assert_eq!(&judged.claims, claims, "{token}");
            assert_eq!(judged.payload.as_bytes(), payload, "{token}");
            let left = (claims.bbf.saturating_sub(now), claims.exp.saturating_sub(now));
            assert_eq!((judged.fresh_for, judged.exchangeable_for), left, "{token} at {now}");
        }
        (Verdict::Invalid(refusal), Ok((claims, Err(code)))) => {
            assert_eq!(refusal.code, *code, "{token} at {now}");
            let shown = refusal.verified.as_ref().map(|token| &token.claims);
            assert_eq!(shown, code.keeps_claims().then_some(claims), "{token} at {now}");
        }
        (Verdict::Invalid(refusal), Err(code)) => {
            assert_eq!(refusal.code, *code, "{token} at {now}");
            assert!(refusal.verified.is_none(), "claims of a token that is not genuine: {token}");
        }
        _ => panic!("{verdict:?} and not {expected:?}: {token} at {now}"),
    }
}
