import type { Dates } from "./view/scale.js";

/** One token of the session, as far as a picture needs it. Nothing in it opens anything. */
export interface Generation extends Dates {
  readonly gen: number;
}

const KEY = "shelflife-demo-past";
const MOST = 12;

/** The last tokens this session had on this device, kept across reloads and shared by its tabs. */
export class Past {
  #sid = "";
  #generations: readonly Generation[] = [];

  /** Oldest first; the last one is the present token. */
  get generations(): readonly Generation[] {
    return this.#generations;
  }

  note({ sid, gen, iat, bbf, exp }: Generation & { readonly sid: string }): void {
    if (sid === this.#sid && this.#generations.some((known) => known.gen === gen)) return;
    const kept = read(sid).filter((known) => known.gen < gen);
    this.#sid = sid;
    this.#generations = [...kept, { gen, iat, bbf, exp }].slice(-MOST);
    try {
      localStorage.setItem(KEY, JSON.stringify({ sid, generations: this.#generations }));
    } catch {
      // The picture then begins anew with every visit.
    }
  }
}

function read(sid: string): readonly Generation[] {
  try {
    const kept = JSON.parse(localStorage.getItem(KEY) ?? "{}") as { sid?: unknown; generations?: unknown };
    return kept.sid === sid && Array.isArray(kept.generations) ? kept.generations.filter(isGeneration) : [];
  } catch {
    return [];
  }
}

function isGeneration(value: unknown): value is Generation {
  const { gen, iat, bbf, exp } = (value ?? {}) as Record<string, unknown>;
  return [gen, iat, bbf, exp].every(Number.isSafeInteger);
}
