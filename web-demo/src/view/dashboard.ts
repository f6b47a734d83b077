import { SessionError, type Snapshot } from "@shelflife/verifier/session";
import { type Parts, verdictLine } from "../app.js";
import { el, setText, type View } from "../dom.js";
import { countdown, day, meaning, timeOfDay } from "../words.js";
import { Call } from "./call.js";
import { Sessions } from "./sessions.js";
import { Windows } from "./windows.js";

const UNVERIFIED = "It was signed with a key this page does not know yet. The issuer can tell: exchange it.";

type SignedIn = Exclude<Snapshot, { state: "signed-out" }>;

export class Dashboard implements View<SignedIn> {
  readonly #parts: Parts;
  readonly #state = el("h1", { class: "state", "data-testid": "state", tabindex: "-1" });
  readonly #meaning = el("p", { class: "meaning" });
  readonly #stamp = el("p", { class: "stamp" });
  readonly #windows = new Windows();
  readonly #freshFor = el("dd", { "data-testid": "fresh-for" });
  readonly #exchangeableFor = el("dd", { "data-testid": "exchangeable-for" });
  readonly #generation = el("dd", { "data-testid": "generation" });
  readonly #subject = el("dd", { class: "id" });
  readonly #step = el("output", { class: "step" });
  readonly #call: Call;
  readonly #sessions: Sessions;
  readonly #label: HTMLElement;
  readonly node: HTMLElement;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#call = new Call(parts);
    this.#sessions = new Sessions(parts);
    this.#label = this.#buildLabel();
    const pair = el("div", { class: "pair" }, this.#call.node, this.#exchangePanel());
    this.node = el("div", { class: "dashboard" }, this.#label, pair, this.#sessions.node);
  }

  update(snapshot: SignedIn): void {
    const { word, text } = meaning(snapshot);
    // Of a stale token, too: this page shows dates and names, and opens nothing by them.
    const claims = this.#parts.session.lastKnownClaims();
    setText(this.#state, word);
    this.#state.dataset.state = snapshot.state;
    this.#label.dataset.state = snapshot.state;
    // Claims are shown when the signature was checked here, and not before.
    setText(this.#meaning, claims === undefined ? UNVERIFIED : text);
    this.#windows.node.hidden = claims === undefined;
    this.#stamp.hidden = claims === undefined;
    setText(this.#freshFor, snapshot.state === "fresh" ? countdown(snapshot.freshFor) : "over");
    setText(this.#exchangeableFor, countdown(snapshot.exchangeableFor));
    setText(this.#generation, String(claims?.gen ?? "unknown"));
    setText(this.#subject, claims?.sub ?? "unknown");
    if (claims === undefined) return;
    this.#windows.update({ dates: claims, now: Date.now() / 1000 + this.#parts.session.clockOffset });
    this.#subject.title = claims.sub;
    const best = new Date(claims.bbf * 1000);
    setText(this.#stamp, `Best before ${day(best)} ${timeOfDay(best)}`);
  }

  /** After a sign-in the reader stands on the state, not on a form that is gone. */
  focus(): void {
    this.#state.focus({ preventScroll: true });
  }

  loadSessions(): Promise<void> {
    return this.#sessions.load();
  }

  #buildLabel(): HTMLElement {
    const { startup } = this.#parts;
    return el(
      "section",
      { class: "label token", "aria-label": "Your session token" },
      el(
        "div",
        { class: "headline" },
        el("div", { role: "status" }, el("p", { class: "kicker" }, "Your session is"), this.#state),
        this.#stamp,
      ),
      this.#meaning,
      this.#windows.node,
      el(
        "dl",
        { class: "facts" },
        el("div", { class: "count" }, el("dt", {}, "Fresh for"), this.#freshFor),
        el("div", { class: "count" }, el("dt", {}, "Exchangeable for"), this.#exchangeableFor),
        el("div", {}, el("dt", {}, "Generation"), this.#generation),
        el("div", {}, el("dt", {}, "User id"), this.#subject),
      ),
      el("p", { class: "verdict", "data-testid": "startup-verdict" }, verdictLine(startup)),
    );
  }

  #exchangePanel(): HTMLElement {
    const exchange = el(
      "button",
      { type: "button", class: "primary", "data-testid": "exchange", click: () => void this.#exchange() },
      "Exchange now",
    );
    const signOut = el(
      "button",
      { type: "button", class: "quiet", "data-testid": "sign-out", click: () => void this.#parts.session.logout() },
      "Sign out",
    );
    return el(
      "section",
      { class: "panel", "aria-labelledby": "exchange-title" },
      el("h2", { id: "exchange-title" }, "At the issuer"),
      el("p", {}, "One old token in, one new token out. Sent twice by mistake, it gives the same new one twice."),
      el("div", { class: "act" }, exchange, this.#step),
      el(
        "div",
        { class: "leave" },
        el("p", {}, "Ends the session there as well, for every copy of the token."),
        signOut,
      ),
    );
  }

  async #exchange(): Promise<void> {
    const { session } = this.#parts;
    const before = session.lastKnownClaims()?.gen;
    try {
      await session.exchange();
      const after = session.lastKnownClaims()?.gen;
      setText(this.#step, before === undefined || after === undefined ? "" : `generation ${before} → ${after}`);
    } catch (error) {
      setText(this.#step, error instanceof SessionError ? error.message : String(error));
    }
  }
}
