/** The Worker's bindings, as they arrive: text, or nothing. */
export interface Env {
  readonly SHELFLIFE_ISSUER?: string | null;
  readonly SHELFLIFE_AUDIENCE?: string | null;
  /** The issuer's key set as JSON: with it no request to the issuer is ever made. Empty: fetched from the issuer. */
  readonly SHELFLIFE_JWKS?: string | null;
  /** Base URL of the origin behind the gate. */
  readonly ORIGIN?: string | null;
}

export interface Config {
  readonly issuer: string;
  readonly audience: string;
  readonly jwks: string | undefined;
  readonly origin: URL;
}

/** A binding is missing or cannot be read. The message names it and is meant for the gate's owner, not for callers. */
export class ConfigError extends Error {
  override readonly name = "ConfigError";
}

/** Reads the bindings. Throws `ConfigError` with the name of the first one that does not work. */
export function readConfig(env: Env): Config {
  return {
    issuer: required(env, "SHELFLIFE_ISSUER"),
    audience: required(env, "SHELFLIFE_AUDIENCE"),
    jwks: keySet(env.SHELFLIFE_JWKS),
    origin: httpUrl("ORIGIN", required(env, "ORIGIN")),
  };
}

function required(env: Env, name: "SHELFLIFE_ISSUER" | "SHELFLIFE_AUDIENCE" | "ORIGIN"): string {
  const value = env[name];
  if (typeof value !== "string" || value === "") throw new ConfigError(`the binding ${name} is not set`);
  return value;
}

function httpUrl(name: string, text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !/^https?:$/.test(url.protocol)) {
    throw new ConfigError(`the binding ${name} is not an http or https URL: ${text}`);
  }
  if (url.search !== "" || url.hash !== "" || url.username !== "" || url.password !== "") {
    throw new ConfigError(`the binding ${name} may hold scheme, host, port and path, nothing else`);
  }
  return url;
}

function keySet(text: string | null | undefined): string | undefined {
  if (text === undefined || text === null || text === "") return undefined;
  try {
    const parsed: unknown = JSON.parse(text);
    if (typeof parsed === "object" && parsed !== null && "keys" in parsed) return text;
  } catch {
    // Told below, without repeating the text.
  }
  throw new ConfigError('the binding SHELFLIFE_JWKS is not a key set ({"keys":[...]})');
}
