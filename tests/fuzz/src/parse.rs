//! The form of a token and its header: the text as it comes, and as a header that is spelled right, so that the fuzzer
//! need not learn base64url first.

use base64ct::{Base64UrlUnpadded, Encoding};
use shelflife_token::{Limits, UntrustedToken};

use crate::rules::token as rules;

pub(crate) fn run(data: &[u8]) {
    if let Ok(text) = core::str::from_utf8(data) {
        judge(text);
    }
    judge(&format!("{}.e30.AA", Base64UrlUnpadded::encode_string(data)));
}

fn judge(token: &str) {
    let expected = match rules::parts(token) {
        Err(code) => Err(code),
        Ok([header, ..]) => match rules::header(&header) {
            None => {
                let _ = UntrustedToken::parse(token, Limits::default().max_token_bytes);
                return;
            }
            Some(judged) => judged.map(|_| ()),
        },
    };
    let found = UntrustedToken::parse(token, Limits::default().max_token_bytes);
    assert_eq!(found.map(|_| ()).map_err(|refusal| refusal.code), expected, "{token}");
}
