//! Points of edwards25519, -x^2 + y^2 = 1 + d x^2 y^2, and the formulas of Hisil, Wong, Carter and Dawson ("Twisted
//! Edwards Curves Revisited", 2008), which hold for all points of this curve without exception.
//!
//! A sum first comes out as four numbers E, F, G, H, of which x = E/G and y = H/F. What is wanted next decides which
//! products are worth computing: three for doubling or encoding, four for another addition.

use crate::Field;

/// A point (X : Y : Z : T) with x = X/Z, y = Y/Z, x y = T/Z. All of weight 1.
#[derive(Clone, Copy, Debug)]
pub struct Point<F> {
    pub(crate) x: F,
    pub(crate) y: F,
    pub(crate) z: F,
    pub(crate) t: F,
}

/// A sum, not multiplied out. Weights as they come; no two that meet in a product are too heavy.
#[derive(Clone, Copy, Debug)]
pub struct Completed<F> {
    e: F,
    f: F,
    g: F,
    h: F,
}

/// Of an affine point, what an addition wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Affine<F> {
    pub(crate) sum: F,
    pub(crate) difference: F,
    /// 2 d x y.
    pub(crate) product: F,
}

/// Of a projective point, what an addition wants.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Projective<F> {
    sum: F,
    difference: F,
    z: F,
    /// 2 d T.
    product: F,
}

/// y of the points of order 1, 2, 4 and 8, in their canonical encoding; those of order 8 have two.
const SMALL_ORDER_Y: [[u8; 32]; 5] = [
    [0; 32],
    [1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0],
    [
        0xec, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff,
        0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0x7f,
    ],
    [
        0x26, 0xe8, 0x95, 0x8f, 0xc2, 0xb2, 0x27, 0xb0, 0x45, 0xc3, 0xf4, 0x89, 0xf2, 0xef, 0x98, 0xf0, 0xd5,
        0xdf, 0xac, 0x05, 0xd3, 0xc6, 0x33, 0x39, 0xb1, 0x38, 0x02, 0x88, 0x6d, 0x53, 0xfc, 0x05,
    ],
    [
        0xc7, 0x17, 0x6a, 0x70, 0x3d, 0x4d, 0xd8, 0x4f, 0xba, 0x3c, 0x0b, 0x76, 0x0d, 0x10, 0x67, 0x0f, 0x2a,
        0x20, 0x53, 0xfa, 0x2c, 0x39, 0xcc, 0xc6, 0x4e, 0xc7, 0xfd, 0x77, 0x92, 0xac, 0x03, 0x7a,
    ],
];

/// Whether these 32 bytes are the canonical encoding of one of the eight points whose order divides 8. Bytes that are no
/// canonical encoding of any point may get either answer.
pub fn is_of_small_order(encoded: &[u8; 32]) -> bool {
    let mut y = *encoded;
    let [.., last] = &mut y;
    *last &= 0x7F;
    SMALL_ORDER_Y.contains(&y)
}

impl<F: Field> Point<F> {
    /// The base point B of RFC 8032, 5.1.
    pub fn base() -> Point<F> {
        Point::affine(F::BASE_X, F::BASE_Y)
    }

    /// The point that 32 bytes stand for (RFC 8032, 5.1.3), if any. Takes second spellings too: a y that is not reduced
    /// and a sign on x = 0. Whoever wants none compares with [`Point::encoded`].
    pub fn decoded(bytes: &[u8; 32]) -> Option<Point<F>> {
        let y = F::from_bytes(bytes);
        let [.., last] = bytes;
        let yy = y.squared();
        // x^2 = u/v. A candidate for its root is u v^3 (u v^7)^((p-5)/8); its square is u/v, -u/v, or neither is a square.
        let (u, v) = (yy.minus(&F::ONE), yy.times(&F::D).plus(&F::ONE));
        let vvv = v.squared().times(&v);
        let uv7 = vvv.squared().times(&v).times(&u);
        let mut x = vvv.times(&u).times(&uv7.to_the_p58());
        let vxx = x.squared().times(&v);
        if vxx.equals(&F::ZERO.minus(&u.times(&F::ONE))) {
            x = x.times(&F::SQRT_OF_MINUS_ONE);
        } else if !vxx.equals(&u) {
            return None;
        }
        if x.is_odd() != (last >> 7 == 1) {
            x = F::ZERO.minus(&x).times(&F::ONE);
        }
        Some(Point::affine(x, y))
    }

    /// The canonical encoding (RFC 8032, 5.1.2).
    pub fn encoded(&self) -> [u8; 32] {
        encode(&self.x, &self.y, self.z.inverted())
    }

    /// -P.
    #[must_use]
    pub fn negated(&self) -> Point<F> {
        let negated = |value: &F| F::ZERO.minus(value).times(&F::ONE);
        Point { x: negated(&self.x), y: self.y, z: self.z, t: negated(&self.t) }
    }

    /// x and y of weight 1.
    fn affine(x: F, y: F) -> Point<F> {
        Point { x, y, z: F::ONE, t: x.times(&y) }
    }

    /// Of points of any Z: the points with Z = 1. One inversion for all of them (Montgomery, 1987).
    pub(crate) fn normalised(points: &mut [Point<F>]) {
        // What stands before each point in the product of all Z; kept in T, which is computed anew below.
        let mut product = F::ONE;
        for point in points.iter_mut() {
            point.t = product;
            product = product.times(&point.z);
        }
        let mut inverse = product.inverted();
        for point in points.iter_mut().rev() {
            let own = inverse.times(&point.t);
            inverse = inverse.times(&point.z);
            *point = Point::affine(point.x.times(&own), point.y.times(&own));
        }
    }

    /// Of a point with Z = 1.
    pub(crate) fn to_affine(self) -> Affine<F> {
        Affine {
            sum: self.y.plus(&self.x),
            difference: self.y.minus(&self.x),
            product: self.t.times(&F::TWO_D),
        }
    }

    pub(crate) fn to_projective(self) -> Projective<F> {
        let Point { x, y, z, t } = self;
        Projective { sum: y.plus(&x), difference: y.minus(&x), z, product: t.times(&F::TWO_D) }
    }

    /// P + Q, or P - Q: 3 products, and the 3 or 4 of what comes next.
    #[inline(always)]
    pub(crate) fn with_affine(&self, other: &Affine<F>, subtract: bool) -> Completed<F> {
        let twice_z = self.z.plus(&self.z);
        self.combined(&other.sum, &other.difference, &other.product, twice_z, subtract)
    }

    /// The same with another projective point: 4 products.
    pub(crate) fn with_projective(&self, other: &Projective<F>, subtract: bool) -> Completed<F> {
        let z = self.z.times(&other.z);
        self.combined(&other.sum, &other.difference, &other.product, z.plus(&z), subtract)
    }

    // Weights: sum 2, difference 2, so e 2, h 2, and f and g 3. The heaviest products are f g, 9, and e f, 6.
    #[inline(always)]
    fn combined(&self, sum: &F, difference: &F, product: &F, twice_z: F, subtract: bool) -> Completed<F> {
        let (own_difference, own_sum) = (self.y.minus(&self.x), self.y.plus(&self.x));
        let c = self.t.times(product);
        // The negative of a point has sum and difference exchanged, and -c for c.
        let (a, b, f, g) = if subtract {
            (own_difference.times(sum), own_sum.times(difference), twice_z.plus(&c), twice_z.minus(&c))
        } else {
            (own_difference.times(difference), own_sum.times(sum), twice_z.minus(&c), twice_z.plus(&c))
        };
        Completed { e: b.minus(&a), f, g, h: b.plus(&a) }
    }
}

impl<F: Field> Completed<F> {
    /// The neutral element.
    pub const IDENTITY: Completed<F> = Completed { e: F::ZERO, f: F::ONE, g: F::ONE, h: F::ONE };

    /// 4 products.
    #[inline(always)]
    pub(crate) fn point(&self) -> Point<F> {
        let Completed { e, f, g, h } = self;
        Point { x: e.times(f), y: g.times(h), z: f.times(g), t: e.times(h) }
    }

    /// 2 P: 3 products and 4 squares.
    // Weights: e 3, f 4, g 2, h 2; the heaviest product, e f, is 12.
    pub(crate) fn doubled(&self) -> Completed<F> {
        let Completed { e, f, g, h } = self;
        let (x, y, z) = (e.times(f), g.times(h), f.times(g));
        let (xx, yy, zz) = (x.squared(), y.squared(), z.squared());
        let h = yy.plus(&xx);
        let e = x.plus(&y).squared().minus(&h);
        Completed { e, f: zz.plus(&zz).plus(&xx).minus(&yy), g: yy.minus(&xx), h }
    }

    /// The canonical encoding (RFC 8032, 5.1.2).
    pub fn encoded(&self) -> [u8; 32] {
        let Completed { e, f, g, h } = self;
        encode(&e.times(f), &g.times(h), f.times(g).inverted())
    }

    /// The same. Z, which tells more than the point does, is not inverted as it is, but `mask` times.
    #[cfg(feature = "secret")]
    pub(crate) fn encoded_behind(&self, mask: &F) -> [u8; 32] {
        let Completed { e, f, g, h } = self;
        let inverse = f.times(g).times(mask).inverted().times(mask);
        encode(&e.times(f), &g.times(h), inverse)
    }
}

/// Of x/z and y/z, given 1/z.
fn encode<F: Field>(x: &F, y: &F, inverse: F) -> [u8; 32] {
    let mut bytes = y.times(&inverse).to_bytes();
    let [.., last] = &mut bytes;
    *last |= u8::from(x.times(&inverse).is_odd()) << 7;
    bytes
}
