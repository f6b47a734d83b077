import type { SessionEvent, Snapshot } from "@shelflife/verifier/session";
import { Dashboard } from "./dashboard/dashboard.js";
import { el } from "./dom.js";
import { Inspector } from "./inspector/inspector.js";
import { Mischief } from "./mischief/mischief.js";
import { type Parts, verdictLine } from "./parts.js";
import { footer, Header } from "./view/frame.js";
import { Log } from "./view/log.js";
import { SignIn } from "./view/sign-in.js";
import { describe } from "./words.js";

/** Shows one of two pages: the session (sign-in or dashboard, as its state asks for), or the token inspector. */
export class App {
  readonly #parts: Parts;
  readonly #log = new Log();
  readonly #header = new Header();
  readonly #main = el("main", { id: "main", tabindex: "-1" });
  readonly #notice = el("div", { class: "notice", role: "status" });
  readonly #inspector: Inspector;
  readonly #mischief: Mischief;
  #dashboard: Dashboard | undefined;
  #signIn: SignIn | undefined;

  constructor(root: HTMLElement, parts: Parts) {
    this.#parts = parts;
    this.#inspector = new Inspector(parts);
    this.#mischief = new Mischief(parts);
    const { session, requests, startup } = parts;
    const columns = el("div", { class: "columns" }, this.#main, this.#log.node);
    root.replaceChildren(this.#header.node, this.#notice, columns, footer());
    this.#log.add("device", verdictLine(startup), startup.snapshot.state);
    requests.onMade(({ to, line, outcome, failed, tookMs }) =>
      this.#log.add(to, `${line} → ${outcome} in ${Math.round(tookMs)}\u00a0ms`, failed ? "refused" : "plain"),
    );
    session.onChange((snapshot, event) => {
      this.#log.add("session", describe(event), snapshot.state);
      this.#show(snapshot, event);
    });
    addEventListener("hashchange", () => {
      this.#show(this.#parts.session.judge());
      this.#main.focus({ preventScroll: true });
      scrollTo(0, 0);
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
    const inspecting = location.hash === "#inspector";
    this.#header.update(inspecting ? "inspector" : "session");
    document.title = inspecting ? "Token inspector · Shelflife" : "Shelflife";
    const view = this.#sessionView(snapshot);
    const shown = inspecting ? this.#inspector : view;
    if (shown.node.parentElement !== this.#main) {
      this.#main.replaceChildren(shown.node);
      if (event !== undefined && !inspecting) view.focus();
    }
    if (inspecting) this.#inspector.update();
    const listChanged = event === undefined ? snapshot.state === "fresh" : event.type !== "stale";
    if (listChanged) void this.#dashboard?.loadDevices();
  }

  #sessionView(snapshot: Snapshot): Dashboard | SignIn {
    if (snapshot.state === "signed-out") {
      this.#dashboard = undefined;
      this.#signIn ??= new SignIn(this.#parts, this.#mischief.story);
      this.#signIn.update(snapshot);
      return this.#signIn;
    }
    this.#signIn = undefined;
    this.#dashboard ??= new Dashboard(this.#parts, this.#mischief);
    this.#dashboard.update(snapshot);
    return this.#dashboard;
  }

  /** Once a second, on the second, and only while someone is looking: the state follows from the clock, nothing is scheduled. */
  #tick(): void {
    if (!document.hidden) {
      const snapshot = this.#parts.session.judge();
      if (snapshot.state !== "signed-out") this.#dashboard?.update(snapshot);
      if (this.#inspector.node.isConnected) this.#inspector.update();
    }
    setTimeout(() => this.#tick(), 1000 - (Date.now() % 1000));
  }
}
