import { asksForPassword } from "@shelflife/verifier/session";
import { el, once, setText } from "../dom.js";
import type { Parts } from "../parts.js";
import { askPassword } from "../view/password-dialog.js";
import { trouble } from "../words.js";

const PATH = "/api/recovery-codes";

const MASKED = Array.from({ length: 4 }, () => "••••-••••");

/** Something behind the gate that wants a recent proof of the password (RFC 9470), and goes on by itself once it has it. */
export class Sensitive {
  readonly #parts: Parts;
  readonly #button = el(
    "button",
    {
      type: "button",
      class: "primary",
      "data-testid": "sensitive",
      click: () => void once(this.#button, () => this.#run()),
    },
    "Show the codes",
  );
  readonly #status = el("output", { class: "step", "data-testid": "sensitive-status" });
  readonly #challenge = el("p", { class: "challenge" });
  readonly #codes = el("ul", { class: "codes", "data-testid": "codes", "aria-label": "Recovery codes" });
  readonly node: HTMLElement;

  constructor(parts: Parts) {
    this.#parts = parts;
    this.#mask();
    this.node = el(
      "section",
      { class: "panel sensitive", "aria-labelledby": "sensitive-title" },
      el("h2", { id: "sensitive-title" }, "Recovery codes"),
      el(
        "p",
        {},
        "The gate wants a password that was proved in the last 20 seconds for this, and a fresh token is not enough.",
      ),
      el("div", { class: "act" }, this.#button, this.#status),
      this.#challenge,
      this.#codes,
    );
  }

  async #run(): Promise<void> {
    setText(this.#challenge, "");
    this.#mask();
    try {
      const answer = await this.#ask();
      if (answer === undefined) setText(this.#status, "Not shown: the password was not proved.");
      else await this.#show(answer);
    } catch (error) {
      setText(this.#status, error instanceof TypeError ? "The gate cannot be reached from here." : trouble(error));
    }
  }

  /** Undefined: the gate wanted the password, and the person did not. */
  async #ask(): Promise<Response | undefined> {
    const { session } = this.#parts;
    const answer = await session.fetch(PATH, { cache: "no-store" });
    if (!asksForPassword(answer)) return answer;
    setText(this.#status, "The gate asks for the password.");
    setText(this.#challenge, `WWW-Authenticate: ${answer.headers.get("www-authenticate") ?? ""}`);
    const proved = await askPassword({
      title: "Is it you?",
      text: "For recovery codes the gate wants a recent proof of your password. The session goes on with a new token.",
      prove: (password) => session.stepUp(password),
    });
    return proved ? session.fetch(PATH, { cache: "no-store" }) : undefined;
  }

  async #show(answer: Response): Promise<void> {
    setText(this.#status, `${answer.status}${answer.ok ? ": the gate let it through" : ""}`);
    if (!answer.ok) return;
    const { codes } = (await answer.json()) as { codes: readonly string[] };
    this.#codes.replaceChildren(...codes.map((code) => el("li", {}, code)));
  }

  #mask(): void {
    this.#codes.replaceChildren(...MASKED.map((mask) => el("li", { class: "masked" }, mask)));
  }
}
