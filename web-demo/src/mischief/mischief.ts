import { el, once } from "../dom.js";
import type { Parts } from "../parts.js";
import { loseAnswer } from "./lost-answer.js";
import { SecondTab } from "./second-tab.js";
import { Story } from "./story.js";
import { stealToken } from "./theft.js";
import { WrongClock } from "./wrong-clock.js";

/** What breaks sessions elsewhere, as buttons. Everything is done for real, at the real issuer. */
export class Mischief {
  readonly story = new Story();
  readonly #node: HTMLElement;

  constructor(parts: Parts) {
    const { story } = this;
    const second = new SecondTab(parts, story);
    const clock = new WrongClock(parts, story);
    this.#node = el(
      "section",
      { class: "panel mischief", "aria-labelledby": "mischief-title" },
      el("h2", { id: "mischief-title" }, "Make trouble"),
      el("p", {}, "Each of these signs people out elsewhere. They happen for real here: watch the log."),
      el(
        "div",
        { class: "stage" },
        el(
          "div",
          { class: "tricks" },
          trick("second-tab", "Open a second tab", "Both exchange the same token at the same moment.", () =>
            second.open(),
          ),
          trick(
            "lose-response",
            "Lose the next response",
            "The issuer answers an exchange, and the answer never arrives.",
            () => loseAnswer(parts, story),
          ),
          trick("steal-token", "Steal my token", "A second client copies it, and exchanges it at the issuer.", () =>
            stealToken(parts, story),
          ),
          clock.node,
        ),
        story.node,
      ),
    );
  }

  /** The panel with its story, which may have been shown elsewhere meanwhile. */
  attach(): HTMLElement {
    const stage = this.#node.querySelector(".stage");
    if (this.story.node.parentElement !== stage) stage?.append(this.story.node);
    return this.#node;
  }
}

function trick(id: string, title: string, text: string, run: () => Promise<void>): HTMLElement {
  const button = el("button", { type: "button", "data-testid": id, "aria-describedby": `${id}-what` }, title);
  button.addEventListener("click", () => void once(button, run));
  return el("div", { class: "trick" }, button, el("p", { id: `${id}-what` }, text));
}
