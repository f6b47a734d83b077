/** One request this page made, and what came of it. */
export interface Made {
  readonly to: "gate" | "issuer";
  readonly line: string;
  /** `200`, or what went wrong. */
  readonly outcome: string;
  readonly failed: boolean;
  readonly tookMs: number;
}

interface Losing {
  readonly path: string;
  readonly onLost: (answer: Response) => void;
}

/** The page's only way to the network: counts and shows every request. Bodies and tokens are not looked at. */
export class Requests {
  #count = 0;
  #losing: Losing | undefined;
  readonly #issuer: string;
  readonly #listeners = new Set<(made: Made) => void>();

  constructor(issuer: string) {
    this.#issuer = new URL(issuer).origin;
  }

  get count(): number {
    return this.#count;
  }

  onMade(listener: (made: Made) => void): void {
    this.#listeners.add(listener);
  }

  /** The next answer from this path really comes, and is thrown away here: whoever asked never sees it. */
  loseNext(path: string, onLost: (answer: Response) => void): void {
    this.#losing = { path, onLost };
  }

  loseNothing(): void {
    this.#losing = undefined;
  }

  readonly fetch: typeof fetch = (input, init) => this.#make("", input, init);

  /** The same for a second client in this page, named in the log. */
  fetchAs(who: string): typeof fetch {
    return (input, init) => this.#make(`${who}: `, input, init);
  }

  async #make(prefix: string, input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    this.#count += 1;
    const request = new Request(input, init);
    const url = new URL(request.url);
    const began = performance.now();
    const tell = (outcome: string, failed: boolean) => {
      const to = url.origin === this.#issuer ? "issuer" : "gate";
      const line = `${prefix}${request.method} ${url.pathname}`;
      const made: Made = { to, line, outcome, failed, tookMs: performance.now() - began };
      for (const listener of this.#listeners) listener(made);
    };
    let response: Response;
    try {
      response = await globalThis.fetch(request);
    } catch (error) {
      tell("no answer", true);
      throw error;
    }
    const losing = this.#losing;
    if (losing?.path === url.pathname) {
      this.#losing = undefined;
      tell("the answer was lost", true);
      losing.onLost(response);
      throw new TypeError("the answer was lost");
    }
    tell(String(response.status), !response.ok);
    return response;
  }
}
