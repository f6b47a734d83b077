// What a session token must say, the same as token/src/claims.rs.
import { parseObject, type Value } from "./json.js";

/** The claims that are looked at in judging; all others are shown as they are. */
export interface Read {
  readonly iss: string;
  readonly sub: string;
  readonly sid: string;
  readonly aud: readonly string[];
  readonly iat: number;
  readonly bbf: number;
  readonly exp: number;
  readonly nbf: number | undefined;
  readonly scope: string;
  readonly groups: readonly string[];
  readonly authTime: number | undefined;
}

type Is = (value: Value | undefined) => boolean;
const isText: Is = (value) => typeof value === "string";
const isTime: Is = (value) => typeof value === "number" && !Number.isNaN(value);
const isTexts: Is = (value) => Array.isArray(value) && value.every(isText);
const isTextOrTexts: Is = (value) => isText(value) || isTexts(value);
const isConfirmation: Is = (value) =>
  value instanceof Map && ["jkt", "bnd"].every((name) => !value.has(name) || isText(value.get(name)));

/** Neither empty nor able to forge a line of a log. */
const isName = (text: string) => text !== "" && !/\p{Cc}/u.test(text);

/** Reads the claims and checks what holds between them; a text says what is wrong. */
export function claimsOf(payload: Uint8Array, headerBbf: number, maxLifetime: number): Read | string {
  const object = parseObject(payload);
  if (typeof object === "string") return object;
  const missing = REQUIRED.find(([name, is]) => !is(object.get(name)));
  if (missing !== undefined) return `has no ${missing[2]} \`${missing[0]}\``;
  // `null` is another type than the one a claim must have.
  const odd = OPTIONAL.find(([name, is]) => object.has(name) && !is(object.get(name)));
  if (odd !== undefined) return `has \`${odd[0]}\` that is no ${odd[2]}`;

  const text = (name: string) => object.get(name) as string;
  const time = (name: string) => object.get(name) as number;
  const aud = object.get("aud") as string | readonly string[];
  const read: Read = {
    iss: text("iss"),
    sub: text("sub"),
    sid: text("sid"),
    aud: typeof aud === "string" ? [aud] : aud,
    iat: time("iat"),
    bbf: time("bbf"),
    exp: time("exp"),
    nbf: object.get("nbf") as number | undefined,
    scope: (object.get("scope") as string | undefined) ?? "",
    groups: (object.get("groups") as readonly string[] | undefined) ?? [],
    authTime: object.get("auth_time") as number | undefined,
  };
  if (read.bbf !== headerBbf) return "and the header disagree on `bbf`";
  if (![read.iss, read.sub, read.sid].every(isName)) {
    return "has an `iss`, `sub` or `sid` that is empty or has control characters";
  }
  if (read.aud.length === 0 || !read.aud.every(isName)) return "has an `aud` that is empty or has control characters";
  if (read.iat > read.bbf || read.bbf > read.exp) return "has dates out of order: `iat` <= `bbf` <= `exp` must hold";
  if (read.exp - read.iat > maxLifetime) return "lives longer than allowed: `exp` is too far from `iat`";
  return read;
}

type Rule = readonly [name: string, is: Is, kind: string];

const REQUIRED: readonly Rule[] = [
  ["iss", isText, "text"],
  ["sub", isText, "text"],
  ["aud", isTextOrTexts, "text, or list of texts,"],
  ["sid", isText, "text"],
  ["gen", isTime, "whole number"],
  ["iat", isTime, "whole number"],
  ["bbf", isTime, "whole number"],
  ["exp", isTime, "whole number"],
];

const OPTIONAL: readonly Rule[] = [
  ["nbf", isTime, "whole number"],
  ["client_id", isText, "text"],
  ["scope", isText, "text"],
  ["groups", isTexts, "list of texts"],
  ["auth_time", isTime, "whole number"],
  ["amr", isTexts, "list of texts"],
  ["cv", isTime, "whole number"],
  ["cnf", isConfirmation, "object of texts"],
];
