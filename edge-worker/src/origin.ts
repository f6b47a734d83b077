/**
 * The origin behind the gate. Body and answer are streams (or a WebSocket) and pass through untouched; an origin that cannot be
 * reached is a 502 of the gate.
 */
export async function forward(request: Request, origin: URL): Promise<Response> {
  const url = new URL(request.url);
  const headers = new Headers(request.headers);
  headers.set("x-forwarded-host", url.host);
  headers.set("x-forwarded-proto", url.protocol.slice(0, -1));
  // Put together as text: `new URL("//elsewhere.example", origin)` would leave the origin.
  const target = origin.origin + origin.pathname.replace(/\/+$/, "") + url.pathname + url.search;
  try {
    return await fetch(target, { method: request.method, headers, body: request.body, redirect: "manual" });
  } catch (error) {
    console.error(`origin unreachable: ${error instanceof Error ? error.message : String(error)}`);
    return trouble(502, "bad_gateway", "origin_unreachable", "The origin behind this gate did not answer.");
  }
}

/** An answer in the form of the gate's own refusals. */
export function trouble(status: number, error: string, reason: string, description: string): Response {
  const headers = { "cache-control": "no-store" };
  return Response.json({ error, error_description: description, reason }, { status, headers });
}
