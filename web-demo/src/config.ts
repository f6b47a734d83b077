import type { JsonWebKeySet } from "@shelflife/verifier";

/** What the server wrote into the page, so that no request is needed to judge a token. */
export interface Config {
  readonly issuer: string;
  readonly audience: string;
  /** Missing when the server did not know the keys: then the page asks the issuer. */
  readonly jwks: JsonWebKeySet | undefined;
}

/** Throws when the page was not served by `serve.mjs`. */
export function readConfig(): Config {
  const text = document.getElementById("shelflife-config")?.textContent ?? "";
  if (text === "") throw new Error("This page was served without its configuration. Start it with serve.mjs.");
  const { issuer, audience, jwks } = JSON.parse(text) as Record<string, unknown>;
  if (typeof issuer !== "string" || typeof audience !== "string")
    throw new Error("The page's configuration is not complete.");
  return { issuer, audience, jwks: (jwks ?? undefined) as JsonWebKeySet | undefined };
}
