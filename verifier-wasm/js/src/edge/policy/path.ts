import type { Access, Policy } from "./types.js";

type Routing = Pick<Policy, "routes" | "otherwise">;

/**
 * Origins disagree about what a path means: one decodes `%61pi`, the next merges `//api`, drops `;jsessionid` or ignores case.
 * The gate cannot know which kind it stands before. So it reads a path twice, as written and as the most generous origin would,
 * and when the two readings fall under different rules nobody gets through: `ambiguous`.
 */
export function accessFor(pathname: string, policy: Routing): Access | "ambiguous" {
  if (HOSTILE.test(pathname)) return "ambiguous";
  const generous = readGenerously(pathname);
  if (generous === undefined) return "ambiguous";
  const asWritten = match(pathname, policy);
  return match(generous, policy) === asWritten ? asWritten : "ambiguous";
}

/** Encoded control characters, and bytes that never occur in UTF-8 but that old decoders took for `/` or `.`. */
const HOSTILE = /%(?:[01][0-9a-f]|7f|c0|c1|f[5-9a-f])/i;

/** Nobody honest encodes a path more often than this. */
const MOST_ENCODINGS = 3;

/** Undefined when the path hides dot segments, or is encoded more often than anyone honest would. */
function readGenerously(pathname: string): string | undefined {
  const decoded = decodeFully(pathname);
  if (decoded === undefined) return undefined;
  const segments = decoded
    .replaceAll("\\", "/")
    .split("/")
    .map((segment) => segment.replace(/[;?#].*$/, "").trim());
  // The URL parser has resolved every plain dot segment by now: one that appears here was disguised.
  if (segments.some((segment) => segment === "." || segment === "..")) return undefined;
  return `/${segments.filter((segment) => segment !== "").join("/")}`.toLowerCase();
}

function decodeFully(text: string): string | undefined {
  let current = text;
  for (let round = 0; round <= MOST_ENCODINGS; round++) {
    if (HOSTILE.test(current)) return undefined;
    const next = current.replace(/%([2-7][0-9a-f])/gi, (_, hex: string) =>
      String.fromCharCode(Number.parseInt(hex, 16)),
    );
    if (next === current) return current;
    current = next;
  }
  return undefined;
}

function match(path: string, policy: Routing): Access {
  for (const route of policy.routes) {
    if (matches(path, route.path)) return route.access;
  }
  return policy.otherwise;
}

function matches(path: string, pattern: string): boolean {
  if (!pattern.endsWith("/*")) return path === pattern;
  const folder = pattern.slice(0, -2);
  return path === folder || path.startsWith(`${folder}/`);
}
