//! The rules of a token.

use base64ct::{Base64UrlUnpadded, Encoding};
use shelflife_token::{Claims, Code, Confirmation, Limits, Requirements, State};

use super::json::{Json, Reading, member, read};

/// A header that is in order.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) kid: String,
    pub(crate) bbf: u64,
}

/// An answer, or none where serde_json cannot tell.
pub(crate) type Opinion<T> = Option<Result<T, Code>>;

/// Length, parts, encoding: the bytes of header, payload and signature.
pub(crate) fn parts(token: &str) -> Result<[Vec<u8>; 3], Code> {
    if token.len() > Limits::default().max_token_bytes {
        return Err(Code::TooLong);
    }
    let parts: Vec<&str> = token.split('.').collect();
    let parts: [&str; 3] = parts.try_into().map_err(|_| Code::Malformed)?;
    let decoded = parts.map(|part| Base64UrlUnpadded::decode_vec(part).ok());
    let [Some(header), Some(payload), Some(signature)] = decoded else { return Err(Code::BadEncoding) };
    Ok([header, payload, signature])
}

pub(crate) fn header(bytes: &[u8]) -> Opinion<Header> {
    let members = match read(bytes) {
        Reading::Object(members) => members,
        Reading::Refused => return Some(Err(Code::BadHeader)),
        Reading::NoOpinion => return None,
    };
    Some(judge_header(&members))
}

fn judge_header(members: &[(String, Json)]) -> Result<Header, Code> {
    let mut names: Vec<&str> = members.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    if names != ["alg", "bbf", "crit", "kid", "typ"] {
        return Err(Code::BadHeader);
    }
    let text = |name| member(members, name).and_then(Json::text);
    if !["Ed25519", "EdDSA"].map(Some).contains(&text("alg")) {
        return Err(Code::UnsupportedAlg);
    }
    if text("typ") != Some("bbf+jwt") {
        return Err(Code::WrongType);
    }
    if member(members, "crit").and_then(Json::texts) != Some(vec!["bbf".to_owned()]) {
        return Err(Code::BadCrit);
    }
    let kid = text("kid").filter(|kid| !kid.is_empty()).ok_or(Code::BadHeader)?;
    let bbf = member(members, "bbf").and_then(Json::number).ok_or(Code::BadHeader)?;
    Ok(Header { kid: kid.to_owned(), bbf })
}

/// The claims of a payload whose signature holds.
pub(crate) fn claims(payload: &[u8], header: &Header) -> Opinion<Claims> {
    let members = match read(payload) {
        Reading::Object(members) => members,
        Reading::Refused => return Some(Err(Code::BadClaims)),
        Reading::NoOpinion => return None,
    };
    let claims = known(&members).filter(|claims| claims.bbf == header.bbf && in_order(claims));
    Some(claims.ok_or(Code::BadClaims))
}

/// A member that may be missing, but may not be anything else.
fn maybe<T>(
    members: &[(String, Json)],
    name: &str,
    read: impl FnOnce(&Json) -> Option<T>,
) -> Option<Option<T>> {
    member(members, name).map_or(Some(None), |value| read(value).map(Some))
}

fn text(value: &Json) -> Option<String> {
    value.text().map(str::to_owned)
}

fn known(members: &[(String, Json)]) -> Option<Claims> {
    let number = |name| member(members, name)?.number();
    let string = |name| text(member(members, name)?);
    let aud = member(members, "aud")?;
    Some(Claims {
        iss: string("iss")?,
        sub: string("sub")?,
        aud: text(aud).map(|one| vec![one]).or_else(|| aud.texts())?,
        sid: string("sid")?,
        r#gen: number("gen")?,
        iat: number("iat")?,
        bbf: number("bbf")?,
        exp: number("exp")?,
        nbf: maybe(members, "nbf", Json::number)?,
        client_id: maybe(members, "client_id", text)?,
        scope: maybe(members, "scope", text)?,
        groups: maybe(members, "groups", Json::texts)?.unwrap_or_default(),
        auth_time: maybe(members, "auth_time", Json::number)?,
        amr: maybe(members, "amr", Json::texts)?.unwrap_or_default(),
        cv: maybe(members, "cv", Json::number)?,
        cnf: maybe(members, "cnf", |cnf| {
            let cnf = cnf.object()?;
            Some(Confirmation { jkt: maybe(cnf, "jkt", text)?, bnd: maybe(cnf, "bnd", text)? })
        })?,
        ..Claims::default()
    })
}

fn in_order(claims: &Claims) -> bool {
    let name = |text: &String| !text.is_empty() && !text.chars().any(char::is_control);
    [&claims.iss, &claims.sub, &claims.sid].into_iter().all(name)
        && !claims.aud.is_empty()
        && claims.aud.iter().all(name)
        && claims.iat <= claims.bbf
        && claims.bbf <= claims.exp
        && claims.exp - claims.iat <= 400 * 86_400
}

/// What a genuine token is worth at this moment, to this verifier.
pub(crate) fn worth(
    claims: &Claims,
    (issuer, audience): (&str, &str),
    now: u64,
    needs: &Requirements,
) -> Result<State, Code> {
    let ahead = |time: u64| time > now.saturating_add(60);
    if ahead(claims.iat) || claims.nbf.is_some_and(ahead) {
        return Err(Code::NotYetValid);
    }
    if claims.iss != issuer {
        return Err(Code::WrongIssuer);
    }
    if !claims.aud.iter().any(|one| one == audience) {
        return Err(Code::WrongAudience);
    }
    if now >= claims.exp {
        return Ok(State::Expired);
    }
    if now >= claims.bbf {
        return Ok(State::Stale);
    }
    let scopes: Vec<&str> = claims.scope.iter().flat_map(|scope| scope.split(' ')).collect();
    if !needs.scope.iter().all(|needed| scopes.contains(&needed.as_str())) {
        return Err(Code::MissingScope);
    }
    if !needs.groups.iter().all(|needed| claims.groups.contains(needed)) {
        return Err(Code::MissingGroup);
    }
    if let Some(most) = needs.max_auth_age
        && claims.auth_time.is_none_or(|then| now.saturating_sub(then) > most)
    {
        return Err(Code::AuthTooOld);
    }
    Ok(State::Fresh)
}
