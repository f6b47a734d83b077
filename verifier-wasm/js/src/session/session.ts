import type { Claims } from "../verdict.js";
import { type Happening, initial, isPaused, type Model, step } from "./core.js";
import { freeze, type Held, thaw } from "./held.js";
import { allowedOrigins, asksForPassword, Issuer, withToken } from "./http.js";
import { snapshotOf, transitionTo, wantsExchange } from "./judge.js";
import { listen, type Surroundings } from "./siblings.js";
import { type GuardedStorage, storageOf } from "./storage.js";
import {
  type Credentials,
  type Session,
  SessionError,
  type SessionEvent,
  type SessionListener,
  type SessionOptions,
  type Snapshot,
} from "./types.js";

/** A token this young that a server refuses is not made better by another exchange. */
const TOO_YOUNG_TO_EXCHANGE = 5;

/**
 * Opens the session kept on this device, or none. Judged offline: no request is made here. Only mistakes in the options reject;
 * a token that is bad, expired or missing is the state `signed-out`.
 */
export async function createSession(options: SessionOptions): Promise<Session> {
  return new KeptSession(options);
}

/** Carries out what `step` decides. */
class KeptSession implements Session {
  readonly #options: SessionOptions;
  readonly #storage: GuardedStorage;
  readonly #issuer: Issuer;
  readonly #resources: ReadonlySet<string>;
  readonly #surroundings: Surroundings;
  readonly #listeners = new Set<SessionListener>();
  #model: Model = initial;
  #announced: Snapshot["state"];
  #flight: Promise<void> | undefined;
  #arrived = Number.NEGATIVE_INFINITY;

  constructor(options: SessionOptions) {
    const name = options.name ?? "shelflife";
    this.#options = options;
    this.#storage = storageOf(options.storage, name);
    this.#resources = allowedOrigins(options);
    this.#issuer = new Issuer({
      url: options.issuer.replace(/\/+$/, ""),
      clientId: options.clientId,
      timeout: options.timeout ?? 10,
      fetch: (input, init) => this.#send(input, init),
      now: () => this.#now(),
    });
    this.#model = step(initial, { type: "looked", stored: this.#stored() }).model;
    this.#announced = this.#snapshot().state;
    this.#surroundings = listen(
      name,
      () => this.#look(),
      () => this.#wake(),
    );
  }

  get state(): Snapshot["state"] {
    return this.#snapshot().state;
  }

  get claims(): Claims | undefined {
    const snapshot = this.#snapshot();
    return snapshot.state === "signed-out" ? undefined : snapshot.claims;
  }

  get token(): string | undefined {
    return this.state === "signed-out" ? undefined : this.#model.held?.token;
  }

  get clockOffset(): number {
    return this.#model.held?.offset ?? 0;
  }

  get persistent(): boolean {
    return this.#storage.persistent;
  }

  judge(): Snapshot {
    const snapshot = this.#snapshot();
    if (snapshot.state !== this.#announced) this.#announce(transitionTo(snapshot));
    return snapshot;
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const { origin } = new URL(request.url);
    if (!this.#resources.has(origin)) {
      throw new TypeError(`session.fetch does not send the token to ${origin}; add it to \`resources\` if it should`);
    }
    const token = await this.#tokenForRequest();
    if (token === undefined) return this.#send(request);
    const again = request.clone();
    const response = await this.#send(withToken(request, token));
    if (response.status !== 401) return response;
    const better = await this.#tokenAfterRefusal(token, response);
    if (better === undefined) return response;
    void response.body?.cancel();
    return this.#send(withToken(again, better));
  }

  async login(credentials: Credentials): Promise<Snapshot> {
    const held = await this.#issuer.login(credentials);
    await this.#meetKey(held);
    this.#take({ type: "signed-in", held });
    return this.judge();
  }

  async logout(): Promise<boolean> {
    const { held } = this.#model;
    const stale = held !== undefined && wantsExchange(held, this.#now());
    this.#take({ type: "signed-out" });
    if (held === undefined) return true;
    try {
      // The issuer ends a session for a fresh token only.
      const fresh = stale ? await this.#issuer.exchange(held.token) : held;
      await this.#issuer.logout(fresh.token);
      return true;
    } catch {
      return false;
    }
  }

  async exchange(): Promise<Snapshot> {
    this.#look();
    this.#flight ??= this.#exchangeOnce().finally(() => {
      this.#flight = undefined;
    });
    await this.#flight;
    return this.judge();
  }

  onChange(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#surroundings.close();
    this.#listeners.clear();
  }

  async #exchangeOnce(): Promise<void> {
    const base = this.#model.held;
    if (base === undefined) throw new SessionError("signed-out", this.#model.ended.message, this.#model.ended.reason);
    try {
      const successor = await this.#issuer.exchange(base.token);
      await this.#meetKey(successor);
      this.#take({ type: "exchanged", base, successor, stored: this.#stored() });
    } catch (error) {
      if (!(error instanceof SessionError)) throw error;
      const now = this.#now();
      if (error.code === "refused") this.#take({ type: "refused", base, stored: this.#stored(), error, now });
      else this.#take({ type: "failed", error, now });
      // A sibling's newer token is as good as one of our own.
      if (this.#model.held === undefined || this.#model.held.token === base.token) throw error;
    }
  }

  /** The token to send, exchanged first when that is due. When the exchange fails the old one goes: a server may still take it. */
  async #tokenForRequest(): Promise<string | undefined> {
    this.judge();
    const due = () => {
      const { held } = this.#model;
      return held !== undefined && (this.state === "stale" || wantsExchange(held, this.#now()));
    };
    if (due()) this.#look();
    // Twice: the answer to a repeated exchange is the same successor again, and that may have gone stale since.
    for (let round = 0; round < 2 && due() && this.state !== "signed-out"; round++) await this.#exchangeUnasked();
    return this.token;
  }

  /** A server that refuses knows better than the clock of this device. Undefined: nothing better can be had. */
  async #tokenAfterRefusal(refused: string, response: Response): Promise<string | undefined> {
    if (asksForPassword(response)) return undefined;
    this.#look();
    const age = this.#now() - this.#arrived;
    const young = age >= 0 && age < TOO_YOUNG_TO_EXCHANGE;
    if (this.token === refused && !young) await this.#exchangeUnasked();
    return this.token === refused ? undefined : this.token;
  }

  async #exchangeUnasked(): Promise<void> {
    if (this.#flight === undefined && isPaused(this.#model, this.#now())) return;
    await this.exchange().catch((error: unknown) => {
      if (!(error instanceof SessionError)) throw error;
    });
  }

  /** Fetches the issuer's keys once when it signed with one that is new here. */
  async #meetKey(held: Held): Promise<void> {
    const { verifier } = this.#options;
    const verdict = verifier.verify(held.token, { now: held.iat });
    if (verdict.state === "invalid" && verdict.code === "unknown-key")
      await verifier.refreshKeys?.().catch(() => false);
  }

  #take(happening: Happening): void {
    const { model, write, event } = step(this.#model, happening);
    if (model.held !== undefined && model.held.token !== this.#model.held?.token) this.#arrived = this.#now();
    this.#model = model;
    if (write === "nothing") this.#storage.clear();
    else if (write !== undefined) this.#storage.write(freeze(write));
    if (write !== undefined) this.#surroundings.tell();
    if (event !== undefined) this.#announce(event);
  }

  #announce(event: SessionEvent): void {
    const snapshot = this.#snapshot();
    this.#announced = snapshot.state;
    for (const listener of [...this.#listeners]) {
      // A listener's mistake is its own; the session and the other listeners go on.
      try {
        listener(snapshot, event);
      } catch (error) {
        queueMicrotask(() => {
          throw error;
        });
      }
    }
  }

  #look(): void {
    this.#take({ type: "looked", stored: this.#stored() });
  }

  #wake(): void {
    this.#look();
    this.judge();
  }

  #stored(): Held | undefined {
    return thaw(this.#storage.read());
  }

  #snapshot(): Snapshot {
    return snapshotOf(this.#model, this.#options.verifier, this.#now());
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now() / 1000;
  }

  #send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    // Looked up at every call: pages wrap `fetch` after this module was loaded, and it must be called on the global.
    return (this.#options.fetch ?? globalThis.fetch).call(globalThis, input, init);
  }
}
