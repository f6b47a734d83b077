//! A token before and after its signature was checked: two types, and only the second shows claims.

use alloc::{string::String, vec::Vec};

use crate::{Claims, Code, KeySet, Refusal, base64url, header::Header, verdict::quoted};

/// A token whose form is in order. Nobody knows yet who wrote it.
#[derive(Debug)]
pub struct UntrustedToken<'a> {
    header: Header,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

/// A token that the issuer signed, with claims in order. Says nothing of *when*: judge its windows next.
#[derive(Clone, Debug, PartialEq)]
pub struct VerifiedToken {
    /// What the issuer signed.
    pub claims: Claims,
    /// The same as JSON text, byte for byte as signed.
    pub payload: String,
    /// Name of the key that signed it.
    pub kid: String,
}

impl<'a> UntrustedToken<'a> {
    /// Takes a token apart: length, three parts, encoding, header.
    ///
    /// # Errors
    /// `too-long` `malformed` `bad-encoding` `bad-header` `unsupported-alg` `wrong-type` `bad-crit`.
    pub fn parse(token: &'a str, max_bytes: usize) -> Result<UntrustedToken<'a>, Refusal> {
        if token.len() > max_bytes {
            return Err(Refusal::new(Code::TooLong, &["the token is longer than the limit"]));
        }
        let malformed =
            || Refusal::new(Code::Malformed, &["a token has three parts with a dot between them"]);
        let (signed, signature) = token.rsplit_once('.').ok_or_else(malformed)?;
        let (header, payload) = signed.split_once('.').ok_or_else(malformed)?;
        if payload.contains('.') {
            return Err(malformed());
        }
        let decode = |name, part| {
            let stray = || Refusal::new(Code::BadEncoding, &["the ", name, " is not strict base64url"]);
            base64url::decode(part).ok_or_else(stray)
        };
        let (header, payload) = (decode("header", header)?, decode("payload", payload)?);
        let signature = decode("signature", signature)?;
        let header = Header::parse(&header)?;
        Ok(UntrustedToken { header, signed, payload, signature })
    }

    /// Checks the signature over the bytes as received, and only then looks at the claims.
    ///
    /// # Errors
    /// `unknown-key` `bad-signature` `bad-claims`.
    pub fn verify(self, keys: &KeySet, max_lifetime: u64) -> Result<VerifiedToken, Refusal> {
        let kid = &self.header.kid;
        let unknown =
            || Refusal::new(Code::UnknownKey, &["no key with the `kid` ", &quoted(kid), " is known"]);
        let signed = keys.verify(kid, self.signed.as_bytes(), &self.signature).ok_or_else(unknown)?;
        if !signed {
            return Err(Refusal::new(
                Code::BadSignature,
                &["the signature by key ", &quoted(kid), " does not hold"],
            ));
        }
        self.read(max_lifetime)
    }

    /// The same without the arithmetic, for the one who signed these very bytes. Its key must still be among `keys`.
    ///
    /// # Errors
    /// `unknown-key` `bad-claims`.
    #[cfg(feature = "sign")]
    pub(crate) fn recognise(self, keys: &KeySet, max_lifetime: u64) -> Result<VerifiedToken, Refusal> {
        let kid = &self.header.kid;
        if keys.get(kid).is_none() {
            return Err(Refusal::new(
                Code::UnknownKey,
                &["no key with the `kid` ", &quoted(kid), " is known"],
            ));
        }
        self.read(max_lifetime)
    }

    /// The claims, once it is known who wrote them.
    fn read(self, max_lifetime: u64) -> Result<VerifiedToken, Refusal> {
        let bad = |fault: &str| Refusal::new(Code::BadClaims, &["the payload ", fault]);
        let claims = Claims::parse(&self.payload).map_err(bad)?;
        if claims.bbf != self.header.bbf {
            return Err(bad("and the header disagree on `bbf`"));
        }
        claims.check(max_lifetime).map_err(bad)?;
        let payload = String::from_utf8(self.payload).map_err(|_| bad("is not UTF-8"))?;
        Ok(VerifiedToken { claims, payload, kid: self.header.kid })
    }
}
