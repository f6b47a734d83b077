// SHA-256 and SHA-512 (FIPS 180-4), synchronous, because WebCrypto's are not. They differ in the width of a word, the number of
// rounds and the turns; their constants are the same ones, cut to the word.

interface Kind {
  /** Bits of a word. */
  readonly width: bigint;
  readonly rounds: number;
  /** By how much a word is turned to the right in each of the four mixing functions; in the last two, the last is a shift. */
  readonly turns: readonly [Turns, Turns, Turns, Turns];
}
type Turns = readonly [bigint, bigint, bigint];

const SHA_512: Kind = {
  width: 64n,
  rounds: 80,
  turns: [
    [28n, 34n, 39n],
    [14n, 18n, 41n],
    [1n, 8n, 7n],
    [19n, 61n, 6n],
  ],
};

const SHA_256: Kind = {
  width: 32n,
  rounds: 64,
  turns: [
    [2n, 13n, 22n],
    [6n, 11n, 25n],
    [7n, 18n, 3n],
    [17n, 19n, 10n],
  ],
};

export const sha256 = (message: Uint8Array): Uint8Array => digest(SHA_256, message);
export const sha512 = (message: Uint8Array): Uint8Array => digest(SHA_512, message);

function digest({ width, rounds, turns }: Kind, message: Uint8Array): Uint8Array {
  const { starts, steps } = constants(width);
  const mask = (1n << width) - 1n;
  const turned = (word: bigint, by: bigint) => (word >> by) | (word << (width - by));
  const big = ([a, b, c]: Turns, word: bigint) => (turned(word, a) ^ turned(word, b) ^ turned(word, c)) & mask;
  const small = ([a, b, c]: Turns, word: bigint) => ((turned(word, a) ^ turned(word, b)) & mask) ^ (word >> c);
  const words = padded(message, Number(width));
  const state = [...starts];
  const schedule: bigint[] = new Array(rounds).fill(0n);
  for (let block = 0; block < words.length; block += 16) {
    for (let t = 0; t < rounds; t++) {
      const before = (distance: number) => schedule[t - distance] ?? 0n;
      schedule[t] =
        t < 16
          ? (words[block + t] ?? 0n)
          : (small(turns[3], before(2)) + before(7) + small(turns[2], before(15)) + before(16)) & mask;
    }
    let [a = 0n, b = 0n, c = 0n, d = 0n, e = 0n, f = 0n, g = 0n, h = 0n] = state;
    for (let t = 0; t < rounds; t++) {
      const one = h + big(turns[1], e) + ((e & f) ^ (~e & mask & g)) + (steps[t] ?? 0n) + (schedule[t] ?? 0n);
      const two = big(turns[0], a) + ((a & b) ^ (a & c) ^ (b & c));
      [h, g, f, e, d, c, b, a] = [g, f, e, (d + one) & mask, c, b, a, (one + two) & mask];
    }
    for (const [at, word] of [a, b, c, d, e, f, g, h].entries()) state[at] = ((state[at] ?? 0n) + word) & mask;
  }
  const bytes = Number(width) / 8;
  return Uint8Array.from({ length: 8 * bytes }, (_, at) =>
    Number(((state[Math.floor(at / bytes)] ?? 0n) >> BigInt(8 * (bytes - 1 - (at % bytes)))) & 255n),
  );
}

/** The message, a one bit, zeros, and its length in bits, as words. */
function padded(message: Uint8Array, width: number): bigint[] {
  const block = 2 * width;
  const bytes = new Uint8Array(Math.ceil((message.length + 1 + width / 4) / block) * block);
  bytes.set(message);
  bytes[message.length] = 0x80;
  const view = new DataView(bytes.buffer);
  view.setBigUint64(bytes.length - 8, BigInt(message.length) * 8n);
  return Array.from({ length: (bytes.length * 8) / width }, (_, at) =>
    width === 64 ? view.getBigUint64(at * 8) : BigInt(view.getUint32(at * 4)),
  );
}

const made = new Map<bigint, { starts: bigint[]; steps: bigint[] }>();

/** The first bits behind the point of the square roots of eight primes, and of the cube roots of eighty. */
function constants(width: bigint): { starts: bigint[]; steps: bigint[] } {
  let found = made.get(width);
  if (found === undefined) {
    const primes: bigint[] = [];
    for (let n = 2n; primes.length < 80; n++) if (primes.every((prime) => n % prime !== 0n)) primes.push(n);
    const behindThePoint = (degree: bigint) => (prime: bigint) =>
      BigInt.asUintN(Number(width), root(degree, prime, width));
    found = { starts: primes.slice(0, 8).map(behindThePoint(2n)), steps: primes.map(behindThePoint(3n)) };
    made.set(width, found);
  }
  return found;
}

/** The root of a prime below 2^9 with `bits` bits behind the point, rounded down: bit by bit from the highest. */
function root(degree: bigint, prime: bigint, bits: bigint): bigint {
  const wanted = prime << (bits * degree);
  let found = 0n;
  for (let bit = bits + 5n; bit >= 0n; bit--) {
    const larger = found | (1n << bit);
    if (larger ** degree <= wanted) found = larger;
  }
  return found;
}
