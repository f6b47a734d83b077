import type { Claims } from "../verdict.js";
import { Admission, type Admitted } from "./admission.js";
import { type Additions, finish } from "./answer/finish.js";
import { ambiguousPath, crossSite, internal, misconfigured, type Refusal } from "./answer/refusal.js";
import { refuse } from "./answer/response.js";
import type { Context } from "./issuer/background.js";
import { Judge } from "./issuer/judge.js";
import { Store } from "./issuer/store.js";
import { type GateOptions, type Settings, settingsOf } from "./options.js";
import { accessFor } from "./policy/path.js";
import { setIdentity, stripIdentity } from "./request/identity.js";
import { fromOwnPage, isPreflight } from "./request/manner.js";
import { findToken, stripTokens } from "./request/token.js";

/**
 * What stands behind the gate: an origin, or the rest of the program. The request is clean: no token in it, and identity
 * headers only from the gate. `claims` are there on routes that ask for a token.
 */
export type Next = (request: Request, claims: Claims | undefined) => Response | Promise<Response>;

export interface Gate {
  /** Lets a request through to `next`, or says why not. `context` is what the runtime gave, for work behind the answer. */
  fetch(request: Request, next: Next, context?: Context): Promise<Response>;
}

/**
 * Makes a gate. Make one and keep it: it remembers keys and checked tokens.
 *
 * @throws {TypeError} for a mistake in the options or the policy
 */
export function createGate(options: GateOptions): Gate {
  return new PolicyGate(settingsOf(options));
}

/** A handler with the gate before it, for `Deno.serve`, `Bun.serve`, an edge function, or a Worker's `fetch`. */
export function withGate(gate: Gate, next: Next): (request: Request, context?: unknown) => Promise<Response> {
  return (request, context) => gate.fetch(request, next, context as Context);
}

/** What a look at a request comes to. */
interface Outcome {
  readonly refusal: Refusal | undefined;
  readonly request: Request;
  readonly claims: Claims | undefined;
  readonly additions: Additions;
}

class PolicyGate implements Gate {
  readonly #settings: Settings;
  readonly #admission: Admission;

  constructor(settings: Settings) {
    this.#settings = settings;
    const { issuer, audience, jwks, fetch } = settings;
    const { revocations } = settings.rules;
    const judge = new Judge({ issuer, audience, jwks, fetch, store: new Store(issuer, settings.cache), revocations });
    this.#admission = new Admission(settings, judge);
  }

  async fetch(request: Request, next: Next, context?: Context): Promise<Response> {
    const url = new URL(request.url);
    const outcome = await this.#look(request, url, context);
    if (outcome.refusal !== undefined) {
      return finish(refuse(outcome.refusal, this.#settings.rules, request, url), outcome.additions);
    }
    try {
      return finish(await next(outcome.request, outcome.claims), outcome.additions);
    } catch (error) {
      // Not ours to answer - but a token that was just exchanged must reach its browser.
      if (outcome.additions.cookie === undefined) throw error;
      console.error(error);
      return finish(refuse(internal, this.#settings.rules, request, url), outcome.additions);
    }
  }

  async #look(request: Request, url: URL, context: unknown): Promise<Outcome> {
    const { rules } = this.#settings;
    const headers = new Headers(request.headers);
    stripIdentity(headers);
    const access = accessFor(url.pathname, rules);
    if (access === "ambiguous") return refused(ambiguousPath, request);

    const target = stripTokens(headers, url, rules, access === "public" ? "public" : "protected");
    if (access === "public" || isPreflight(request))
      return passed(cleaned(request, url, target, headers), undefined, {});

    const found = findToken(request, url, access, rules);
    if (!("token" in found)) return refused(found, request);
    if (found.source === "cookie" && rules.cookie !== undefined && !fromOwnPage(request, url, rules.cookie)) {
      return refused(crossSite, request);
    }
    const admitted = await this.#admit(found, access, request, context);
    const additions = {
      cookie: admitted.cookie,
      timing: admitted.timing,
      tokenInAddress: found.source === "query",
    };
    if (admitted.claims === undefined) return { ...refused(admitted.refusal, request), additions };
    setIdentity(headers, admitted.claims);
    return passed(cleaned(request, url, target, headers), admitted.claims, additions);
  }

  /** A bad token is a verdict and a silent issuer a refusal: what is thrown is a mistake of the gate or of its owner. */
  async #admit(...request: Parameters<Admission["admit"]>): Promise<Admitted> {
    try {
      return await this.#admission.admit(...request);
    } catch (error) {
      console.error(`shelflife gate: ${error instanceof Error ? `${error.name}: ${error.message}` : String(error)}`);
      return { claims: undefined, refusal: error instanceof TypeError ? misconfigured : internal };
    }
  }
}

function refused(refusal: Refusal, request: Request): Outcome {
  return { refusal, request, claims: undefined, additions: {} };
}

function passed(request: Request, claims: Claims | undefined, additions: Additions): Outcome {
  return { refusal: undefined, request, claims, additions };
}

function cleaned(request: Request, url: URL, target: URL, headers: Headers): Request {
  const base = target === url ? request : new Request(target, request);
  return new Request(base, { headers });
}
