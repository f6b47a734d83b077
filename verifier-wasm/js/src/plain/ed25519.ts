// Ed25519 in its strictest reading, the same as token/src/ed25519.rs: canonical encodings, canonical S, no key and no R of small
// order, and the equation without the cofactor. What engines call Ed25519 differs in each of these.
import {
  BASE,
  compress,
  decompress,
  isSmallOrder,
  multiplesOf,
  negated,
  ORDER,
  type Point,
  sumOfMultiples,
} from "./curve.js";
import { sha512 } from "./sha2.js";

let multiplesOfBase: readonly Point[] | undefined;

/** A public key that signatures can be checked with. */
export class PublicKey {
  readonly #encoded: Uint8Array;
  /** Of -A: the equation wants it on the other side. */
  readonly #multiples: readonly Point[];

  private constructor(encoded: Uint8Array, point: Point) {
    this.#encoded = encoded;
    this.#multiples = multiplesOf(negated(point));
  }

  /** `undefined` when the bytes are no point, not its canonical encoding, or a point of small order. */
  static fromBytes(bytes: Uint8Array): PublicKey | undefined {
    const point = bytes.length === 32 ? decompress(littleEndian(bytes)) : undefined;
    return point === undefined || isSmallOrder(point) ? undefined : new PublicKey(bytes, point);
  }

  get bytes(): Uint8Array {
    return this.#encoded;
  }

  verify(message: Uint8Array, signature: Uint8Array): boolean {
    if (signature.length !== 64) return false;
    const r = signature.subarray(0, 32);
    const s = littleEndian(signature.subarray(32));
    if (s >= ORDER) return false;
    const hashed = new Uint8Array(64 + message.length);
    hashed.set(r);
    hashed.set(this.#encoded, 32);
    hashed.set(message, 64);
    const k = littleEndian(sha512(hashed)) % ORDER;
    multiplesOfBase ??= multiplesOf(BASE);
    const sum = sumOfMultiples(k, this.#multiples, s, multiplesOfBase);
    // R is never decompressed: if the sum encodes to its very bytes, R was canonical, on the curve, and of the sum's order.
    return compress(sum) === littleEndian(r) && !isSmallOrder(sum);
  }
}

function littleEndian(bytes: Uint8Array): bigint {
  return bytes.reduceRight((number, byte) => (number << 8n) | BigInt(byte), 0n);
}
