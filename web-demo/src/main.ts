import "./style/base.css";
import "./style/label.css";
import "./style/past.css";
import "./style/panels.css";
import "./style/sign-in.css";
import "./style/devices.css";
import "./style/mischief.css";
import "./style/inspector.css";
import { createVerifier } from "@shelflife/verifier";
import { createSession } from "@shelflife/verifier/session";
import { App } from "./app.js";
import { Clock } from "./clock.js";
import { readConfig } from "./config.js";
import { el } from "./dom.js";
import { Past } from "./past.js";
import { Requests } from "./requests.js";
import { keepPage } from "./shell/register.js";

const root = document.getElementById("app") ?? document.body;

try {
  const began = performance.now();
  const { issuer, audience, jwks } = readConfig();
  const requests = new Requests(issuer);
  const clock = new Clock();
  const verifier = await createVerifier({
    issuer,
    audience,
    fetch: requests.fetch,
    ...(jwks === undefined ? {} : { jwks }),
  });
  const session = await createSession({ issuer, verifier, fetch: requests.fetch, now: clock.now });
  const first = session.judge();
  const kept = session.rawToken() !== undefined;
  const startup = { snapshot: first, kept, tookMs: performance.now() - began, requests: requests.count };

  const app = new App(root, { issuer, session, verifier, requests, clock, past: new Past(), startup });
  keepPage(() => app.offerReload());
} catch (error) {
  const text = error instanceof Error ? error.message : String(error);
  root.replaceChildren(el("p", { class: "broken", role: "alert" }, text));
}
