import type { Device } from "@shelflife/verifier/session";
import type { Parts } from "../app.js";
import { el } from "../dom.js";
import { moment } from "../words.js";

/** The user's sessions, as the issuer knows them. */
export class Sessions {
  readonly #parts: Parts;
  readonly #list = el(
    "ul",
    { "data-testid": "sessions" },
    el("li", { class: "empty" }, "Asked for once the token is fresh."),
  );
  readonly node = el(
    "section",
    { class: "panel sessions", "aria-labelledby": "sessions-title" },
    el("h2", { id: "sessions-title" }, "Your sessions"),
    this.#list,
  );

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Leaves the old list where it is when the issuer cannot be asked. */
  async load(): Promise<void> {
    const { session } = this.#parts;
    if (session.state !== "fresh") return;
    const sessions = await session.devices().catch(() => undefined);
    if (sessions === undefined) return;
    const current = (device: Device) => Number(device.current);
    const sorted = [...sessions].sort((one, other) => current(other) - current(one));
    this.#list.replaceChildren(...sorted.map(row));
  }
}

function row(device: Device): HTMLElement {
  const ended = device.ended_at !== null;
  const parts = [`Signed in ${moment(device.created_at)}`];
  if (device.last_exchanged_at !== null) parts.push(`last exchange ${moment(device.last_exchanged_at)}`);
  const mark = ended ? `ended: ${(device.reason ?? "unknown").replaceAll("_", " ")}` : device.current ? "this one" : "";
  return el(
    "li",
    ended ? { class: "ended" } : {},
    el("span", { class: "device" }, device.device ?? "Unnamed device"),
    el("span", { class: "chip", hidden: mark === "" }, mark),
    el("span", { class: "when" }, parts.join(", ")),
  );
}
