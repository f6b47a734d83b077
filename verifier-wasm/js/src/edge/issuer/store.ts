/** A text, and when it came from the issuer, in milliseconds. */
export interface Kept {
  readonly text: string;
  readonly at: number;
}

/** What the gate needs of the Cache API. */
export interface CacheLike {
  match(request: Request): Promise<Response | undefined>;
  put(request: Request, response: Response): Promise<void>;
}

/** No owner of a real host can put anything under this name. */
const PLACE = "https://shelflife.invalid/";

/**
 * What is shared between isolates of one place: the Cache API where the runtime has one (`caches.default` in Workers), nothing
 * elsewhere. It is a help and never a need: whatever goes wrong in it counts as absent.
 */
export class Store {
  readonly #cache: CacheLike | undefined;
  readonly #owner: string;

  constructor(owner: string, cache: CacheLike | undefined) {
    this.#owner = owner;
    this.#cache = cache;
  }

  async read(name: string): Promise<Kept | undefined> {
    try {
      const found = await this.#cache?.match(this.#key(name));
      const at = Number(found?.headers.get("x-at") ?? Number.NaN);
      if (found === undefined || !Number.isSafeInteger(at)) return undefined;
      // A clock of another machine may be ahead; nothing came later than now.
      return { text: await found.text(), at: Math.min(at, Date.now()) };
    } catch {
      return undefined;
    }
  }

  async write(name: string, { text, at }: Kept, seconds: number): Promise<void> {
    const headers = { "content-type": "text/plain", "cache-control": `public, max-age=${seconds}`, "x-at": String(at) };
    try {
      await this.#cache?.put(this.#key(name), new Response(text, { headers }));
    } catch {
      // Kept in memory all the same.
    }
  }

  #key(name: string): Request {
    return new Request(`${PLACE}${encodeURIComponent(this.#owner)}/${name}`);
  }
}

/** `caches.default` is Cloudflare's; browsers and Deno have only named caches, which outlive what they hold. */
export function sharedCache(): CacheLike | undefined {
  try {
    return (globalThis as { caches?: { default?: CacheLike } }).caches?.default;
  } catch {
    return undefined;
  }
}
