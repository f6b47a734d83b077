import { el, setText, type View } from "../dom.js";
import type { Generation } from "../past.js";
import { moment, span } from "../words.js";

export interface SoFar {
  /** Oldest first; the last one is the present token. */
  readonly generations: readonly Generation[];
  readonly now: number;
}

/** The tokens this session had, one after the other, up to now: how long each was fresh, and how long it lay about stale. */
export class PastStrip implements View<SoFar> {
  readonly #title = el("h2", {});
  readonly #list = el("ol", { "data-testid": "past" });
  readonly #from = el("span", {});
  readonly node = el(
    "section",
    { class: "past", "aria-label": "The tokens of this session so far" },
    this.#title,
    this.#list,
    el("p", { class: "ends", "aria-hidden": "true" }, this.#from, el("span", {}, "now")),
  );

  update({ generations, now }: SoFar): void {
    const [first] = generations;
    if (first === undefined) return;
    const exchanges = generations.length - 1;
    const times = exchanges === 1 ? "once" : `${exchanges} times`;
    setText(this.#title, exchanges === 0 ? "Not exchanged yet" : `Exchanged ${times} since ${moment(first.iat)}`);
    setText(this.#from, moment(first.iat));
    while (this.#list.childElementCount > generations.length) this.#list.lastElementChild?.remove();
    while (this.#list.childElementCount < generations.length) this.#list.append(bar());
    generations.forEach((generation, index) => {
      const next = generations[index + 1];
      const item = this.#list.children[index];
      if (item instanceof HTMLElement) draw(item, generation, next?.iat ?? now, next !== undefined);
    });
  }
}

function bar(): HTMLElement {
  const number = el("span", { class: "number", "aria-hidden": "true" });
  const bars = el(
    "span",
    { class: "bars", "aria-hidden": "true" },
    el("i", { class: "fresh" }),
    el("i", { class: "stale" }),
  );
  return el("li", {}, number, bars, el("span", { class: "heard" }));
}

/** Widths grow with the root of the time: a night beside a minute would leave nothing to see of the minute. */
function draw(item: HTMLElement, { gen, iat, bbf }: Generation, until: number, over: boolean): void {
  const fresh = Math.max(1, Math.min(until, bbf) - iat);
  const stale = Math.max(0, until - bbf);
  const whole = Math.sqrt(fresh) + Math.sqrt(stale);
  item.style.flexGrow = whole.toFixed(2);
  item.classList.toggle("over", over);
  const [number, bars, heard] = item.children;
  if (number !== undefined) setText(number, String(gen));
  if (bars instanceof HTMLElement) bars.style.setProperty("--fresh-share", `${(100 * Math.sqrt(fresh)) / whole}%`);
  // Of the present token only what does not change with every tick: the rest of this label counts the seconds.
  const what = over
    ? `fresh for ${span(fresh)}, ${stale > 0 ? `then stale for ${span(stale)}, ` : ""}then exchanged`
    : "the present token";
  if (heard !== undefined) setText(heard, `Generation ${gen}, from ${moment(iat)}: ${what}.`);
}
