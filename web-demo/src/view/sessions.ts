import type { Parts } from "../app.js";
import { el } from "../dom.js";
import { moment } from "../words.js";

interface Device {
  readonly session_id: string;
  readonly device?: string | null;
  readonly created_at: number | string;
  readonly last_exchanged_at?: number | string | null;
  readonly current: boolean;
  readonly ended_at?: number | string | null;
  readonly reason?: string | null;
}

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
    const { issuer, session, requests } = this.#parts;
    if (session.state !== "fresh" || session.token === undefined) return;
    const headers = { authorization: `Bearer ${session.token}` };
    const response = await requests.fetch(`${issuer.replace(/\/$/, "")}/sessions`, { headers }).catch(() => undefined);
    if (response?.ok !== true) return;
    const { sessions } = (await response.json()) as { sessions: readonly Device[] };
    const current = (device: Device) => Number(device.current);
    const sorted = [...sessions].sort((one, other) => current(other) - current(one));
    this.#list.replaceChildren(...sorted.map(row));
  }
}

function row(device: Device): HTMLElement {
  const ended = device.ended_at !== undefined && device.ended_at !== null;
  const parts = [`Signed in ${moment(seconds(device.created_at))}`];
  if (device.last_exchanged_at) parts.push(`last exchange ${moment(seconds(device.last_exchanged_at))}`);
  const mark = ended ? `ended: ${(device.reason ?? "unknown").replaceAll("_", " ")}` : device.current ? "this one" : "";
  return el(
    "li",
    ended ? { class: "ended" } : {},
    el("span", { class: "device" }, device.device ?? "Unnamed device"),
    el("span", { class: "chip", hidden: mark === "" }, mark),
    el("span", { class: "when" }, parts.join(", ")),
  );
}

function seconds(time: number | string): number {
  return typeof time === "number" ? time : Date.parse(time) / 1000;
}
