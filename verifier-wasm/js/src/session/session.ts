import type { Claims } from "../verdict.js";
import { accountOf } from "./account.js";
import { allowedOrigins, asksForPassword, Issuer, withToken } from "./effects/issuer.js";
import { SeenTimer } from "./effects/seen-timer.js";
import { type GuardedStorage, storageOf } from "./effects/storage.js";
import { listen, type Surroundings } from "./effects/surroundings.js";
import { freeze, type Held, isHeld, type Kept, thaw } from "./held.js";
import { factsOf, type Judgement, judge, objection, snapshotOf } from "./judge.js";
import { type Effect, type Event, initial, type State, step } from "./machine.js";
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

/** Carries out what the machine decides. */
class KeptSession implements Session {
  declare readonly devices: Session["devices"];
  declare readonly end: Session["end"];
  declare readonly endOthers: Session["endOthers"];
  declare readonly changePassword: Session["changePassword"];
  readonly #options: SessionOptions;
  readonly #storage: GuardedStorage;
  readonly #issuer: Issuer;
  readonly #resources: ReadonlySet<string>;
  readonly #surroundings: Surroundings;
  readonly #listeners = new Set<SessionListener>();
  #state: State = initial;
  /** The exchange under way: with what went wrong, if something did. */
  #flight: Promise<SessionError | undefined> | undefined;
  /** The last token that the issuer itself gave to this page, and when. */
  #firsthand = { token: "", at: Number.NEGATIVE_INFINITY };
  readonly #unseen = new SeenTimer((held) => {
    this.#look();
    this.#take({ type: "seen-due", held });
  });

  constructor(options: SessionOptions) {
    const name = options.name ?? "shelflife";
    this.#options = options;
    this.#storage = storageOf(options.storage, name);
    this.#resources = allowedOrigins(options);
    this.#issuer = new Issuer(
      options,
      (input, init) => this.#send(input, init),
      () => this.#now(),
    );
    const authorized = async (url: string, init: RequestInit): Promise<Response> => {
      const { pending } = this.#unseen;
      const response = await this.fetch(url, init);
      // The issuer has been shown that token by this call.
      if (response.ok && pending === this.#unseen.pending) this.#unseen.cancel();
      return response;
    };
    const account = accountOf(this.#issuer, authorized, {
      ended: (sid) => {
        if (sid === this.#held?.sid) this.#take({ type: "signed-out" });
      },
      demanded: (error) => {
        const state = this.#state;
        if (state.phase === "signed-out" || state.demand !== undefined) return;
        this.#take(this.#failure(state.held, error));
      },
    });
    Object.assign(this, account);
    this.#surroundings = listen(name, {
      heard: (message) => {
        const kept = thaw(message);
        this.#take({ type: "looked", kept: this.#kept() });
        if (kept !== undefined) this.#take({ type: "heard", kept });
      },
      woke: () => this.#look(),
      hidden: () => this.#unseen.fire(),
      online: () => {
        this.#take({ type: "online" });
        this.#look();
      },
    });
    this.#look();
  }

  get state(): Snapshot["state"] {
    return this.#snapshot().state;
  }

  get claims(): Claims | undefined {
    const snapshot = this.#snapshot();
    return snapshot.state === "fresh" ? snapshot.claims : undefined;
  }

  get clockOffset(): number {
    return this.#held?.offset ?? 0;
  }

  get persistent(): boolean {
    return this.#storage.persistent;
  }

  judge(): Snapshot {
    const judged = this.#judged();
    if (judged !== undefined) this.#take({ type: "judged", ...judged, facts: factsOf(judged.claims) });
    return this.#snapshot();
  }

  lastKnownClaims(): Claims | undefined {
    return this.state === "signed-out" ? undefined : this.#judged()?.claims;
  }

  rawToken(): string | undefined {
    return this.#held?.token;
  }

  async freshToken(): Promise<string> {
    const trouble = await this.#renew();
    const judged = this.#judged();
    if (this.#held === undefined || judged?.window === "over") throw trouble ?? this.#nobody();
    if (trouble !== undefined && judged?.window === "stale") throw trouble;
    return this.#held.token;
  }

  async fetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    const request = new Request(input, init);
    const { origin } = new URL(request.url);
    if (!this.#resources.has(origin)) {
      throw new TypeError(`session.fetch sends no token to ${origin}: it is not among the \`resources\``);
    }
    const trouble = await this.#renew();
    const token = this.state === "signed-out" ? undefined : this.#held?.token;
    if (token === undefined) return this.#send(request);
    const again = request.clone();
    // Also when the exchange failed: the clock of this device may be wrong, and the token good.
    const response = await this.#send(withToken(request, token));
    if (response.status !== 401 || asksForPassword(response)) return response;
    const better = await this.#betterThan(token, trouble);
    if (better === undefined) return response;
    void response.body?.cancel();
    if (better instanceof SessionError) throw better;
    return this.#send(withToken(again, better));
  }

  async login(credentials: Credentials): Promise<Snapshot> {
    const held = await this.#issuer.login(credentials);
    await this.#welcome(held);
    this.#take({ type: "signed-in", held });
    return this.judge();
  }

  async logout(): Promise<boolean> {
    this.#look();
    const held = this.#held;
    this.#take({ type: "signed-out" });
    try {
      // Stale or not: the issuer takes here what it takes in an exchange.
      if (held !== undefined) await this.#issuer.logout(held.token);
      return true;
    } catch {
      return false;
    }
  }

  async exchange(): Promise<Snapshot> {
    this.#look();
    const trouble = await this.#exchanged(true);
    if (trouble !== undefined) throw trouble;
    return this.judge();
  }

  async stepUp(password: string): Promise<Snapshot> {
    this.#look();
    // One after the other: each gives a new token, and the later one has to be built on the earlier.
    await this.#flight;
    let event = await this.#steppedUp(password);
    if (event.type === "refused" && event.error.reason === "superseded") {
      // The token of a sibling, or an answer that was lost: it is fetched, and the proof goes on top of it.
      await this.#exchanged(true);
      if (this.#held !== event.base) event = await this.#steppedUp(password);
    }
    if (event.type === "exchanged" || event.type === "refused") {
      const { reason } = event.type === "refused" ? event.error : {};
      if (reason !== "bad_credentials" && reason !== "superseded") this.#take(event);
    }
    if (event.type !== "exchanged") throw event.error;
    return this.judge();
  }

  #steppedUp(password: string): Promise<Extract<Event, { base: Held }>> {
    const base = this.#held;
    if (base === undefined) throw this.#nobody();
    return this.#answer(base, () => this.#issuer.stepUp(base.token, password));
  }

  onChange(listener: SessionListener): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  close(): void {
    this.#surroundings.close();
    this.#unseen.cancel();
    this.#listeners.clear();
  }

  /** Exchanges the token if that is due. Twice: a repeated exchange gives the same successor, and that may be stale by now. */
  async #renew(): Promise<SessionError | undefined> {
    let trouble: SessionError | undefined;
    for (let round = 0; round < 2 && this.#judged()?.due && trouble === undefined; round++) {
      this.#look();
      if (this.#judged()?.due) trouble = await this.#exchanged(false);
    }
    this.judge();
    return trouble;
  }

  /** A server that refuses knows better than the clock of this device. Undefined: its refusal is the last word. */
  async #betterThan(refused: string, trouble: SessionError | undefined): Promise<string | SessionError | undefined> {
    const { token } = this.#firsthand;
    this.#look();
    if (this.#held?.token === refused && trouble === undefined) {
      if (token === refused && this.#young) return undefined;
      trouble = await this.#exchanged(false);
    }
    if (this.state === "signed-out") return undefined;
    return this.#held?.token === refused ? trouble : this.#held?.token;
  }

  /** What went wrong, if something did. Joins the exchange under way; leaves it at the last failure while it is too early. */
  #exchanged(asked: boolean): Promise<SessionError | undefined> | SessionError | undefined {
    this.#take({ type: "wanted", asked, now: this.#now() });
    const state = this.#state;
    if (state.phase === "signed-out") return this.#nobody();
    return "error" in state ? state.error : this.#flight;
  }

  async #fly(base: Held): Promise<SessionError | undefined> {
    const event = await this.#answer(base, () => this.#issuer.exchange(base.token));
    this.#flight = undefined;
    this.#take(event);
    // Taking it may have begun the second attempt.
    if (this.#flight !== undefined) return this.#flight;
    // A sibling's newer token is as good as one of our own.
    const held = this.#held;
    return "error" in event && (held === undefined || held.token === base.token) ? event.error : undefined;
  }

  /** Asks, and looks into storage once more before anything is made of the answer. */
  async #answer(base: Held, ask: () => Promise<Held>): Promise<Extract<Event, { base: Held }>> {
    try {
      const successor = await ask();
      if (successor.sid !== base.sid)
        throw new SessionError("unexpected", "The answer held the token of another session.");
      await this.#welcome(successor);
      return { type: "exchanged", base, successor, kept: this.#kept() };
    } catch (error) {
      // A bug in here, or in the verifier, must not leave the session waiting for ever.
      return this.#failure(base, error instanceof SessionError ? error : new SessionError("unexpected", String(error)));
    }
  }

  #failure(base: Held, error: SessionError): Extract<Event, { error: SessionError }> {
    const type = error.code === "refused" ? "refused" : "failed";
    return { type, base, kept: this.#kept(), error, now: this.#now(), chance: Math.random() };
  }

  /** Takes nothing that is not a token of the issuer for this page, whoever sent it. */
  async #welcome(held: Held): Promise<void> {
    const why = await objection(held, this.#options.verifier);
    if (why !== undefined)
      throw new SessionError("unexpected", `The issuer's answer held no token for this page: ${why}.`);
    this.#firsthand = { token: held.token, at: this.#now() };
  }

  #take(event: Event): void {
    const { state, effects } = step(this.#state, event);
    const before = this.#held?.token;
    this.#state = state;
    for (const effect of effects) this.#carryOut(effect);
    if (this.#held?.token !== before) this.judge();
  }

  #carryOut(effect: Effect): void {
    switch (effect.do) {
      case "keep": {
        const { kept, tell } = effect;
        const text = freeze(kept);
        const own = this.#options.storage === "sessionStorage";
        const token = isHeld(kept);
        // A note that a sibling told lies where both find it, unless a token of ours has just been written over it.
        if (tell || token || own || this.#young) this.#storage.write(text);
        // Tokens go through the channel only where the others cannot find them by themselves. Notes always do: a storage may show
        // them so late that an exchange under way would not see that the session is over.
        if (tell) this.#surroundings.tell(token && !own && this.#storage.persistent ? "" : text);
        return;
      }
      case "exchange":
        this.#flight = this.#fly(effect.held);
        return;
      case "schedule-seen":
        this.#unseen.schedule(effect.held);
        return;
      case "report-seen":
        void this.#issuer.seen(effect.held.token);
        return;
      case "announce":
        this.#announce(effect.event);
    }
  }

  #announce(event: SessionEvent): void {
    const snapshot = this.#snapshot();
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
    this.#take({ type: "looked", kept: this.#kept() });
    this.judge();
  }

  /** Whether the issuer has given this page a token just now. */
  get #young(): boolean {
    const age = this.#now() - this.#firsthand.at;
    return age >= 0 && age < TOO_YOUNG_TO_EXCHANGE;
  }

  get #held(): Held | undefined {
    return this.#state.phase === "signed-out" ? undefined : this.#state.held;
  }

  #kept(): Kept | undefined {
    return thaw(this.#storage.read());
  }

  #judged(): Judgement | undefined {
    const held = this.#held;
    return held && judge(held, held.token === this.#firsthand.token, this.#options.verifier, this.#now());
  }

  #snapshot(): Snapshot {
    return snapshotOf(this.#state, this.#judged());
  }

  #nobody(): SessionError {
    const snapshot = this.#snapshot();
    const { message, reason } = snapshot.state === "signed-out" ? snapshot : initial.ended;
    return new SessionError("signed-out", message, reason);
  }

  #now(): number {
    return this.#options.now?.() ?? Date.now() / 1000;
  }

  #send(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
    // Looked up at every call: pages wrap `fetch` after this module was loaded, and it must be called on the global.
    return (this.#options.fetch ?? globalThis.fetch).call(globalThis, input, init);
  }
}
