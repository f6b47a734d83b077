// The curve of Ed25519 (RFC 8032, 5.1) in the engine's own big integers. Variable time: everything here is public.

/** The prime of the field. */
const P = 2n ** 255n - 19n;
/** Order of the base point. */
export const ORDER = 2n ** 252n + 27742317777372353535851937790883648493n;

/** Extended homogeneous coordinates (RFC 8032, 5.1.4); they may be negative, but are below P in size. */
export interface Point {
  readonly x: bigint;
  readonly y: bigint;
  readonly z: bigint;
  readonly t: bigint;
}

const IDENTITY: Point = { x: 0n, y: 1n, z: 1n, t: 0n };

function power(base: bigint, exponent: bigint): bigint {
  let result = 1n;
  for (let square = base, rest = exponent; rest > 0n; rest >>= 1n, square = (square * square) % P) {
    if (rest & 1n) result = (result * square) % P;
  }
  return result;
}

const inverse = (number: bigint) => power(number, P - 2n);
/** From 0 to P - 1. */
const reduced = (number: bigint) => ((number % P) + P) % P;

const D = reduced(-121665n * inverse(121666n));
const ROOT_OF_MINUS_ONE = power(2n, (P - 1n) / 4n);

function add(a: Point, b: Point): Point {
  const minus = ((a.y - a.x) * (b.y - b.x)) % P;
  const plus = ((a.y + a.x) * (b.y + b.x)) % P;
  const c = (2n * D * ((a.t * b.t) % P)) % P;
  const d = (2n * a.z * b.z) % P;
  return fromQuotients(plus - minus, d - c, d + c, plus + minus);
}

function double({ x, y, z }: Point): Point {
  const [xx, yy] = [(x * x) % P, (y * y) % P];
  const h = xx + yy;
  const g = xx - yy;
  return fromQuotients(h - (((x + y) * (x + y)) % P), ((2n * z * z) % P) + g, g, h);
}

function fromQuotients(e: bigint, f: bigint, g: bigint, h: bigint): Point {
  return { x: (e * f) % P, y: (g * h) % P, t: (e * h) % P, z: (f * g) % P };
}

export function negated({ x, y, z, t }: Point): Point {
  return { x: -x, y, z, t: -t };
}

/** The point with this encoding (RFC 8032, 5.1.3), as a little-endian number; `undefined` for a second spelling, and for none. */
export function decompress(encoded: bigint): Point | undefined {
  const y = BigInt.asUintN(255, encoded);
  const sign = encoded >> 255n;
  if (y >= P) return undefined;
  const [u, v] = [reduced(y * y - 1n), reduced(D * y * y + 1n)];
  let x = reduced(u * v ** 3n * power(reduced(u * v ** 7n), (P - 5n) / 8n));
  const square = reduced(v * x * x);
  if (square === reduced(-u)) x = reduced(x * ROOT_OF_MINUS_ONE);
  else if (square !== u) return undefined;
  if (x === 0n && sign === 1n) return undefined;
  if ((x & 1n) !== sign) x = P - x;
  return { x, y, z: 1n, t: reduced(x * y) };
}

/** The one encoding of a point, as a little-endian number. */
export function compress({ x, y, z }: Point): bigint {
  const over = inverse(reduced(z));
  return reduced(y * over) | ((reduced(x * over) & 1n) << 255n);
}

/** One of the eight points that vanish when multiplied by eight: with such a key, signatures of anything can be made up. */
export function isSmallOrder(point: Point): boolean {
  const { x, y, z } = double(double(double(point)));
  return x % P === 0n && (y - z) % P === 0n;
}

/** 0 to 15 times the point. */
export function multiplesOf(point: Point): readonly Point[] {
  const multiples = [IDENTITY];
  while (multiples.length < 16) multiples.push(add(multiples.at(-1) ?? IDENTITY, point));
  return multiples;
}

/** a A + b B for numbers below 2^256, four bits of both at a time. */
export function sumOfMultiples(a: bigint, ofA: readonly Point[], b: bigint, ofB: readonly Point[]): Point {
  let sum = IDENTITY;
  for (let shift = 252n; shift >= 0n; shift -= 4n) {
    sum = double(double(double(double(sum))));
    for (const [number, multiples] of [
      [a, ofA],
      [b, ofB],
    ] as const) {
      const multiple = multiples[Number((number >> shift) & 15n)];
      if (multiple !== undefined && multiple !== IDENTITY) sum = add(sum, multiple);
    }
  }
  return sum;
}

/** The base point: y is 4/5, x is even. */
export const BASE = decompress(reduced(4n * inverse(5n))) ?? IDENTITY;
