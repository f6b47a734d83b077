// A strict, bounded reader of JSON (RFC 8259), the same as token/src/json.rs: no duplicate name at any level, no lone surrogate,
// no byte that is not UTF-8, no nesting deeper than eight, and no number that is rounded. `JSON.parse` lets all of these through.

/** A number is a whole one from 0 to 2^53 - 1, or `NaN`: well-formed, and never looked at. */
export type Value = null | boolean | number | string | readonly Value[] | JsonObject;
export type JsonObject = ReadonlyMap<string, Value>;

/** How deep objects and arrays may nest; the outermost counts as one. */
const MAX_DEPTH = 8;

const NUMBER = /-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][+-]?[0-9]+)?/y;
/** What a string holds up to its end, an escape, or a character that it may not hold. */
const PLAIN = /[^"\\\p{Cc}]*/uy;
const FOUR_HEX_DIGITS = /[0-9a-fA-F]{4}/y;
const ESCAPES = new Map(
  Object.entries({ '"': '"', "\\": "\\", "/": "/", b: "\b", f: "\f", n: "\n", r: "\r", t: "\t" }),
);
const WORDS = new Map<string, [word: string, value: null | boolean]>([
  ["t", ["true", true]],
  ["f", ["false", false]],
  ["n", ["null", null]],
]);

class Fault {
  constructor(readonly what: string) {}
}

/** Reads one JSON object that fills the whole input; a text says what is wrong with it. */
export function parseObject(bytes: Uint8Array): JsonObject | string {
  let text: string;
  try {
    text = new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return "is not UTF-8";
  }
  const reader = new Reader(text);
  try {
    return reader.whole();
  } catch (fault) {
    if (fault instanceof Fault) return fault.what;
    throw fault;
  }
}

class Reader {
  #at = 0;

  constructor(readonly text: string) {}

  whole(): JsonObject {
    this.#skipWhitespace();
    if (this.#peek() !== "{") throw new Fault("is not a JSON object");
    const object = this.#object(1);
    this.#skipWhitespace();
    if (this.#peek() !== undefined) throw new Fault("goes on after the JSON object");
    return object;
  }

  #peek(): string | undefined {
    return this.text[this.#at];
  }

  #take(expected: string): boolean {
    const found = this.#peek() === expected;
    if (found) this.#at += 1;
    return found;
  }

  /** What `pattern` finds right here; it can be empty. */
  #match(pattern: RegExp): RegExpExecArray | undefined {
    pattern.lastIndex = this.#at;
    const found = pattern.exec(this.text);
    if (found === null) return undefined;
    this.#at += found[0].length;
    return found;
  }

  #skipWhitespace(): void {
    while (this.#take(" ") || this.#take("\t") || this.#take("\n") || this.#take("\r"));
  }

  #value(depth: number): Value {
    const first = this.#peek() ?? "";
    if (first === "{") return this.#object(depth);
    if (first === "[") return this.#array(depth);
    if (first === '"') return this.#string();
    const [word, value] = WORDS.get(first) ?? [];
    if (word !== undefined && value !== undefined && this.text.startsWith(word, this.#at)) {
      this.#at += word.length;
      return value;
    }
    return this.#number();
  }

  #object(depth: number): JsonObject {
    const members = new Map<string, Value>();
    this.#list(depth, "}", () => {
      if (this.#peek() !== '"') throw new Fault("is not JSON: a member has no name");
      const name = this.#string();
      this.#skipWhitespace();
      if (!this.#take(":")) throw new Fault("is not JSON: a member has no value");
      this.#skipWhitespace();
      const value = this.#value(depth + 1);
      if (members.has(name)) throw new Fault("names a member twice");
      members.set(name, value);
    });
    return members;
  }

  #array(depth: number): readonly Value[] {
    const items: Value[] = [];
    this.#list(depth, "]", () => items.push(this.#value(depth + 1)));
    return items;
  }

  /** What objects and arrays share: an opening bracket, items between commas, the closing bracket. */
  #list(depth: number, close: string, item: () => void): void {
    if (depth > MAX_DEPTH) throw new Fault("is nested too deeply");
    this.#at += 1;
    this.#skipWhitespace();
    if (this.#take(close)) return;
    do {
      this.#skipWhitespace();
      item();
      this.#skipWhitespace();
    } while (this.#take(","));
    if (!this.#take(close)) throw new Fault("is not JSON: a list does not end");
  }

  #number(): number {
    const found = this.#match(NUMBER);
    if (found === undefined) throw new Fault("is not JSON");
    const [text, fraction, exponent] = found;
    // Whatever stands behind it ends a list or is no JSON: digits after a leading 0, for one.
    const whole = fraction === undefined && exponent === undefined && !text.startsWith("-");
    const number = Number(text);
    // A larger one may have been rounded, but never down to a safe one.
    return whole && Number.isSafeInteger(number) ? number : Number.NaN;
  }

  #string(): string {
    this.#at += 1;
    let text = "";
    for (;;) {
      text += this.#match(PLAIN)?.[0] ?? "";
      const next = this.#peek();
      if (next === undefined) throw new Fault("is not JSON: a string does not end");
      this.#at += 1;
      if (next === '"') return text;
      if (next === "\\") text += this.#escape();
      else if (next >= " ") text += next;
      else throw new Fault("has a bare control character in a string");
    }
  }

  #escape(): string {
    const letter = this.#peek() ?? "";
    this.#at += 1;
    if (letter === "u") return this.#unicodeEscape();
    const meant = ESCAPES.get(letter);
    if (meant === undefined) throw new Fault("has an unknown escape in a string");
    return meant;
  }

  /** `\uXXXX`, or the two of a surrogate pair. A lone surrogate is no character, and readers disagree on what to make of it. */
  #unicodeEscape(): string {
    const lone = "has a lone surrogate in a string";
    const first = this.#fourHexDigits();
    if (first < 0xd800 || first > 0xdfff) return String.fromCharCode(first);
    if (first > 0xdbff || !(this.#take("\\") && this.#take("u"))) throw new Fault(lone);
    const second = this.#fourHexDigits();
    if (second < 0xdc00 || second > 0xdfff) throw new Fault(lone);
    return String.fromCharCode(first, second);
  }

  #fourHexDigits(): number {
    const found = this.#match(FOUR_HEX_DIGITS);
    if (found === undefined) throw new Fault("has an unknown escape in a string");
    return Number.parseInt(found[0], 16);
  }
}
