/** What the gate adds to an answer on its way out. */
export interface Additions {
  /** `Set-Cookie` line of the gate: the answer is one person's from then on. */
  readonly cookie?: string | undefined;
  /** The token was in the address, so the answer must not be kept under it (RFC 6750, 2.3). */
  readonly tokenInAddress?: boolean;
  /** A line for `Server-Timing`. */
  readonly timing?: string | undefined;
}

/** Caches before the browser, by the headers of their own that go before `Cache-Control`. */
const CDN = ["cdn-cache-control", "cloudflare-cdn-cache-control", "vercel-cdn-cache-control", "surrogate-control"];

export function finish(response: Response, { cookie, tokenInAddress = false, timing }: Additions): Response {
  // A WebSocket that was let through (101) and an error (0) are no responses that could be made anew.
  if (response.status < 200) return response;
  if (cookie === undefined && !tokenInAddress && timing === undefined) return response;
  const answer = new Response(response.body, response);
  if (cookie !== undefined || tokenInAddress) {
    for (const name of CDN) answer.headers.delete(name);
    answer.headers.set("cache-control", "private, no-store");
  }
  if (cookie !== undefined) answer.headers.append("set-cookie", cookie);
  if (tokenInAddress) answer.headers.set("referrer-policy", "no-referrer");
  if (timing !== undefined) answer.headers.append("server-timing", timing);
  return answer;
}
