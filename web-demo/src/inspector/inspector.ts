import { el, setText, type View } from "../dom.js";
import { issuerNow, type Parts } from "../parts.js";
import { Windows } from "../view/windows.js";
import { adviceFor } from "./advice.js";
import { readToken } from "./reading.js";

/** Any token, taken apart and judged. On this device: no request is made, signed in or not. */
export class Inspector implements View<void> {
  readonly #parts: Parts;
  readonly #input = el("textarea", {
    id: "inspected",
    rows: "6",
    spellcheck: "false",
    autocapitalize: "none",
    autocomplete: "off",
    "aria-describedby": "inspected-hint",
    "data-testid": "inspected",
    input: () => this.update(),
  });
  readonly #mine = el(
    "button",
    { type: "button", "data-testid": "inspect-mine", click: () => this.#put(this.#parts.session.rawToken() ?? "") },
    "Take this session’s",
  );
  readonly #clear = el("button", { type: "button", click: () => this.#put("") }, "Clear");
  readonly #word = el("p", { class: "state", "data-testid": "verdict" }, "No token");
  readonly #code = el("code", { class: "stamp", "data-testid": "verdict-code", hidden: true });
  readonly #why = el("p", { class: "meaning", "data-testid": "verdict-why" });
  readonly #todo = el("p", { "data-testid": "verdict-todo" });
  readonly #detail = el("p", { class: "detail" });
  readonly #unbelieved = el("p", { class: "detail", hidden: true }, "The dates it names, which nobody vouches for:");
  readonly #windows = new Windows();
  readonly #header = part("Header");
  readonly #claims = part("Claims");
  readonly #read = el("p", { class: "detail" });
  readonly #label: HTMLElement;
  readonly node: HTMLElement;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#label = el(
      "section",
      { class: "label token judged", "aria-label": "Verdict" },
      // Only the verdict is read out: the reason counts seconds.
      el(
        "div",
        { class: "headline", role: "status" },
        el("div", {}, el("p", { class: "kicker" }, "Judged now, here"), this.#word),
        this.#code,
      ),
      this.#why,
      el("div", { class: "todo" }, el("h2", {}, "What to do"), this.#todo, this.#detail),
      this.#unbelieved,
      this.#windows.node,
    );
    this.node = el("div", { class: "inspector" }, this.#form(), this.#label, this.#insides());
  }

  focus(): void {
    this.#input.focus({ preventScroll: true });
  }

  /** Judged anew at every look: the clock goes on. */
  update(): void {
    const token = this.#input.value.trim();
    const mine = this.#parts.session.rawToken();
    this.#mine.toggleAttribute("disabled", mine === undefined);
    if (token === "") this.#showNothing();
    else this.#judge(token);
  }

  #judge(token: string): void {
    const now = Math.max(0, issuerNow(this.#parts));
    const verdict = this.#parts.verifier.verify(token, { now });
    const { word, why, todo } = adviceFor(verdict);
    const reading = readToken(token);
    this.#label.dataset.state = verdict.state;
    setText(this.#word, word);
    setText(this.#code, verdict.code ?? "");
    this.#code.hidden = verdict.code === undefined;
    setText(this.#why, why);
    setText(this.#todo, todo);
    setText(this.#detail, verdict.state === "invalid" ? `In detail: ${verdict.detail}` : "");
    const genuine = verdict.claims !== undefined;
    setText(
      this.#read,
      genuine ? "Genuine: the issuer wrote this." : "Read, and not believed: anybody could have written this.",
    );
    setText(this.#header.body, reading.header);
    setText(this.#claims.body, reading.claims);
    this.#windows.node.hidden = reading.dates === undefined;
    this.#unbelieved.hidden = genuine || reading.dates === undefined;
    if (reading.dates !== undefined) this.#windows.update({ dates: reading.dates, now });
    // Then it is in no window at all, whatever it says of itself.
    if (!genuine) this.#windows.node.dataset.where = "none";
  }

  #showNothing(): void {
    this.#label.dataset.state = "none";
    setText(this.#word, "No token");
    this.#code.hidden = true;
    setText(this.#why, "Put one in above: a session token, fresh, stale, expired or broken.");
    setText(
      this.#todo,
      "Sign in and take this session’s, or paste one from elsewhere. Change a letter of it and look again.",
    );
    setText(this.#detail, "");
    setText(this.#read, "Nothing read yet.");
    setText(this.#header.body, "nothing");
    setText(this.#claims.body, "nothing");
    this.#unbelieved.hidden = true;
    this.#windows.node.hidden = true;
  }

  #put(token: string): void {
    this.#input.value = token;
    this.update();
  }

  #form(): HTMLElement {
    return el(
      "section",
      { class: "panel", "aria-labelledby": "inspector-title" },
      el("h1", { id: "inspector-title" }, "Token inspector"),
      el("label", { for: "inspected" }, "Token"),
      this.#input,
      el(
        "p",
        { id: "inspected-hint" },
        "It is judged in this page and goes nowhere. A token is as good as a password: paste no living one of others.",
      ),
      el("div", { class: "act" }, this.#mine, this.#clear),
    );
  }

  #insides(): HTMLElement {
    return el(
      "section",
      { class: "panel", "aria-labelledby": "inside-title" },
      el("h2", { id: "inside-title" }, "What stands in it"),
      this.#read,
      el("div", { class: "inside" }, this.#header.node, this.#claims.node),
    );
  }
}

function part(title: string): { readonly node: HTMLElement; readonly body: HTMLElement } {
  const body = el("pre", {
    tabindex: "0",
    role: "region",
    "aria-label": title,
    "data-testid": `inspected-${title.toLowerCase()}`,
  });
  return { node: el("div", {}, el("h3", {}, title), body), body };
}
