import type { Session, SessionEvent, Snapshot } from "@shelflife/verifier/session";
import { el } from "./dom.js";
import type { Requests } from "./requests.js";
import { Dashboard } from "./view/dashboard.js";
import { Log } from "./view/log.js";
import { SignIn } from "./view/sign-in.js";
import { span } from "./words.js";

/** What was known before the page made its first request. */
export interface Startup {
  readonly snapshot: Snapshot;
  readonly tookMs: number;
  readonly requests: number;
}

export interface Parts {
  readonly issuer: string;
  readonly session: Session;
  readonly requests: Requests;
  readonly startup: Startup;
}

/** Shows the sign-in or the dashboard, whichever the session's state asks for, and keeps it up to date. */
export class App {
  readonly #parts: Parts;
  readonly #log = new Log();
  readonly #main = el("main", { id: "main" });
  readonly #notice = el("div", { class: "notice", role: "status" });
  #dashboard: Dashboard | undefined;
  #signIn: SignIn | undefined;

  constructor(root: HTMLElement, parts: Parts) {
    this.#parts = parts;
    const { session, requests, startup } = parts;
    root.replaceChildren(header(), this.#notice, el("div", { class: "columns" }, this.#main, this.#log.node), footer());
    this.#log.add("device", verdictLine(startup), startup.snapshot.state);
    requests.onMade(({ to, line, outcome, failed, tookMs }) =>
      this.#log.add(to, `${line} → ${outcome} in ${Math.round(tookMs)} ms`, failed ? "refused" : "plain"),
    );
    session.onChange((snapshot, event) => {
      this.#log.add("session", describe(event), snapshot.state);
      this.#show(snapshot, event);
    });
    this.#show(startup.snapshot);
    this.#tick();
  }

  /** A newer page has arrived behind this one. */
  offerReload(): void {
    const reload = el("button", { type: "button", click: () => location.reload() }, "Reload");
    this.#notice.replaceChildren("This page has changed on the server. ", reload);
  }

  #show(snapshot: Snapshot, event?: SessionEvent): void {
    if (snapshot.state === "signed-out") {
      if (this.#signIn === undefined) {
        this.#signIn = new SignIn(this.#parts);
        this.#dashboard = undefined;
        this.#main.replaceChildren(this.#signIn.node);
        if (event !== undefined) this.#signIn.focus();
      }
      this.#signIn.update(snapshot);
      return;
    }
    if (this.#dashboard === undefined) {
      this.#dashboard = new Dashboard(this.#parts);
      this.#signIn = undefined;
      this.#main.replaceChildren(this.#dashboard.node);
      if (event !== undefined) this.#dashboard.focus();
    }
    this.#dashboard.update(snapshot);
    const listChanged = event === undefined ? snapshot.state === "fresh" : event.type !== "stale";
    if (listChanged) void this.#dashboard.loadSessions();
  }

  /** Once a second, on the second, and only while someone is looking: the state follows from the clock, nothing is scheduled. */
  #tick(): void {
    if (!document.hidden) {
      const snapshot = this.#parts.session.judge();
      if (snapshot.state !== "signed-out") this.#dashboard?.update(snapshot);
    }
    setTimeout(() => this.#tick(), 1000 - (Date.now() % 1000));
  }
}

function header(): HTMLElement {
  const mark = el("span", { class: "mark", "aria-hidden": "true" });
  return el(
    "header",
    { class: "top" },
    el("a", { href: "#main", class: "skip" }, "Skip to content"),
    el("span", { class: "brand" }, mark, "Shelflife"),
    el("span", { class: "tagline" }, "Sessions with a best-before date"),
  );
}

function footer(): HTMLElement {
  return el(
    "footer",
    { class: "bottom" },
    "One signed token, two dates. Judged on the spot with a public key and a clock.",
  );
}

export function verdictLine({ tookMs, requests, snapshot }: Startup): string {
  const found = snapshot.state === "signed-out" ? nothingUsable(snapshot.reason) : snapshot.state;
  return `Judged on this device in ${Math.max(1, Math.round(tookMs))} ms, ${requests} requests: ${found}`;
}

function nothingUsable(reason: string): string {
  if (reason === "none") return "no token kept here";
  return reason === "expired" ? "the token kept here has expired" : "the token kept here is not valid";
}

function describe(event: SessionEvent): string {
  switch (event.type) {
    case "signed-in":
      return event.here ? "Signed in" : "Signed in, in another tab";
    case "exchanged":
      return event.here
        ? `Exchanged: generation ${event.from} → ${event.to}`
        : `Took generation ${event.to} from another tab`;
    case "claims-changed":
      return "The token says something new about the user";
    case "fresh":
      return "The token is fresh";
    case "stale":
      return "The token went stale";
    case "offline":
      return `${event.error.message} Nothing is lost; next try in ${span(event.retryIn)}.`;
    case "demand":
      return event.demand.message;
    case "signed-out":
      return event.message;
  }
}
