import type { Snapshot } from "@shelflife/verifier/session";
import { el, once, setText, type View } from "../dom.js";
import type { Story } from "../mischief/story.js";
import { type Parts, verdictLine } from "../parts.js";
import { deviceName, meaning, trouble } from "../words.js";

type SignedOut = Extract<Snapshot, { state: "signed-out" }>;

export class SignIn implements View<SignedOut> {
  readonly #parts: Parts;
  readonly #state = el("p", {
    class: "state-line",
    "data-testid": "state",
    "data-state": "signed-out",
    role: "status",
  });
  readonly #username = el("input", {
    id: "username",
    name: "username",
    autocomplete: "username",
    autocapitalize: "none",
    spellcheck: "false",
    required: true,
    value: "demo",
    "data-testid": "username",
  });
  readonly #password = el("input", {
    id: "password",
    name: "password",
    type: "password",
    autocomplete: "current-password",
    required: true,
    value: "best-before",
    "data-testid": "password",
  });
  readonly #remember = el("input", { id: "remember", type: "checkbox", checked: true, "data-testid": "remember" });
  readonly #device = el("input", {
    id: "device",
    name: "device",
    autocomplete: "off",
    maxlength: "64",
    value: deviceName(),
    "data-testid": "device",
  });
  readonly #submit = el("button", { type: "submit", class: "primary", "data-testid": "sign-in" }, "Sign in");
  readonly #trouble = el("p", { class: "trouble", role: "alert", "data-testid": "sign-in-error" });
  readonly node: HTMLElement;

  /** A story that ended with the session is told to its end here. */
  constructor(parts: Parts, story: Story) {
    this.#parts = parts;
    const left = el("div", { class: "left" }, this.#pitch());
    this.node = el("div", { class: "sign-in" }, left, this.#card());
    if (story.title !== "") left.prepend(story.node);
  }

  update(snapshot: SignedOut): void {
    const { word, text } = meaning(snapshot);
    // What the issuer says may begin with the very words.
    const rest = text.startsWith(`${word} `) ? text.slice(word.length) : `. ${text}`;
    this.#state.replaceChildren(el("strong", {}, word), rest);
  }

  focus(): void {
    this.#username.focus();
  }

  #pitch(): HTMLElement {
    const picture = el(
      "div",
      { class: "sketch", "aria-hidden": "true" },
      el("span", { class: "zone fresh" }, "fresh"),
      el("span", { class: "zone stale" }, "stale"),
      el("span", { class: "zone expired" }, "expired"),
    );
    return el(
      "section",
      { class: "pitch" },
      el("h1", {}, "A session with a ", el("span", {}, "best-before"), " date."),
      picture,
      el(
        "dl",
        { class: "three" },
        el("dt", { class: "fresh" }, "Fresh"),
        el("dd", {}, "opens the API. Checked anywhere with a public key, no round trip."),
        el("dt", { class: "stale" }, "Stale"),
        el("dd", {}, "opens nothing. The issuer exchanges it for a new one."),
        el("dt", { class: "expired" }, "Expired"),
        el("dd", {}, "is worth nothing. Sign in again."),
      ),
      el("p", { class: "verdict", "data-testid": "startup-verdict" }, verdictLine(this.#parts.startup)),
    );
  }

  #card(): HTMLElement {
    const form = el(
      "form",
      { class: "label form", submit: (event) => void this.#submitted(event), "aria-labelledby": "sign-in-title" },
      el("h2", { id: "sign-in-title" }, "Sign in"),
      this.#state,
      el("div", { class: "field" }, el("label", { for: "username" }, "User name"), this.#username),
      el("div", { class: "field" }, el("label", { for: "password" }, "Password"), this.#password),
      el("div", { class: "field" }, el("label", { for: "device" }, "Name of this device"), this.#device),
      el(
        "div",
        { class: "check" },
        this.#remember,
        el("label", { for: "remember" }, "Keep me signed in"),
        el("p", { id: "remember-hint" }, "Off: the token is never stale. The session ends when it is no longer used."),
      ),
      this.#trouble,
      this.#submit,
      el("p", { class: "hint" }, "Demo account: ", el("code", {}, "demo"), " / ", el("code", {}, "best-before")),
    );
    this.#remember.setAttribute("aria-describedby", "remember-hint");
    return form;
  }

  #submitted(event: Event): Promise<void> {
    event.preventDefault();
    return once(this.#submit, () => this.#signIn());
  }

  async #signIn(): Promise<void> {
    setText(this.#trouble, "");
    try {
      await this.#parts.session.login({
        username: this.#username.value,
        password: this.#password.value,
        rememberMe: this.#remember.checked,
        device: this.#device.value.trim() || deviceName(),
      });
    } catch (error) {
      setText(this.#trouble, trouble(error));
      this.#password.focus();
    }
  }
}
