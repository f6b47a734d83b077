import type { RevocationUpdate } from "../../revocations.js";
import type { Verifier } from "../../verifier.js";
import type { RevocationRules } from "../policy/check.js";
import { inBackground, settled } from "./background.js";
import { boundedText } from "./bounded.js";
import { isWhole, type Known, SharedLists } from "./lists.js";
import type { Store } from "./store.js";

const TIMEOUT_MS = 10_000;
/** As the verifier: some 700 000 sessions. */
const MAX_BYTES = 16 * 1_048_576;
/** Deltas count from a whole list, which is fetched anew after this time, so that an isolate that begins gets a young one. */
const WHOLE_LIST_MS = 120_000;
/** Part of the interval within which what another isolate fetched is as good as a fetch of our own. */
const SHARED = 0.8;

export interface FeedOptions {
  readonly verifier: Verifier;
  readonly issuer: string;
  readonly rules: RevocationRules;
  readonly store: Store;
  readonly fetch: typeof fetch;
  /** Asked when a list is signed with a key that is not known; true when there are new ones. */
  refreshKeys(): Promise<boolean>;
}

/**
 * The revocations of one verifier, kept up to date behind the answers. A request never waits for them, and a failure changes
 * nothing: what is known stays known, and how old it may be is the policy's business.
 *
 * Each poll asks for what came after the last whole list, not after the last delta: so whole list and one delta are all that
 * another isolate needs, and they are what lies in the shared cache.
 */
export class RevocationFeed {
  readonly #url: string;
  readonly #options: FeedOptions;
  readonly #verifier: Verifier;
  readonly #rules: RevocationRules;
  readonly #lists: SharedLists;
  /** When the next poll is due. */
  #due = 0;
  #known: Known | undefined;
  /** What came last was refused: only a whole list can help. */
  #wantsWhole = false;
  #etag: string | undefined;

  constructor(options: FeedOptions) {
    this.#url = `${options.issuer.replace(/\/$/, "")}/revocations`;
    this.#options = options;
    this.#verifier = options.verifier;
    this.#rules = options.rules;
    this.#lists = new SharedLists(options.store);
  }

  /**
   * What an isolate begins with: the lists that another one left. Where the policy shuts without a list there has to be one, so
   * only there, and only in the beginning, the issuer is waited for.
   */
  async begin(): Promise<void> {
    await this.#adopt(Number.POSITIVE_INFINITY);
    if (this.#known !== undefined) this.#due = this.#known.at + this.#interval();
    else if (this.#rules.whenOutdated === "shut") await settled(this.#poll());
  }

  /**
   * Whether the policy says to let nobody in. The verifier does that by the date of the list, which the issuer signs anew now
   * and then; this is the stricter measure of the policy, by the last time the issuer said that the list still holds.
   */
  get shut(): boolean {
    const { maxAge, whenOutdated } = this.#rules;
    if (whenOutdated === "open" || maxAge === undefined) return false;
    return Date.now() - (this.#known?.at ?? 0) > maxAge * 1000;
  }

  /** Polls behind the answer if it is time. */
  tick(context: unknown): void {
    if (Date.now() < this.#due) return;
    // Noted before anything is waited for: requests that come meanwhile see that it is under way, and share no promise.
    inBackground(this.#poll(), context);
  }

  async #poll(): Promise<void> {
    this.#due = Date.now() + this.#interval();
    if (await this.#adopt(SHARED * this.#rules.every * 1000)) return;
    const young = this.#known !== undefined && Date.now() - this.#known.wholeAt < WHOLE_LIST_MS;
    const since = young && !this.#wantsWhole ? this.#known : undefined;
    const response = await this.#ask(since);
    const at = Date.now();
    if (response.status === 304 && since !== undefined) return this.#keep({ ...since, at });
    if (response.status !== 200) throw new Error(`${this.#url} answered ${response.status}`);
    const etag = response.headers.get("etag") ?? undefined;
    const text = await boundedText(response, MAX_BYTES);
    if (!(await this.#take(text))) return;
    this.#etag = etag;
    // A `since` that the issuer does not remember is answered with a whole list.
    if (since !== undefined && !isWhole(text)) return this.#keep({ ...since, at, delta: text });
    const seq = this.#verifier.revocations?.seq ?? 0;
    this.#etag = undefined;
    await this.#lists.writeWhole(seq, text, at);
    await this.#keep({ at, wholeAt: at, seq, delta: undefined });
  }

  #ask(since: Known | undefined): Promise<Response> {
    const headers = new Headers({ accept: "application/revocations+jwt" });
    if (since !== undefined && this.#etag !== undefined) headers.set("if-none-match", this.#etag);
    return this.#options.fetch(since === undefined ? this.#url : `${this.#url}?since=${since.seq}`, {
      headers,
      redirect: "manual",
      signal: AbortSignal.timeout(TIMEOUT_MS),
    });
  }

  /** Takes over what another isolate fetched, if that is news and at most so old. */
  async #adopt(age: number): Promise<boolean> {
    const found = await this.#lists.read();
    if (found === undefined || Date.now() - found.at > age || found.at <= (this.#known?.at ?? 0)) return false;
    if ((this.#verifier.revocations?.seq ?? -1) < found.seq) {
      const whole = await this.#lists.readWhole(found.seq);
      if (whole === undefined || !(await this.#take(whole))) return false;
    }
    if (found.delta !== undefined && !(await this.#take(found.delta))) return false;
    this.#known = found;
    this.#wantsWhole = false;
    this.#etag = undefined;
    return true;
  }

  async #take(text: string): Promise<boolean> {
    let update: RevocationUpdate = this.#verifier.updateRevocations(text);
    // Signed with a key that is newer than ours.
    const keysMayHelp = !update.ok && (update.code === "unknown-key" || update.code === "keys-unavailable");
    if (keysMayHelp && (await this.#options.refreshKeys())) update = this.#verifier.updateRevocations(text);
    if (update.ok) return true;
    console.error(`shelflife gate: a list of revocations was refused (${update.code}): ${update.detail}`);
    this.#wantsWhole = true;
    return false;
  }

  async #keep(known: Known): Promise<void> {
    this.#known = known;
    this.#wantsWhole = false;
    await this.#lists.write(known);
  }

  /** Shortened by up to a fifth, so that isolates that began together do not ask together. */
  #interval(): number {
    return this.#rules.every * 1000 * (1 - 0.2 * Math.random());
  }
}
