import { el } from "../dom.js";
import type { Parts } from "../parts.js";
import { span, trouble } from "../words.js";
import type { Story } from "./story.js";

const CHOICES = [
  ["slow", -3600, "An hour slow"],
  ["right", 0, "Right"],
  ["fast", 3600, "An hour fast"],
] as const;

/** Sets the clock that the session client reads. The issuer's answer to the next exchange tells how wrong it is. */
export class WrongClock {
  readonly #parts: Parts;
  readonly #story: Story;
  readonly node: HTMLElement;

  constructor(parts: Parts, story: Story) {
    this.#parts = parts;
    this.#story = story;
    this.node = el(
      "fieldset",
      { class: "trick clock" },
      el("legend", {}, "Set my clock wrong"),
      el("div", { class: "choice" }, ...CHOICES.map(([id, skew, text]) => this.#choice(id, skew, text))),
      el("p", {}, "The device is mistaken about the time. The issuer is not."),
    );
  }

  #choice(id: string, skew: number, text: string): HTMLElement {
    const attributes = { type: "radio", name: "clock", id: `clock-${id}`, "data-testid": `clock-${id}` };
    const checked = this.#parts.clock.skew === skew;
    const input = el("input", { ...attributes, checked, change: () => void this.#set(skew, text) });
    return el("label", { for: `clock-${id}` }, input, el("span", {}, text));
  }

  async #set(skew: number, text: string): Promise<void> {
    const { session, clock } = this.#parts;
    const { tell } = this.#story.begin(`The clock: ${text.toLowerCase()}`);
    clock.skew = skew;
    const { state } = session.judge();
    const fallen = { fresh: "fresh", stale: "stale", "signed-out": "expired" }[state];
    tell(
      `By the device's clock the token is ${fallen} now. Nothing is thrown away for that.`,
      state === "fresh" ? "fresh" : "stale",
    );
    try {
      await session.exchange();
      tell(offsetInWords(session.clockOffset));
      tell(`By the issuer's clock it is ${session.state}. Still signed in, and the API still opens.`, "fresh");
    } catch (error) {
      tell(trouble(error), "stale");
    }
  }
}

/** Seconds that an answer may take. What is less than that says nothing about a clock. */
const UNDERWAY = 10;

function offsetInWords(offset: number): string {
  if (Math.abs(offset) < UNDERWAY) return "The issuer's answer told its time: the device's clock is right.";
  const amount = span(Math.abs(offset));
  return `The issuer's answer told its time: this clock is ${amount} ${offset < 0 ? "fast" : "slow"}. The page reckons with that.`;
}
