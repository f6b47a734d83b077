//! The issuer's pen, and the forger's: it signs whatever it is given.
//!
//! Written against curve arithmetic and not against `shelflife-token`: what makes the vectors must not share a mistake
//! with what is tested by them.

use base64ct::{Base64UrlUnpadded, Encoding};
use curve25519_dalek::{EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT as B};
use sha2::{Digest, Sha256, Sha512};

pub(in crate::vectors) const ISSUER: &str = "https://issuer.test";
pub(in crate::vectors) const AUDIENCE: &str = "api";
pub(in crate::vectors) const NOW: u64 = 1500;
pub(in crate::vectors) const HEADER: &str =
    r#"{"alg":"Ed25519","typ":"bbf+jwt","kid":"KID","crit":["bbf"],"bbf":2000}"#;
pub(in crate::vectors) const CLAIMS: &str = r#"{"iss":"https://issuer.test","sub":"u1","aud":"api","sid":"s1","gen":3,"iat":1000,"bbf":2000,"exp":3000,"scope":"read write","groups":["staff"],"auth_time":900}"#;

/// The key of RFC 8037, appendix A: nobody can take it for a secret.
const ISSUER_SEED: [u8; 32] = [
    0x9d, 0x61, 0xb1, 0x9d, 0xef, 0xfd, 0x5a, 0x60, 0xba, 0x84, 0x4a, 0xf4, 0x92, 0xec, 0x2c, 0xc4, 0x44,
    0x49, 0xc5, 0x69, 0x7b, 0x32, 0x69, 0x19, 0x70, 0x3b, 0xac, 0x03, 0x1c, 0xae, 0x7f, 0x60,
];

/// An Ed25519 key whose halves can be reached, for signatures that no honest signer makes.
#[derive(Clone)]
pub(in crate::vectors) struct Key {
    pub(in crate::vectors) secret: Scalar,
    pub(in crate::vectors) public: EdwardsPoint,
    pub(in crate::vectors) seed: [u8; 32],
    nonce: [u8; 32],
}

impl Key {
    pub(in crate::vectors) fn from_seed(seed: [u8; 32]) -> Key {
        let hash: [u8; 64] = Sha512::digest(seed).into();
        let (low, nonce) = hash.split_at(32);
        let low = curve25519_dalek::scalar::clamp_integer(low.try_into().unwrap());
        let secret = Scalar::from_bytes_mod_order(low);
        Key { secret, public: B * secret, seed, nonce: nonce.try_into().unwrap() }
    }

    pub(in crate::vectors) fn issuer() -> Key {
        Key::from_seed(ISSUER_SEED)
    }

    /// Another issuer, or an attacker: a good key that the key set does not hold.
    pub(in crate::vectors) fn stranger() -> Key {
        Key::from_seed([8; 32])
    }

    /// The same secret with a point of small order added to its public half.
    pub(in crate::vectors) fn plus(&self, torsion: EdwardsPoint) -> Key {
        Key { public: self.public + torsion, ..self.clone() }
    }

    pub(in crate::vectors) fn bytes(&self) -> [u8; 32] {
        self.public.compress().to_bytes()
    }

    /// RFC 8032, 5.1.6; with a prefix (`dom2`) it is one of the variants of 5.1.
    pub(in crate::vectors) fn sign_prefixed(&self, prefix: &[u8], message: &[u8]) -> [u8; 64] {
        let nonce = hashed(&[prefix, &self.nonce, message]);
        let r = (B * nonce).compress().to_bytes();
        let s = nonce + challenge_prefixed(prefix, &r, &self.bytes(), message) * self.secret;
        joined(r, s.to_bytes())
    }

    pub(in crate::vectors) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.sign_prefixed(b"", message)
    }

    /// RFC 7638 for an OKP key.
    pub(in crate::vectors) fn kid(&self) -> String {
        let members = format!(r#"{{"crv":"Ed25519","kty":"OKP","x":"{}"}}"#, encode(self.bytes()));
        encode(Sha256::digest(members))
    }

    pub(in crate::vectors) fn jwk(&self) -> String {
        jwk(&self.kid(), &self.bytes())
    }
}

pub(in crate::vectors) fn jwk(kid: &str, key: &[u8; 32]) -> String {
    format!(r#"{{"kty":"OKP","crv":"Ed25519","kid":"{kid}","x":"{}","use":"sig"}}"#, encode(key))
}

pub(in crate::vectors) fn key_set(keys: &[String]) -> String {
    format!(r#"{{"keys":[{}]}}"#, keys.join(","))
}

pub(in crate::vectors) fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    [r, s].concat().try_into().unwrap()
}

fn hashed(parts: &[&[u8]]) -> Scalar {
    let hash = parts.iter().fold(Sha512::new(), |hash, part| hash.chain_update(part));
    Scalar::from_bytes_mod_order_wide(&hash.finalize().into())
}

fn challenge_prefixed(prefix: &[u8], r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    hashed(&[prefix, r, key, message])
}

/// H(R, A, M): what binds a signature to its key and message.
pub(in crate::vectors) fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    challenge_prefixed(b"", r, key, message)
}

pub(in crate::vectors) fn encode(bytes: impl AsRef<[u8]>) -> String {
    Base64UrlUnpadded::encode_string(bytes.as_ref())
}

/// What is signed: header and payload, encoded, with a dot between them.
pub(in crate::vectors) fn signed_part(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    format!("{}.{}", encode(header), encode(claims))
}

/// A token by any key over any header and any claims.
pub(in crate::vectors) fn token_by(key: &Key, header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    let signed = signed_part(header, claims);
    format!("{signed}.{}", encode(key.sign(signed.as_bytes())))
}

/// A token that the issuer signed, whatever it says.
pub(in crate::vectors) fn token(header: impl AsRef<[u8]>, claims: impl AsRef<[u8]>) -> String {
    token_by(&Key::issuer(), header, claims)
}

/// The good header with one thing changed.
pub(in crate::vectors) fn header(from: &str, to: &str) -> String {
    assert!(HEADER.contains(from), "{from} is not in the good header");
    HEADER.replacen(from, to, 1).replace("KID", &Key::issuer().kid())
}

/// The good claims with one thing changed.
pub(in crate::vectors) fn claims(from: &str, to: &str) -> String {
    assert!(CLAIMS.contains(from), "{from} is not in the good claims");
    CLAIMS.replacen(from, to, 1)
}

/// The good claims and one more member, given as JSON.
pub(in crate::vectors) fn claims_and(member: &str) -> String {
    claims("\"gen\":3", &format!("\"gen\":3,{member}"))
}

pub(in crate::vectors) fn good_header() -> String {
    header("", "")
}

pub(in crate::vectors) fn good_token() -> String {
    token(good_header(), CLAIMS)
}

/// A token with its header changed and everything else, the signature too, in order.
pub(in crate::vectors) fn with_header(from: &str, to: &str) -> String {
    token(header(from, to), CLAIMS)
}

/// A token with its claims changed and everything else, the signature too, in order.
pub(in crate::vectors) fn with_claims(from: &str, to: &str) -> String {
    token(good_header(), claims(from, to))
}

/// A token with these dates, the header's `bbf` among them.
pub(in crate::vectors) fn dated(iat: u64, bbf: u64, exp: u64) -> String {
    let header = header("2000", &bbf.to_string());
    let dates = format!("\"iat\":{iat},\"bbf\":{bbf},\"exp\":{exp}");
    token(header, claims("\"iat\":1000,\"bbf\":2000,\"exp\":3000", &dates))
}
