//! Key and signature: signatures that a lax verifier accepts, on points and scalars that no honest signer uses.

use curve25519_dalek::{
    EdwardsPoint, Scalar, constants::ED25519_BASEPOINT_POINT as B, constants::EIGHT_TORSION, traits::Identity,
};

use super::writing::{
    book::{Book, Vector},
    pen::*,
};

/// The order of the group, which is what S must be below.
const L: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];
/// y = p + 1 is y = 1, the neutral point, spelled a second way.
pub(super) const NEUTRAL_AGAIN: [u8; 32] = {
    let mut bytes = [0xff; 32];
    (bytes[0], bytes[31]) = (0xee, 0x7f);
    bytes
};

pub(super) fn vectors() -> Vec<Vector> {
    let mut book = Book::new("signature");
    keys(&mut book);
    lengths_and_scalars(&mut book);
    variants(&mut book);
    points(&mut book);
    book.done()
}

fn keys(book: &mut Book) {
    for (name, kid) in [
        ("other", "other"),
        ("path", "../../../dev/null"),
        ("url", "https://evil.test/key"),
        ("query", "' OR 1=1 --"),
        ("proto", "__proto__"),
        ("any", "*"),
        ("line-feed", "a\\nb"),
        ("nul", "\\u0000"),
    ] {
        let what = format!("`kid` is `{kid}`, which no key of the set has.");
        book.refused(&format!("kid-{name}"), &what, with_header("KID", kid), "unknown-key");
    }
    let long = with_header("KID", &"k".repeat(4000));
    book.refused("kid-long", "`kid` is four thousand letters.", long, "unknown-key");
    let space = with_header("KID", "KID ");
    book.refused("kid-space-behind", "`kid` has a space too many.", space, "unknown-key");
    let small = good_header().replace(&Key::issuer().kid(), &Key::issuer().kid().to_lowercase());
    book.refused("kid-small", "`kid` is compared with its case.", token(small, CLAIMS), "unknown-key");
    let x = with_header("KID", &encode(Key::issuer().bytes()));
    book.refused("kid-is-the-key", "`kid` is the key itself and not its thumbprint.", x, "unknown-key");
    let stranger = Key::stranger();
    let theirs = token_by(&stranger, header("KID", &stranger.kid()), CLAIMS);
    book.refused("by-a-stranger", "A good token of another issuer.", theirs, "unknown-key");
    let forged = token_by(&stranger, good_header(), CLAIMS);
    book.refused(
        "by-a-stranger-in-our-name",
        "Signed by another key than `kid` says.",
        forged,
        "bad-signature",
    );
    let both = key_set(&[Key::issuer().jwk(), stranger.jwk()]);
    let crossed = token_by(&stranger, good_header(), CLAIMS);
    let what = "Signed by a key of the set, but not by the one that `kid` says.";
    book.refused("by-the-neighbour", what, crossed, "bad-signature").keys(&both);
    let second = token_by(&stranger, header("KID", &stranger.kid()), CLAIMS);
    book.fresh("by-the-second-key", "Signed by the second key of the set.", second).keys(both);
}

fn lengths_and_scalars(book: &mut Book) {
    let signed = signed_part(good_header(), CLAIMS);
    let good = Key::issuer().sign(signed.as_bytes());
    let mut bad = |name: &str, what: &str, signature: &[u8]| {
        book.refused(name, what, format!("{signed}.{}", encode(signature)), "bad-signature");
    };
    let (r, s) = (&good[..32], &good[32..]);
    bad("empty", "No signature.", &[]);
    bad("one-byte", "A signature of one byte.", &good[..1]);
    bad("r-alone", "Half a signature.", r);
    bad("63-bytes", "A byte too short.", &good[..63]);
    bad("65-bytes", "A byte too long.", &[&good[..], &[0]].concat());
    bad("twice", "The signature twice.", &[good, good].concat());
    bad("zeros", "Nothing but zeros.", &[0; 64]);
    bad("ones", "Nothing but ones.", &[0xff; 64]);
    bad("halves-swapped", "S and then R.", &[s, r].concat());
    bad("one-bit-of-r", "A bit of R is flipped.", &flipped(&good, 3));
    bad("sign-of-r", "The sign of R is flipped.", &flipped(&good, 255));
    bad("one-bit-of-s", "A bit of S is flipped.", &flipped(&good, 256));
    bad("s-zero", "S is 0.", &[r, &[0; 32]].concat());
    bad("s-is-the-order", "S is the order of the group, which is 0 once more.", &[r, &L].concat());
    for (name, times) in [("once", 1), ("twice", 2), ("eight-times", 8), ("fourteen-times", 14)] {
        let what = "S is too large by a multiple of the order: a second signature of the same text (RFC 8032, 5.1.7).";
        bad(&format!("s-plus-the-order-{name}"), what, &[r, &plus_order(s, times)].concat());
    }
    let negated = (-Scalar::from_canonical_bytes(s.try_into().unwrap()).unwrap()).to_bytes();
    bad("s-negated", "-S for S.", &[r, &negated].concat());

    let text = "The signature of one token under the claims of another.";
    let (_, other) =
        signed.split_once('.').map(|(header, _)| (header, encode(claims("u1", "admin")))).unwrap();
    let swapped = format!("{}.{other}.{}", signed.split_once('.').unwrap().0, encode(good));
    book.refused("of-other-claims", text, swapped, "bad-signature");
    let longer = with_claims("3000", "9999");
    let (longer, _) = longer.rsplit_once('.').unwrap();
    let what = "The same token with a later `exp`.";
    book.refused("of-a-shorter-life", what, format!("{longer}.{}", encode(good)), "bad-signature");
    let eddsa = signed_part(header("Ed25519", "EdDSA"), CLAIMS);
    let what = "The header is signed too: the other name of the same algorithm is another text.";
    book.refused("of-the-other-alg", what, format!("{eddsa}.{}", encode(good)), "bad-signature");
    let spaced = signed_part(good_header(), format!("{CLAIMS} "));
    let what = "The claims mean the same and are other bytes.";
    book.refused("of-the-same-claims", what, format!("{spaced}.{}", encode(good)), "bad-signature");
}

fn variants(book: &mut Book) {
    let key = Key::issuer();
    let (header, claims) = (good_header(), CLAIMS);
    let signed = signed_part(&header, claims);
    let dom2 = |prehashed: u8, context: &[u8]| {
        [b"SigEd25519 no Ed25519 collisions", &[prehashed, context.len() as u8][..], context].concat()
    };
    let prehash: [u8; 64] = <sha2::Sha512 as sha2::Digest>::digest(&signed).into();
    for (name, what, signature) in [
        (
            "ed25519ph",
            "Ed25519ph: the hash of the text is signed.",
            key.sign_prefixed(&dom2(1, b""), &prehash),
        ),
        (
            "ed25519ctx",
            "Ed25519ctx: the text is signed with a context.",
            key.sign_prefixed(&dom2(0, b"bbf"), signed.as_bytes()),
        ),
        ("of-the-hash", "Plain Ed25519, of the hash of the text.", key.sign(&prehash)),
        (
            "of-the-decoded-text",
            "Signed before it was encoded.",
            key.sign(format!("{header}.{claims}").as_bytes()),
        ),
        ("of-the-claims-alone", "The header is not signed.", key.sign(encode(claims).as_bytes())),
        (
            "of-an-unencoded-payload",
            "The payload is signed as it is (RFC 7797).",
            key.sign(format!("{}.{claims}", encode(&header)).as_bytes()),
        ),
        ("of-a-dot-too-many", "The last dot is signed too.", key.sign(format!("{signed}.").as_bytes())),
        ("of-nothing", "A good signature of the empty text.", key.sign(b"")),
    ] {
        book.refused(name, what, format!("{signed}.{}", encode(signature)), "bad-signature");
    }
}

/// Tokens whose claims are varied until the signature has the wanted oddity.
fn points(book: &mut Book) {
    let key = Key::issuer();
    let neutral = EdwardsPoint::identity().compress().to_bytes();
    let signed = signed_part(good_header(), CLAIMS);
    let nonceless = |r: [u8; 32]| {
        let s = challenge(&r, &key.bytes(), signed.as_bytes()) * key.secret;
        format!("{signed}.{}", encode(joined(r, s.to_bytes())))
    };
    let what = "R is the neutral point: the equation holds, and R is of small order.";
    book.refused("r-neutral", what, nonceless(neutral), "bad-signature");
    let what = "R is the neutral point spelled a second way, and S fits that spelling.";
    book.refused("r-neutral-not-canonical", what, nonceless(NEUTRAL_AGAIN), "bad-signature");
    let what = "R is the neutral point with a sign, which it does not have.";
    let mut signed_neutral = neutral;
    signed_neutral[31] |= 0x80;
    book.refused("r-neutral-signed", what, nonceless(signed_neutral), "bad-signature");
    for (at, torsion) in EIGHT_TORSION.iter().enumerate().skip(1) {
        let what = "R is off by a point of small order: only the cofactored equation holds.";
        let nonce = Scalar::from(77_u64);
        let r = (B * nonce + torsion).compress().to_bytes();
        let s = nonce + challenge(&r, &key.bytes(), signed.as_bytes()) * key.secret;
        let token = format!("{signed}.{}", encode(joined(r, s.to_bytes())));
        book.refused(&format!("r-mixed-{at}"), what, token, "bad-signature");
    }

    // A key of mixed order is a key; what counts is whether the equation holds without the cofactor.
    let mixed = key.plus(EIGHT_TORSION[1]);
    let jwks = key_set(&[mixed.jwk()]);
    let by_mixed = |holds: bool| {
        (0_u32..).find_map(|turn| {
            let header = header("KID", &mixed.kid());
            let signed = signed_part(header, claims_and(&format!("\"turn\":{turn}")));
            let signature = mixed.sign(signed.as_bytes());
            let k = challenge(signature[..32].try_into().unwrap(), &mixed.bytes(), signed.as_bytes());
            let fits = (EIGHT_TORSION[1] * k == EdwardsPoint::identity()) == holds;
            fits.then(|| format!("{signed}.{}", encode(signature)))
        })
    };
    let what = "The key is of mixed order, and the equation holds all the same.";
    book.fresh("key-mixed", what, by_mixed(true).unwrap()).keys(&jwks);
    let what = "The key is of mixed order, and only the cofactored equation holds.";
    book.refused("key-mixed-cofactored", what, by_mixed(false).unwrap(), "bad-signature").keys(&jwks);
}

fn flipped(signature: &[u8; 64], bit: usize) -> [u8; 64] {
    let mut signature = *signature;
    signature[bit / 8] ^= 1 << (bit % 8);
    signature
}

pub(super) fn plus_order(s: &[u8], times: u32) -> [u8; 32] {
    let mut sum: [u8; 32] = s.try_into().unwrap();
    for _ in 0..times {
        let mut carry = 0_u16;
        for (byte, add) in sum.iter_mut().zip(L) {
            carry += u16::from(*byte) + u16::from(add);
            *byte = carry as u8;
            carry >>= 8;
        }
        assert_eq!(carry, 0, "still 32 bytes");
    }
    sum
}
