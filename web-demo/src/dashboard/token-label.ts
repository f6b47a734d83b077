import type { Demand } from "@shelflife/verifier/session";
import { el, setText, type View } from "../dom.js";
import { issuerNow, type Parts, verdictLine } from "../parts.js";
import { askPassword } from "../view/password-dialog.js";
import { Windows } from "../view/windows.js";
import { countdown, day, meaning, timeOfDay } from "../words.js";
import type { SignedIn } from "./dashboard.js";
import { PastStrip } from "./past-strip.js";

const UNVERIFIED = "It was signed with a key this page does not know yet. The issuer can tell: exchange it.";

/** The token as a label: its state, its two windows, and the tokens before it. */
export class TokenLabel implements View<SignedIn> {
  readonly #parts: Parts;
  readonly #state = el("h1", { class: "state", "data-testid": "state", tabindex: "-1" });
  readonly #meaning = el("p", { class: "meaning" });
  readonly #bestBefore = el("span");
  readonly #stamp = el("p", { class: "stamp" }, "Best before ", this.#bestBefore);
  readonly #windows = new Windows();
  readonly #past = new PastStrip();
  readonly #freshFor = el("dd", { "data-testid": "fresh-for" });
  readonly #exchangeableFor = el("dd", { "data-testid": "exchangeable-for" });
  readonly #generation = el("dd", { "data-testid": "generation" });
  readonly #subject = el("dd", { class: "id" });
  readonly #demand = el("p", { "data-testid": "demand" });
  readonly #prove = el("button", { type: "button", click: () => void this.#stepUp() }, "Prove your password");
  readonly #demanded = el("div", { class: "demand", role: "alert", hidden: true }, this.#demand, this.#prove);
  readonly node: HTMLElement;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.node = el(
      "section",
      { class: "label token", "aria-label": "Your session token" },
      el(
        "div",
        { class: "headline" },
        el("div", { role: "status" }, el("p", { class: "kicker" }, "Your session is"), this.#state),
        this.#stamp,
      ),
      this.#meaning,
      this.#demanded,
      this.#windows.node,
      el(
        "dl",
        { class: "facts" },
        el("div", { class: "count" }, el("dt", {}, "Fresh for"), this.#freshFor),
        el("div", { class: "count" }, el("dt", {}, "Exchangeable for"), this.#exchangeableFor),
        el("div", {}, el("dt", {}, "Generation"), this.#generation),
        el("div", {}, el("dt", {}, "User id"), this.#subject),
      ),
      this.#past.node,
      el("p", { class: "verdict", "data-testid": "startup-verdict" }, verdictLine(parts.startup)),
    );
  }

  update(snapshot: SignedIn): void {
    const { word, text } = meaning(snapshot);
    // Of a stale token, too: this page shows dates and names, and opens nothing by them.
    const claims = this.#parts.session.lastKnownClaims();
    setText(this.#state, word);
    this.#state.dataset.state = snapshot.state;
    this.node.dataset.state = snapshot.state;
    // Claims are shown when the signature was checked here, and not before.
    setText(this.#meaning, claims === undefined ? UNVERIFIED : text);
    this.#showDemand(snapshot.demand);
    this.#windows.node.hidden = claims === undefined;
    this.#stamp.hidden = claims === undefined;
    setText(this.#freshFor, snapshot.state === "fresh" ? countdown(snapshot.freshFor) : "over");
    setText(this.#exchangeableFor, countdown(snapshot.exchangeableFor));
    setText(this.#generation, String(claims?.gen ?? "unknown"));
    setText(this.#subject, claims?.sub ?? "unknown");
    if (claims === undefined) return;
    const now = issuerNow(this.#parts);
    this.#windows.update({ dates: claims, now });
    this.#parts.past.note(claims);
    this.#past.update({ generations: this.#parts.past.generations, now });
    this.#subject.title = claims.sub;
    const best = new Date(claims.bbf * 1000);
    setText(this.#bestBefore, `${day(best)} ${timeOfDay(best)}`);
  }

  focus(): void {
    this.#state.focus({ preventScroll: true });
  }

  #showDemand(demand: Demand | undefined): void {
    this.#demanded.hidden = demand === undefined;
    this.#prove.hidden = demand?.answer !== "password";
    setText(this.#demand, demand?.message ?? "");
  }

  async #stepUp(): Promise<void> {
    const { session } = this.#parts;
    await askPassword({
      title: "Prove your password",
      text: "The issuer exchanges this session's token again once it has seen your password.",
      prove: (password) => session.stepUp(password),
    });
  }
}
