import { __wbg_finalize_init, __wbg_get_imports, Verifier } from "shelflife-bindgen";
import { type Code, codes } from "./codes.js";
import type { Engine, Judge, Judging } from "./engine.js";
import { frozen } from "./frozen.js";
import type { Limits } from "./options.js";
import { refusal } from "./refusal.js";
import type { Claims, Judged, Verdict } from "./verdict.js";

// The module is instantiated here and not by the generated `init`, which carries a `new URL("...wasm")`, an
// `instanceof WebAssembly.Module` and a `fetch`: each of these breaks one bundler or one runtime.

export async function fromBytes(bytes: BufferSource): Promise<Engine> {
  const { instance } = await WebAssembly.instantiate(bytes, __wbg_get_imports());
  return engineOf(instance);
}

export function fromModule(module: WebAssembly.Module): Engine {
  return engineOf(new WebAssembly.Instance(module, __wbg_get_imports()));
}

function engineOf(instance: WebAssembly.Instance): Engine {
  __wbg_finalize_init(instance);
  const memory = instance.exports.memory as WebAssembly.Memory;
  return (issuer, audience, jwks, limits) => new WasmJudge(issuer, audience, jwks, limits, memory);
}

/** What `Verifier.verify` answers: a state, or this and the number of a code. */
const REFUSED = 16;
const STATES: Judged["state"][] = ["fresh", "stale", "expired"];
/** In the order of the codes in Rust. */
const CODES = Object.keys(codes) as Code[];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class WasmJudge implements Judge {
  readonly #inner: Verifier;
  readonly #memory: WebAssembly.Memory;
  readonly #input: number;
  readonly #capacity: number;
  /** A view of the input, made anew when the memory has grown. */
  #view: Uint8Array;
  /** Claims of remembered tokens, by slot. Frozen, because every verdict on a token shows the same object. */
  readonly #claims: Claims[] = [];

  constructor(issuer: string, audience: string, jwks: string, limits: Limits, memory: WebAssembly.Memory) {
    const { maxTokenBytes, maxLifetime, clockTolerance, windowTolerance, cache } = limits;
    const inner = new Verifier(
      issuer,
      audience,
      jwks,
      maxTokenBytes,
      maxLifetime,
      clockTolerance,
      windowTolerance,
      cache,
    );
    this.#inner = inner;
    this.#memory = memory;
    this.#input = inner.input();
    this.#capacity = maxTokenBytes;
    this.#view = new Uint8Array(memory.buffer, this.#input, maxTokenBytes);
  }

  verify(token: string, { now, scope, groups, maxAuthAge }: Judging): Verdict {
    if (this.#view.buffer !== this.#memory.buffer) {
      this.#view = new Uint8Array(this.#memory.buffer, this.#input, this.#capacity);
    }
    const { read, written } = encoder.encodeInto(token, this.#view);
    if (read < token.length) return refusal("too-long", "the token is longer than the limit");
    const inner = this.#inner;
    const answer = inner.verify(written, now, scope, groups, maxAuthAge);
    const claims = this.#claimsOf(inner.slot());
    const state = STATES[answer];
    if (state !== undefined && claims !== undefined) {
      return { state, claims, freshFor: inner.fresh_for(), exchangeableFor: inner.exchangeable_for() };
    }
    const refused = refusal(CODES[answer - REFUSED] ?? "malformed", inner.detail());
    return claims === undefined ? refused : { ...refused, claims };
  }

  statistics(): { hits: number; misses: number; entries: number } {
    const [hits = 0, misses = 0, entries = 0] = this.#inner.statistics();
    return { hits, misses, entries };
  }

  free(): void {
    this.#inner.free();
  }

  #claimsOf(slot: number): Claims | undefined {
    const length = this.#inner.payload_length();
    if (length === 0) return this.#claims[slot];
    const text = new Uint8Array(this.#memory.buffer, this.#inner.payload(), length);
    const claims = frozen(JSON.parse(decoder.decode(text)) as Claims);
    if (slot >= 0) this.#claims[slot] = claims;
    return claims;
  }
}
