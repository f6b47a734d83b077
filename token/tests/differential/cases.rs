//! Signatures of every class in which implementations of Ed25519 differ, drawn by chance.

use curve25519_dalek::{
    EdwardsPoint, Scalar,
    constants::{ED25519_BASEPOINT_POINT as B, EIGHT_TORSION},
    edwards::CompressedEdwardsY,
    traits::Identity,
};
use sha2::{Digest, Sha512};

/// The order of the base point, little-endian: 2^252 + 27742317777372353535851937790883648493.
const ORDER: [u8; 32] = [
    0xed, 0xd3, 0xf5, 0x5c, 0x1a, 0x63, 0x12, 0x58, 0xd6, 0x9c, 0xf7, 0xa2, 0xde, 0xf9, 0xde, 0x14, 0, 0, 0,
    0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0x10,
];

/// One question: does this key say so?
pub(crate) struct Case {
    pub(crate) key: [u8; 32],
    pub(crate) message: Vec<u8>,
    pub(crate) signature: [u8; 64],
}

/// What a strict verifier must answer to a class.
pub(crate) enum Answer {
    Always,
    Never,
    Sometimes,
}

pub(crate) struct Class {
    pub(crate) name: &'static str,
    pub(crate) answer: Answer,
    pub(crate) draw: fn(&Keys, &mut Chance) -> Case,
}

pub(crate) const CLASSES: &[Class] = &[
    Class { name: "good", answer: Answer::Always, draw: good },
    Class {
        name: "good, key of mixed order, torsion gone by chance",
        answer: Answer::Sometimes,
        draw: mixed_key,
    },
    Class {
        name: "good, key and R of mixed order, torsion cancels",
        answer: Answer::Always,
        draw: torsion_cancels,
    },
    Class { name: "a bit of the signature damaged", answer: Answer::Never, draw: damaged_signature },
    Class { name: "a bit of the message damaged", answer: Answer::Never, draw: damaged_message },
    Class { name: "signed by another key", answer: Answer::Never, draw: another_key },
    Class {
        name: "R of mixed order, only the cofactored equation holds",
        answer: Answer::Never,
        draw: mixed_r,
    },
    Class { name: "R of small order, all else right", answer: Answer::Never, draw: small_r },
    Class { name: "R not canonical", answer: Answer::Never, draw: odd_r },
    Class { name: "R no point, or anything", answer: Answer::Never, draw: any_r },
    Class { name: "key of small order", answer: Answer::Never, draw: small_key },
    Class { name: "key not canonical", answer: Answer::Never, draw: odd_key },
    Class { name: "key anything, signature anything", answer: Answer::Never, draw: anything },
    Class { name: "S above the order by multiples of it", answer: Answer::Never, draw: high_s },
    Class { name: "S anything", answer: Answer::Never, draw: any_s },
    Class { name: "S one off", answer: Answer::Never, draw: s_one_off },
    Class { name: "R with its sign turned", answer: Answer::Never, draw: turned_r },
];

/// A secret scalar and its point, with a point of small order added or not.
pub(crate) struct Key {
    secret: Scalar,
    torsion: EdwardsPoint,
    pub(crate) encoded: [u8; 32],
}

/// The two keys of a turn.
pub(crate) struct Keys {
    pub(crate) good: Key,
    pub(crate) mixed: Key,
}

impl Keys {
    pub(crate) fn draw(chance: &mut Chance) -> Keys {
        let good = Key::new(chance.secret(), EdwardsPoint::identity());
        let mixed = Key::new(chance.secret(), EIGHT_TORSION[1 + chance.below(7)]);
        Keys { good, mixed }
    }
}

impl Key {
    fn new(secret: Scalar, torsion: EdwardsPoint) -> Key {
        Key { secret, torsion, encoded: (B * secret + torsion).compress().to_bytes() }
    }

    /// A signature by a fixed nonce: nobody's secret is at stake.
    pub(crate) fn sign(&self, message: &[u8]) -> [u8; 64] {
        self.sign_with(Scalar::from(7_u64), EdwardsPoint::identity(), message)
    }

    /// `S B = R + k A` holds but for torsion: that of R is `of_r`, that of A is the key's.
    fn sign_with(&self, nonce: Scalar, of_r: EdwardsPoint, message: &[u8]) -> [u8; 64] {
        let r = (B * nonce + of_r).compress().to_bytes();
        let s = nonce + challenge(&r, &self.encoded, message) * self.secret;
        joined(r, s.to_bytes())
    }

    fn case(&self, message: Vec<u8>, signature: [u8; 64]) -> Case {
        Case { key: self.encoded, message, signature }
    }
}

fn challenge(r: &[u8; 32], key: &[u8; 32], message: &[u8]) -> Scalar {
    let hash = Sha512::new().chain_update(r).chain_update(key).chain_update(message).finalize();
    Scalar::from_bytes_mod_order_wide(&hash.into())
}

fn joined(r: [u8; 32], s: [u8; 32]) -> [u8; 64] {
    [r, s].concat().try_into().unwrap()
}

fn s_of(signature: &[u8; 64]) -> [u8; 32] {
    signature[32..].try_into().unwrap()
}

fn r_of(signature: &[u8; 64]) -> [u8; 32] {
    signature[..32].try_into().unwrap()
}

fn good(keys: &Keys, chance: &mut Chance) -> Case {
    let message = chance.message();
    let signature = keys.good.sign_with(chance.scalar(), EdwardsPoint::identity(), &message);
    keys.good.case(message, signature)
}

/// k A has no torsion in one of eight messages, or in one of two or four if that of A is of lower order.
fn mixed_key(keys: &Keys, chance: &mut Chance) -> Case {
    let message = chance.message();
    let signature = keys.mixed.sign_with(chance.scalar(), EdwardsPoint::identity(), &message);
    keys.mixed.case(message, signature)
}

/// R gets the torsion that k A has, with the other sign: the equation without cofactor holds.
fn torsion_cancels(keys: &Keys, chance: &mut Chance) -> Case {
    loop {
        let (message, nonce) = (chance.message(), chance.scalar());
        let of_r = EIGHT_TORSION[chance.below(8)];
        let signature = keys.mixed.sign_with(nonce, of_r, &message);
        let k = challenge(&r_of(&signature), &keys.mixed.encoded, &message);
        if keys.mixed.torsion * k + of_r == EdwardsPoint::identity() {
            return keys.mixed.case(message, signature);
        }
    }
}

fn damaged_signature(keys: &Keys, chance: &mut Chance) -> Case {
    let mut case = good(keys, chance);
    let bit = chance.below(512);
    case.signature[bit / 8] ^= 1 << (bit % 8);
    case
}

fn damaged_message(keys: &Keys, chance: &mut Chance) -> Case {
    let mut case = good(keys, chance);
    match case.message.len() {
        0 => case.message.push(0),
        length => {
            let bit = chance.below(length * 8);
            case.message[bit / 8] ^= 1 << (bit % 8);
        }
    }
    case
}

fn another_key(keys: &Keys, chance: &mut Chance) -> Case {
    let case = good(keys, chance);
    Case { key: keys.mixed.encoded, ..case }
}

fn mixed_r(keys: &Keys, chance: &mut Chance) -> Case {
    let message = chance.message();
    let signature = keys.good.sign_with(chance.scalar(), EIGHT_TORSION[1 + chance.below(7)], &message);
    keys.good.case(message, signature)
}

/// The nonce is 0: S B = k A holds, and R is a point of small order.
fn small_r(keys: &Keys, chance: &mut Chance) -> Case {
    let message = chance.message();
    let key = if chance.below(2) == 0 { &keys.good } else { &keys.mixed };
    let signature = key.sign_with(Scalar::ZERO, EIGHT_TORSION[chance.below(8)], &message);
    key.case(message, signature)
}

/// All points with a second spelling are of small order, or have an x of 0: what is hashed is either of the spellings.
fn odd_r(keys: &Keys, chance: &mut Chance) -> Case {
    let message = chance.message();
    let r = chance.odd_encoding();
    let again = CompressedEdwardsY(r).decompress().map_or(r, |point| point.compress().to_bytes());
    let hashed = if chance.below(2) == 0 { r } else { again };
    let s = challenge(&hashed, &keys.good.encoded, &message) * keys.good.secret;
    keys.good.case(message, joined(r, s.to_bytes()))
}

fn any_r(keys: &Keys, chance: &mut Chance) -> Case {
    let case = good(keys, chance);
    let signature = joined(chance.bytes(), s_of(&case.signature));
    Case { signature, ..case }
}

/// S B = R holds where k A vanishes, which is what makes such keys everybody's.
fn small_key(_: &Keys, chance: &mut Chance) -> Case {
    let encodings = small_order_encodings();
    let key = encodings[chance.below(encodings.len())];
    let nonce = chance.scalar();
    let of_r = EIGHT_TORSION[chance.below(8)];
    let r = (B * nonce + of_r).compress().to_bytes();
    Case { key, message: chance.message(), signature: joined(r, nonce.to_bytes()) }
}

fn odd_key(_: &Keys, chance: &mut Chance) -> Case {
    let nonce = chance.scalar();
    let key = chance.odd_encoding();
    Case {
        key,
        message: chance.message(),
        signature: joined((B * nonce).compress().to_bytes(), nonce.to_bytes()),
    }
}

fn anything(_: &Keys, chance: &mut Chance) -> Case {
    // Half of all bytes are no point, and a table for each of the others would be most of the work.
    let key = loop {
        let bytes = chance.bytes();
        if chance.below(64) == 0 || CompressedEdwardsY(bytes).decompress().is_none() {
            break bytes;
        }
    };
    Case { key, message: chance.message(), signature: joined(chance.bytes(), chance.bytes()) }
}

/// S + n L is the same scalar; with n up to 15 it fits into 32 bytes.
fn high_s(keys: &Keys, chance: &mut Chance) -> Case {
    let mut case = good(keys, chance);
    let mut s = s_of(&case.signature);
    for _ in 0..1 + chance.below(14) {
        let mut carry = 0;
        for (byte, more) in s.iter_mut().zip(ORDER) {
            carry += u16::from(*byte) + u16::from(more);
            *byte = carry as u8;
            carry >>= 8;
        }
    }
    case.signature = joined(r_of(&case.signature), s);
    case
}

fn any_s(keys: &Keys, chance: &mut Chance) -> Case {
    let mut case = good(keys, chance);
    let mut s: [u8; 32] = chance.bytes();
    // Around the order as well: the last scalar below it and the first ones above.
    if chance.below(4) == 0 {
        s = ORDER;
        s[0] = s[0].wrapping_add(chance.below(5) as u8).wrapping_sub(2);
    }
    case.signature = joined(r_of(&case.signature), s);
    case
}

fn s_one_off(keys: &Keys, chance: &mut Chance) -> Case {
    let mut case = good(keys, chance);
    let s = Scalar::from_bytes_mod_order(s_of(&case.signature));
    let s = if chance.below(2) == 0 { s + Scalar::ONE } else { -s };
    case.signature = joined(r_of(&case.signature), s.to_bytes());
    case
}

/// -R: the same y.
fn turned_r(keys: &Keys, chance: &mut Chance) -> Case {
    let mut case = good(keys, chance);
    case.signature[31] ^= 0x80;
    case
}

/// The eight points of small order, each with every encoding that decompresses to it.
pub(crate) fn small_order_encodings() -> Vec<[u8; 32]> {
    let mut found = vec![];
    for point in EIGHT_TORSION {
        let canonical = point.compress().to_bytes();
        found.push(canonical);
        let mut signed = canonical;
        signed[31] ^= 0x80;
        if CompressedEdwardsY(signed).decompress() == Some(point) {
            found.push(signed);
        }
    }
    // y + p for y = 0 and y = 1, with either sign.
    for low in [0xed, 0xee] {
        for high in [0x7f, 0xff] {
            let mut odd = [0xff; 32];
            (odd[0], odd[31]) = (low, high);
            found.push(odd);
        }
    }
    found
}

/// Random enough to find things, and the same again from the same seed (SplitMix64, Steele, Lea and Flood 2014).
pub(crate) struct Chance(u64);

/// A seed that differs from run to run; every run prints it.
pub(crate) fn any_seed() -> u64 {
    let clock = std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap();
    clock.as_nanos() as u64
}

impl Chance {
    pub(crate) fn new(seed: u64) -> Chance {
        Chance(seed)
    }

    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        mixed ^ (mixed >> 31)
    }

    pub(crate) fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    pub(crate) fn bytes(&mut self) -> [u8; 32] {
        let words: [[u8; 8]; 4] = core::array::from_fn(|_| self.next().to_le_bytes());
        words.concat().try_into().unwrap()
    }

    pub(crate) fn scalar(&mut self) -> Scalar {
        let mut bytes = self.bytes();
        // Now and then one at the edge of the windows of a table: long runs of ones and zeros.
        if self.below(8) == 0 {
            let from = self.below(32);
            let fill = if self.below(2) == 0 { 0xff } else { 0 };
            bytes[from..].fill(fill);
        }
        // Never 0: what is right with it everywhere else has to be accepted.
        bytes[0] |= 1;
        Scalar::from_bytes_mod_order(bytes)
    }

    /// Of a key, which now and then is the base point, its opposite, or another that arithmetic may stumble over.
    fn secret(&mut self) -> Scalar {
        let edges = [
            Scalar::ONE,
            -Scalar::ONE,
            Scalar::from(2_u64),
            Scalar::from(8_u64),
            Scalar::from(8_u64).invert(),
        ];
        if self.below(4) == 0 { edges[self.below(edges.len())] } else { self.scalar() }
    }

    fn message(&mut self) -> Vec<u8> {
        // Lengths around the blocks of SHA-512, of which R and A take the first 64 bytes.
        let length = self.below(200);
        (0..length).map(|_| self.next() as u8).collect()
    }

    /// A y that is not reduced, or a sign on an x of 0.
    fn odd_encoding(&mut self) -> [u8; 32] {
        let mut odd = [0xff; 32];
        match self.below(21) {
            // p to p + 18, with either sign: some are points, some are not.
            above @ 0..19 => {
                odd[0] = 0xed_u8.wrapping_add(above as u8);
                odd[31] = if self.below(2) == 0 { 0x7f } else { 0xff };
            }
            19 => {
                odd = [0; 32];
                (odd[0], odd[31]) = (1, 0x80);
            }
            _ => odd[0] = 0xec,
        }
        odd
    }
}
