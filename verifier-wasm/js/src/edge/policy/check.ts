import { accessFor } from "./path.js";
import type { Access, Policy, Requirements, Revocations, Route, TokenSource } from "./types.js";

/** A policy with everything filled in that was left out. */
export interface Rules {
  readonly realm: string;
  readonly routes: readonly Route[];
  readonly otherwise: Access;
  readonly signIn: { readonly url: string; readonly returnTo: string } | undefined;
  readonly cookie: CookieRules | undefined;
  readonly refusalsReadableBy: readonly string[];
  readonly revocations: RevocationRules | undefined;
  readonly serverTiming: boolean;
}

export interface RevocationRules {
  readonly every: number;
  readonly maxAge: number | undefined;
  readonly whenOutdated: "open" | "shut";
}

export interface CookieRules {
  readonly name: string;
  readonly exchange: boolean;
  readonly pagesFrom: readonly string[];
}

/** Fills in defaults. Throws a `TypeError` that names the first member that cannot be meant: a policy is code, not input. */
export function rulesOf(policy: Policy): Rules {
  if (policy === null || typeof policy !== "object") throw new TypeError("`policy` must be an object");
  if (!Array.isArray(policy.routes)) throw new TypeError("`policy.routes` must be a list");
  for (const [at, { path, access }] of policy.routes.entries()) {
    checkPath(`policy.routes[${at}].path`, path);
    checkAccess(`policy.routes[${at}].access`, access, policy);
  }
  checkAccess("policy.otherwise", policy.otherwise, policy);
  const rules: Rules = {
    realm: policy.realm ?? "shelflife",
    routes: policy.routes,
    otherwise: policy.otherwise,
    signIn: policy.signIn && { url: policy.signIn.url, returnTo: policy.signIn.returnTo ?? "return_to" },
    cookie: policy.cookie && {
      name: policy.cookie.name ?? "__Host-shelflife",
      exchange: policy.cookie.exchange ?? true,
      pagesFrom: origins("policy.cookie.pagesFrom", policy.cookie.pagesFrom),
    },
    refusalsReadableBy: origins("policy.refusalsReadableBy", policy.refusalsReadableBy),
    revocations: policy.revocations && revocationRules(policy.revocations),
    serverTiming: policy.serverTiming ?? true,
  };
  if (rules.cookie !== undefined && !/^__Host-[\w!#$%&'*+.^`|~-]+$/.test(rules.cookie.name)) {
    throw new TypeError("`policy.cookie.name` must begin with `__Host-`, which makes browsers keep it to this host");
  }
  if (rules.signIn !== undefined) checkSignIn(rules.signIn.url, rules);
  return rules;
}

function revocationRules({ every = 30, maxAge, whenOutdated = "open" }: Revocations): RevocationRules {
  if (!(Number.isFinite(every) && every >= 1 && every <= 3_600)) {
    throw new TypeError("`policy.revocations.every` must be a number of seconds from 1 to 3600");
  }
  if (maxAge !== undefined && !(Number.isSafeInteger(maxAge) && maxAge >= every)) {
    throw new TypeError("`policy.revocations.maxAge` must be a whole number of seconds, and no less than `every`");
  }
  if (whenOutdated !== "open" && whenOutdated !== "shut") {
    throw new TypeError('`policy.revocations.whenOutdated` must be "open" or "shut"');
  }
  return { every, maxAge, whenOutdated };
}

function checkPath(name: string, path: unknown): void {
  const fits = typeof path === "string" && /^\/[^%\\?#\s]*$/.test(path) && path === path.toLowerCase();
  const starred = fits && path.replace(/\/\*$/, "").includes("*");
  if (!fits || starred || path.includes("//")) {
    throw new TypeError(`\`${name}\` must be \`/exact/path\` or \`/folder/*\`, in lower case and without encoding`);
  }
}

function checkAccess(name: string, access: Access, policy: Policy): void {
  if (access === "public") return;
  if (access === null || typeof access !== "object") {
    throw new TypeError(`\`${name}\` must be "public" or an object of requirements`);
  }
  checkNames(`${name}.scope`, access.scope);
  checkNames(`${name}.groups`, access.groups);
  const { maxAuthAge, from } = access;
  if (maxAuthAge !== undefined && !(Number.isSafeInteger(maxAuthAge) && maxAuthAge >= 0)) {
    throw new TypeError(`\`${name}.maxAuthAge\` must be a whole number of seconds`);
  }
  if (from === undefined) return;
  const known: readonly string[] = ["header", "cookie", "query"] satisfies TokenSource[];
  if (!Array.isArray(from) || from.length === 0 || !from.every((source) => known.includes(source))) {
    throw new TypeError(`\`${name}.from\` must list some of ${known.join(", ")}`);
  }
  if (from.includes("cookie") && policy.cookie === undefined) {
    throw new TypeError(`\`${name}.from\` names the cookie, and \`policy.cookie\` is not set`);
  }
}

function checkNames(name: string, names: readonly string[] | undefined): void {
  const fits =
    names === undefined || (Array.isArray(names) && names.every((it) => typeof it === "string" && it !== ""));
  if (!fits) throw new TypeError(`\`${name}\` must be a list of non-empty strings`);
}

/** An origin is compared byte for byte with what browsers send, so it has to be written as they write it. */
function origins(name: string, list: readonly string[] | undefined): readonly string[] {
  for (const origin of list ?? []) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new TypeError(`\`${name}\` must list origins as browsers write them (https://app.example), not ${origin}`);
    }
  }
  return list ?? [];
}

function checkSignIn(url: string, rules: Rules): void {
  const here = /^\/(?![/\\])/.test(url);
  if (!here && !(URL.canParse(url) && new URL(url).protocol === "https:")) {
    throw new TypeError("`policy.signIn.url` must be a path of this site or an https URL");
  }
  // Who is not signed in would be led from the sign-in page to the sign-in page.
  if (here && accessFor(new URL(url, "https://here.invalid").pathname, rules) !== "public") {
    throw new TypeError(`\`policy.signIn.url\` is ${url}, which the policy does not make public`);
  }
}

/** Where a token may be for this route. */
export function sourcesOf(needs: Requirements, rules: Rules): readonly TokenSource[] {
  return needs.from ?? (rules.cookie === undefined ? ["header"] : ["header", "cookie"]);
}
