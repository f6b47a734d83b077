import { __wbg_finalize_init, __wbg_get_imports, Verifier } from "shelflife-bindgen";
import { type Code, codes, type RevocationCode, revocationCodes } from "./codes.js";
import type { Engine, Judge, Judging } from "./engine.js";
import { frozen } from "./frozen.js";
import type { Limits } from "./options.js";
import { refusal } from "./refusal.js";
import { type RevocationState, type RevocationUpdate, refusedList } from "./revocations.js";
import type { Claims, Judged, Verdict } from "./verdict.js";

// The module is instantiated here and not by the generated `init`, which carries a `new URL("...wasm")`, an
// `instanceof WebAssembly.Module` and a `fetch`: each of these breaks one bundler or one runtime.

export async function fromBytes(bytes: BufferSource): Promise<Engine> {
  const { instance } = await WebAssembly.instantiate(bytes, __wbg_get_imports());
  return engineOf(instance);
}

/** At once, where that is allowed for more than a few kilobytes: everywhere but on the pages of some browsers. */
export function fromBytesAtOnce(bytes: BufferSource): Engine {
  return fromModule(new WebAssembly.Module(bytes));
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
/** Places in what `Verifier.output` points at. */
const [FRESH_FOR, EXCHANGEABLE_FOR, SLOT, PAYLOAD, DETAIL, OUTPUTS] = [0, 1, 2, 3, 5, 7] as const;
const STATES: Judged["state"][] = ["fresh", "stale", "expired"];
/** In the order of the codes in Rust. */
const CODES = Object.keys(codes) as Code[];
const LIST_CODES = Object.keys(revocationCodes) as RevocationCode[];

const encoder = new TextEncoder();
const decoder = new TextDecoder();

class WasmJudge implements Judge {
  readonly #inner: Verifier;
  readonly #memory: WebAssembly.Memory;
  readonly #capacity: number;
  /** Views of the memory, made anew when it has grown. */
  #input: Uint8Array;
  #output: Float64Array;
  /** Claims of remembered tokens, by slot. Frozen, because every verdict on a token shows the same object. */
  readonly #claims: Claims[] = [];

  constructor(issuer: string, audience: string, jwks: string, limits: Limits, memory: WebAssembly.Memory) {
    const { maxTokenBytes, maxLifetime, clockTolerance, windowTolerance, cache, revocations } = limits;
    const inner = new Verifier(
      issuer,
      audience,
      jwks,
      maxTokenBytes,
      maxLifetime,
      clockTolerance,
      windowTolerance,
      cache,
      revocations.maxBytes,
      revocations.maxAge,
      revocations.shut,
    );
    this.#inner = inner;
    this.#memory = memory;
    this.#capacity = maxTokenBytes;
    this.#input = this.#inputView();
    this.#output = this.#outputView();
    const fault = this.#detail();
    if (fault !== "") {
      inner.free();
      throw fault;
    }
  }

  verify(token: string, { now, scope, groups, maxAuthAge }: Judging): Verdict {
    if (this.#input.buffer !== this.#memory.buffer) this.#input = this.#inputView();
    const { read, written } = encoder.encodeInto(token, this.#input);
    if (read < token.length) return refusal("too-long", "the token is longer than the limit");
    const answer = this.#inner.verify(written, now, scope, groups, maxAuthAge);
    if (this.#output.buffer !== this.#memory.buffer) this.#output = this.#outputView();
    const output = this.#output;
    const claims = this.#claimsOf(output[SLOT] as number);
    const state = STATES[answer];
    if (state !== undefined && claims !== undefined) {
      return {
        state,
        claims,
        freshFor: output[FRESH_FOR] as number,
        exchangeableFor: output[EXCHANGEABLE_FOR] as number,
      };
    }
    const refused = refusal(CODES[answer - REFUSED] ?? "malformed", this.#detail());
    return claims === undefined ? refused : { ...refused, claims };
  }

  updateRevocations(list: string, now: number): RevocationUpdate {
    const inner = this.#inner;
    // Written where it is read: the one copy that there has to be.
    const start = inner.list_input(list.length);
    const { read } = encoder.encodeInto(list, new Uint8Array(this.#memory.buffer, start, list.length));
    // A list is ASCII; anything else needs more bytes than it has characters.
    if (read < list.length) inner.list_input(0);
    const code = LIST_CODES[inner.update_revocations(now)];
    if (this.#output.buffer !== this.#memory.buffer) this.#output = this.#outputView();
    if (code !== undefined) return refusedList(code, this.#detail());
    const { seq = 0, entries = 0 } = this.revocations() ?? {};
    return { ok: true, seq, entries };
  }

  revocations(): RevocationState | undefined {
    const [seq, issuedAt, entries] = this.#inner.revocations();
    return seq === undefined || issuedAt === undefined || entries === undefined
      ? undefined
      : { seq, issuedAt, entries };
  }

  inheritRevocations(other: Judge): void {
    if (other instanceof WasmJudge) this.#inner.inherit_revocations(other.#inner);
  }

  statistics(): { hits: number; misses: number; entries: number } {
    const [hits = 0, misses = 0, entries = 0] = this.#inner.statistics();
    return { hits, misses, entries };
  }

  free(): void {
    this.#inner.free();
  }

  #claimsOf(slot: number): Claims | undefined {
    const text = this.#text(PAYLOAD);
    if (text === "") return this.#claims[slot];
    const claims = frozen(JSON.parse(text) as Claims);
    if (slot >= 0) this.#claims[slot] = claims;
    return claims;
  }

  #detail(): string {
    return this.#text(DETAIL);
  }

  /** The text whose address and length stand at `at` in the output. */
  #text(at: number): string {
    const length = this.#output[at + 1] as number;
    if (length === 0) return "";
    return decoder.decode(new Uint8Array(this.#memory.buffer, this.#output[at], length));
  }

  #inputView(): Uint8Array {
    return new Uint8Array(this.#memory.buffer, this.#inner.input(), this.#capacity);
  }

  #outputView(): Float64Array {
    return new Float64Array(this.#memory.buffer, this.#inner.output(), OUTPUTS);
  }
}
