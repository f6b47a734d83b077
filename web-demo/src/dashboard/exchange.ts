import { el, setText } from "../dom.js";
import type { Parts } from "../parts.js";
import { trouble } from "../words.js";

/** The exchange, asked for by hand, and the end of the session. */
export class Exchange {
  readonly #parts: Parts;
  readonly #step = el("output", { class: "step", "data-testid": "exchange-outcome" });
  readonly node: HTMLElement;

  constructor(parts: Parts) {
    this.#parts = parts;
    const exchange = el(
      "button",
      { type: "button", class: "primary", "data-testid": "exchange", click: () => void this.#exchange() },
      "Exchange now",
    );
    const signOut = el(
      "button",
      { type: "button", "data-testid": "sign-out", click: () => void parts.session.logout() },
      "Sign out",
    );
    this.node = el(
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
      setText(this.#step, trouble(error));
    }
  }
}
