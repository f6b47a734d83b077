import { el, type View } from "../dom.js";

export type PageName = "session" | "inspector";

/** The top of the page: what this is, and the way between its two pages. */
export class Header implements View<PageName> {
  readonly #links: Readonly<Record<PageName, HTMLElement>> = {
    session: el("a", { href: "#session" }, "Session"),
    inspector: el("a", { href: "#inspector", "data-testid": "to-inspector" }, "Inspector"),
  };
  readonly node: HTMLElement;

  constructor() {
    const mark = el("span", { class: "mark", "aria-hidden": "true" });
    const { session, inspector } = this.#links;
    this.node = el(
      "header",
      { class: "top" },
      el("a", { href: "#main", class: "skip", click: skip }, "Skip to content"),
      el("span", { class: "brand" }, mark, "Shelflife"),
      el("span", { class: "tagline" }, "Sessions with a best-before date"),
      el("nav", { "aria-label": "Pages" }, session, inspector),
    );
  }

  update(current: PageName): void {
    for (const [name, link] of Object.entries(this.#links)) {
      if (name === current) link.setAttribute("aria-current", "page");
      else link.removeAttribute("aria-current");
    }
  }
}

/** The part of the address after # names the page, so this link must not change it. */
function skip(event: Event): void {
  event.preventDefault();
  document.getElementById("main")?.focus();
}

export function footer(): HTMLElement {
  const text = "One signed token, two dates. Judged on the spot with a public key and a clock.";
  return el("footer", { class: "bottom" }, text);
}
