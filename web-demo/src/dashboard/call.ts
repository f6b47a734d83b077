import { el, setText } from "../dom.js";
import type { Parts } from "../parts.js";

/** Calls the API with the token as it is. Nothing is exchanged behind the scenes, so that the gate can be seen to refuse. */
export class Call {
  readonly #parts: Parts;
  readonly #button = el(
    "button",
    { type: "button", class: "primary", "data-testid": "call-api", click: () => void this.#run() },
    "Call the API",
  );
  readonly #status = el("output", { class: "status", "data-testid": "api-status" });
  readonly #challenge = el("p", { class: "challenge", "data-testid": "api-challenge" });
  readonly #body = el("pre", {
    tabindex: "0",
    role: "region",
    "aria-label": "Body of the answer",
    "data-testid": "api-body",
  });
  readonly node: HTMLElement;

  constructor(parts: Parts) {
    this.#parts = parts;
    setText(this.#body, "Nothing asked yet.");
    this.node = el(
      "section",
      { class: "panel call", "aria-labelledby": "call-title" },
      el("h2", { id: "call-title" }, "At the gate"),
      el("p", {}, "Sends the token to ", el("code", {}, "GET /api/me"), " as it is, without exchanging it first."),
      el("div", { class: "act" }, this.#button, this.#status),
      this.#challenge,
      this.#body,
    );
  }

  async #run(): Promise<void> {
    const { session, requests } = this.#parts;
    try {
      const response = await requests.fetch("/api/me", {
        headers: { authorization: `Bearer ${session.rawToken() ?? ""}` },
        cache: "no-store",
      });
      const text = await response.text();
      this.#show(String(response.status), response.ok, response.headers.get("www-authenticate"), pretty(text));
    } catch {
      this.#show("offline", false, null, "The gate cannot be reached from here.");
    }
  }

  #show(status: string, ok: boolean, challenge: string | null, body: string): void {
    setText(this.#status, status);
    this.#status.dataset.ok = String(ok);
    setText(this.#challenge, challenge === null ? "" : `WWW-Authenticate: ${challenge}`);
    setText(this.#body, body);
  }
}

function pretty(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
