import { el } from "../dom.js";
import { timeOfDay } from "../words.js";

const LONGEST = 100;

/** What happened in this page, in order: nothing that was read moves when something new comes. */
export class Log {
  readonly #list = el("ol", { "data-testid": "log", tabindex: "0", "aria-label": "What happened" });
  readonly node = el("aside", { class: "log", "aria-label": "Log" }, el("h2", {}, "What happened"), this.#list);

  constructor() {
    // A narrower or lower window shows less of it, and not the latest unless told so.
    new ResizeObserver(() => this.#showLatest()).observe(this.#list);
  }

  add(from: "device" | "session" | "gate" | "issuer", text: string, tone: string): void {
    const now = new Date();
    const line = el(
      "li",
      { "data-tone": tone },
      el("time", { datetime: now.toISOString() }, timeOfDay(now)),
      el("span", { class: "from" }, from),
      el("span", { class: "text" }, text),
    );
    this.#list.append(line);
    if (this.#list.childElementCount > LONGEST) this.#list.firstElementChild?.remove();
    this.#showLatest();
  }

  #showLatest(): void {
    this.#list.scrollTop = this.#list.scrollHeight;
  }
}
