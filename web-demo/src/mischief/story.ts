import { el, setText } from "../dom.js";

export type Tone = "plain" | "fresh" | "stale" | "refused";

/** What one piece of mischief led to, step by step. Outlives the dashboard, because some end the session. */
export class Story {
  #run = 0;
  readonly #title = el("h3", { "data-testid": "story-title" }, "Nothing has gone wrong yet");
  readonly #steps = el(
    "ol",
    { "data-testid": "story" },
    el("li", {}, "Press a button. What comes of it is told here."),
  );
  readonly #act = el("div", { class: "act" });
  readonly node = el(
    "div",
    { class: "story" },
    this.#title,
    el("div", { role: "log", "aria-label": "What came of it" }, this.#steps),
    this.#act,
  );
  title = "";

  /** A new story; what is left of the one before it is not told any more. */
  begin(title: string): Chapter {
    const run = ++this.#run;
    const current = () => run === this.#run;
    this.title = title;
    setText(this.#title, title);
    this.#steps.replaceChildren();
    this.#act.replaceChildren();
    return {
      current,
      tell: (text, tone = "plain") => {
        if (current()) this.#steps.append(el("li", { "data-tone": tone }, text));
      },
      offer: (...nodes) => {
        if (current()) this.#act.replaceChildren(...nodes);
      },
    };
  }
}

export interface Chapter {
  /** False once another story has begun. */
  current(): boolean;
  tell(text: string, tone?: Tone): void;
  /** Shows what the person can do now, instead of what was there before. */
  offer(...nodes: readonly HTMLElement[]): void;
}
