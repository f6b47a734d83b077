// Lists of revocations, read and kept by the rules of token/src/revocations.
import type { RevocationCode } from "../codes.js";
import type { Limits } from "../options.js";
import { type RevocationState, type RevocationUpdate, refusedList } from "../revocations.js";
import { decode, encode } from "./base64url.js";
import type { Read } from "./claims.js";
import { parseObject, type Value } from "./json.js";
import type { KeySet } from "./keyset.js";
import { sha256 } from "./sha2.js";

interface List {
  readonly seq: number;
  readonly iat: number;
  readonly maxAge: number;
  readonly since: number | undefined;
  /** By the first twelve bytes of their ids, in base64url: until when. */
  readonly sessions: ReadonlyMap<string, number>;
  readonly users: ReadonlyMap<string, { readonly before: number; readonly until: number }>;
  readonly keys: ReadonlySet<string>;
}

/** Characters of twelve bytes. */
const PREFIX = 16;
const encoder = new TextEncoder();

/** What a judge knows of revocations. */
export class Revocations {
  #known: List | undefined;

  constructor(
    readonly issuer: string,
    private readonly limits: Limits,
  ) {}

  get state(): RevocationState | undefined {
    if (this.#known === undefined) return undefined;
    const { seq, iat, sessions, users, keys } = this.#known;
    return { seq, issuedAt: iat, entries: sessions.size + users.size + keys.size };
  }

  inherit(other: Revocations): void {
    if (other.issuer === this.issuer) this.#known = other.#known;
  }

  /** Why a token is revoked, if it is. */
  lists(kid: string, { sid, sub, iat }: Read): string | undefined {
    if (this.#known === undefined) return undefined;
    const { sessions, users, keys } = this.#known;
    if (sessions.size > 0 && sessions.has(prefixOf(sid))) return "the session was ended";
    if (iat < (users.get(sub)?.before ?? 0)) return "all sessions of the user were ended";
    return keys.has(kid) ? "the key that signed the token was revoked" : undefined;
  }

  /** Why fresh tokens may not be judged with what is known. */
  lacking(now: number): string | undefined {
    const { maxAge, shut } = this.limits.revocations;
    if (!shut) return undefined;
    if (this.#known === undefined) return "there is no list of revocations yet";
    return now <= this.#known.iat + (maxAge ?? this.#known.maxAge) ? undefined : "the list of revocations is too old";
  }

  update(text: string, now: number, keys: KeySet): RevocationUpdate {
    const list = read(text, keys, this.issuer, this.#known);
    if ("code" in list) return list;
    if (list.iat > now + this.limits.clockTolerance) {
      return refusedList("not-yet-valid", "`iat` is ahead of the clock: is a clock wrong?");
    }
    if (now > list.iat + (this.limits.revocations.maxAge ?? list.maxAge)) {
      return refusedList("too-old", "the list is older than it may be");
    }
    const refused = this.#take(list, now);
    const { seq = 0, entries = 0 } = this.state ?? {};
    return refused ?? { ok: true, seq, entries };
  }

  #take(list: List, now: number): RevocationUpdate | undefined {
    const known = this.#known;
    if (known !== undefined && list.seq < known.seq) {
      return refusedList("going-back", "a list with a greater `seq` is known");
    }
    if (known !== undefined && list.seq === known.seq) {
      if (list.iat > known.iat) this.#known = { ...known, iat: list.iat, maxAge: list.maxAge };
    } else if (known !== undefined && list.since !== undefined && list.since <= known.seq) {
      this.#known = merged(known, list, now);
    } else if (list.since === undefined || list.since === 0) {
      this.#known = list;
    } else {
      return refusedList("gap", "the delta begins after what is known: fetch the snapshot");
    }
    return undefined;
  }
}

function merged(known: List, later: List, now: number): List {
  const sessions = new Map([...known.sessions].filter(([, until]) => until > now));
  for (const [prefix, until] of later.sessions) sessions.set(prefix, Math.max(until, sessions.get(prefix) ?? 0));
  const users = new Map([...[...known.users].filter(([, { until }]) => until > now), ...later.users]);
  return { ...later, sessions, users, keys: new Set([...known.keys, ...later.keys]) };
}

/** The beginning of an id that is sixteen bytes in base64url, as ours are; of any other, the beginning of its SHA-256. */
function prefixOf(sid: string): string {
  if (sid.length === 22 && decode(sid) !== undefined) return sid.slice(0, PREFIX);
  return encode(sha256(encoder.encode(sid)).subarray(0, 12));
}

/** A list that the issuer signed. Nothing in its claims is looked at before the signature holds. */
function read(
  text: string,
  keys: KeySet,
  issuer: string,
  known: List | undefined,
): List | (RevocationUpdate & { code: RevocationCode }) {
  const bad = (code: RevocationCode, detail: string) => ({ ok: false as const, code, detail });
  const malformed = (why: string) => bad("malformed", `the list ${why}`);
  // What is encoded may be anything, the list itself is ASCII: the other judge looks no further.
  if (/\P{ASCII}/u.test(text)) return malformed("is not ASCII");
  const [first, second, third, fourth] = text.split(".", 4);
  if (first === undefined || second === undefined || third === undefined || fourth !== undefined) {
    return malformed("does not have three parts");
  }
  const headerBytes = decode(first);
  if (headerBytes === undefined) return malformed("is not strict base64url");
  const header = parseObject(headerBytes);
  if (typeof header === "string") return malformed(header);
  const [alg, kid] = [header.get("alg"), header.get("kid")];
  if (alg !== "Ed25519" && alg !== "EdDSA") return bad("unsupported-alg", '`alg` is not "Ed25519"');
  if (header.get("typ") !== "revocations+jwt") return bad("wrong-type", '`typ` is not "revocations+jwt"');
  if (header.size !== 3 || typeof kid !== "string" || kid === "") {
    return malformed("has a header with other members than alg, typ and kid");
  }
  const signature = decode(third);
  if (signature === undefined) return malformed("is not strict base64url");
  const unknown = bad("unknown-key", "no key with this `kid` may sign lists");
  const key = keys.get(kid);
  if (key === undefined) return unknown;
  if (!key.verify(encoder.encode(`${first}.${second}`), signature)) {
    return bad("bad-signature", "the signature does not hold");
  }
  const payload = decode(second);
  const claims = payload === undefined ? "is not strict base64url" : parseObject(payload);
  if (typeof claims === "string") return malformed(claims);
  const list = listOf(claims);
  const iss = claims.get("iss");
  if (list === undefined || typeof iss !== "string")
    return malformed("has claims that are missing, or of another type");
  if (iss !== issuer) return bad("wrong-issuer", "`iss` is another issuer");
  // Whoever stole a key does not get to say what is revoked, nor that it is not this key.
  return known?.keys.has(kid) || list.keys.has(kid) ? unknown : list;
}

function listOf(claims: ReadonlyMap<string, Value>): List | undefined {
  const [seq, iat, maxAge] = [claims.get("seq"), claims.get("iat"), claims.get("max_age")];
  const since = claims.get("since");
  if (!isWhole(seq) || !isWhole(iat) || !isWhole(maxAge)) return undefined;
  if (claims.has("since") && (!isWhole(since) || since > seq)) return undefined;
  const [groups, cutoffs, kids] = [claims.get("sessions"), claims.get("users"), claims.get("keys")];
  if (!isList(groups) || !isList(cutoffs) || !isList(kids)) return undefined;
  const sessions = new Map<string, number>();
  for (const group of groups) {
    const [until, prefixes, more] = isList(group) ? group : [];
    if (!isWhole(until) || typeof prefixes !== "string" || more !== undefined) return undefined;
    if (prefixes.length % PREFIX !== 0 || decode(prefixes) === undefined) return undefined;
    for (let at = 0; at < prefixes.length; at += PREFIX) {
      const prefix = prefixes.slice(at, at + PREFIX);
      // The table of the other judge counts in minutes.
      sessions.set(prefix, Math.max(Math.ceil(until / 60) * 60, sessions.get(prefix) ?? 0));
    }
  }
  const users = new Map<string, { before: number; until: number }>();
  for (const cutoff of cutoffs) {
    const [sub, before, until, more] = isList(cutoff) ? cutoff : [];
    if (typeof sub !== "string" || !isWhole(before) || !isWhole(until) || more !== undefined) return undefined;
    users.set(sub, { before, until });
  }
  const keys = new Set<string>();
  for (const kid of kids) {
    if (typeof kid !== "string") return undefined;
    keys.add(kid);
  }
  return { seq, iat, maxAge, since: isWhole(since) ? since : undefined, sessions, users, keys };
}

/** The reader makes NaN of every number that is not a whole one in reach. */
function isWhole(value: Value | undefined): value is number {
  return typeof value === "number" && !Number.isNaN(value);
}

function isList(value: Value | undefined): value is readonly Value[] {
  return Array.isArray(value);
}
