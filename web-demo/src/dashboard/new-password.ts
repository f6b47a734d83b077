import { el, once, setText } from "../dom.js";
import type { Parts } from "../parts.js";
import { trouble } from "../words.js";

/** Another password for this user. All other sessions end with the old one. */
export class NewPassword {
  readonly #parts: Parts;
  readonly #onChanged: () => void;
  readonly #current = field("current-password", "current-password");
  readonly #next = field("new-password", "new-password");
  readonly #outcome = el("output", { class: "step", "data-testid": "password-outcome" });
  readonly #submit = el("button", { type: "submit", class: "primary", "data-testid": "change-password" }, "Change it");
  readonly node: HTMLElement;

  constructor(parts: Parts, onChanged: () => void) {
    this.#parts = parts;
    this.#onChanged = onChanged;
    this.#next.minLength = 8;
    this.#next.setAttribute("aria-describedby", "new-password-hint");
    this.node = el(
      "section",
      { class: "panel", "aria-labelledby": "password-title" },
      el("h2", { id: "password-title" }, "Password"),
      el(
        "p",
        { id: "new-password-hint" },
        "At least 8 characters. All your other devices are signed out by it; this one stays.",
      ),
      el(
        "form",
        { class: "form", submit: (event) => void this.#submitted(event) },
        el("div", { class: "field" }, el("label", { for: "current-password" }, "Password now"), this.#current),
        el("div", { class: "field" }, el("label", { for: "new-password" }, "New password"), this.#next),
        el("div", { class: "act" }, this.#submit, this.#outcome),
      ),
    );
  }

  #submitted(event: Event): Promise<void> {
    event.preventDefault();
    return once(this.#submit, () => this.#change());
  }

  async #change(): Promise<void> {
    setText(this.#outcome, "");
    try {
      const ended = await this.#parts.session.changePassword(this.#current.value, this.#next.value);
      setText(this.#outcome, `Changed. Other devices signed out: ${ended}.`);
      this.#current.value = "";
      this.#next.value = "";
      this.#onChanged();
    } catch (error) {
      setText(this.#outcome, trouble(error));
      this.#current.select();
    }
  }
}

function field(id: string, autocomplete: string): HTMLInputElement {
  return el("input", { id, type: "password", autocomplete, required: true, "data-testid": id });
}
