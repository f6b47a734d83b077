//! The JOSE header of a session token: exactly five members, each with one right value (RFC 7515, 4.1).

use alloc::{borrow::ToOwned, string::String};

use crate::{
    Code, Refusal,
    json::{self, Value},
    verdict::quoted,
};

/// `typ` of a session token: its own, so that no other kind of JWT is taken for one (RFC 8725, 3.11).
pub(crate) const TYPE: &str = "bbf+jwt";
/// The only extension a reader must understand, and the reason why a library that knows only `exp` refuses the token.
pub(crate) const CRITICAL: &str = "bbf";
/// The fully specified name (RFC 9864), which is what the issuer writes.
pub(crate) const ALGORITHM: &str = "Ed25519";
/// The older, polymorphic name of the same algorithm (RFC 8037); accepted, never written.
const ALGORITHM_ALIAS: &str = "EdDSA";
/// `alg` `typ` `kid` `crit` `bbf`.
const MEMBERS: usize = 5;

/// A header in order. Nothing in it is believed before the signature holds.
#[derive(Debug, PartialEq)]
pub(crate) struct Header {
    pub(crate) kid: String,
    pub(crate) bbf: u64,
}

impl Header {
    pub(crate) fn parse(bytes: &[u8]) -> Result<Header, Refusal> {
        let bad = |why: &[&str]| Refusal::new(Code::BadHeader, why);
        let header = json::parse_object(bytes).map_err(|fault| bad(&["the header ", fault]))?;
        let member = |name| header.get(name).ok_or_else(|| bad(&["the header lacks `", name, "`"]));
        let (alg, typ, kid) = (member("alg")?, member("typ")?, member("kid")?);
        let (crit, bbf) = (member("crit")?, member("bbf")?);
        if header.len() != MEMBERS {
            return Err(bad(&["the header has members besides alg, typ, kid, crit and bbf"]));
        }

        if !matches!(alg.as_text(), Some(ALGORITHM | ALGORITHM_ALIAS)) {
            return Err(differs(Code::UnsupportedAlg, "alg", alg, ALGORITHM));
        }
        if typ.as_text() != Some(TYPE) {
            return Err(differs(Code::WrongType, "typ", typ, TYPE));
        }
        match crit.as_array() {
            Some([only]) if only.as_text() == Some(CRITICAL) => {}
            _ => return Err(Refusal::new(Code::BadCrit, &["`crit` is not exactly [\"bbf\"]"])),
        }
        let kid = kid.as_text().filter(|kid| !kid.is_empty()).ok_or_else(|| bad(&["`kid` is not a name"]))?;
        let bbf = bbf.as_integer().ok_or_else(|| bad(&["`bbf` is not a whole number of seconds"]))?;
        Ok(Header { kid: kid.to_owned(), bbf })
    }
}

fn differs(code: Code, name: &str, found: &Value<'_>, expected: &str) -> Refusal {
    let found = found.as_text().map_or_else(|| "not a string".to_owned(), quoted);
    Refusal::new(code, &["`", name, "` is ", &found, ", expected \"", expected, "\""])
}
