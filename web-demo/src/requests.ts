/** One request this page made, and what came of it. */
export interface Made {
  readonly to: "gate" | "issuer";
  readonly line: string;
  /** `200`, or what went wrong. */
  readonly outcome: string;
  readonly failed: boolean;
  readonly tookMs: number;
}

/** The page's only way to the network: counts and shows every request. Bodies and tokens are not looked at. */
export class Requests {
  #count = 0;
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

  readonly fetch = async (input: RequestInfo | URL, init?: RequestInit): Promise<Response> => {
    this.#count += 1;
    const request = new Request(input, init);
    const url = new URL(request.url);
    const began = performance.now();
    const tell = (outcome: string, failed: boolean) => {
      const to = url.origin === this.#issuer ? "issuer" : "gate";
      const made: Made = {
        to,
        line: `${request.method} ${url.pathname}`,
        outcome,
        failed,
        tookMs: performance.now() - began,
      };
      for (const listener of this.#listeners) listener(made);
    };
    try {
      const response = await globalThis.fetch(request);
      tell(String(response.status), !response.ok);
      return response;
    } catch (error) {
      tell("no answer", true);
      throw error;
    }
  };
}
