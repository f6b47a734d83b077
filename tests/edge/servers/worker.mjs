// The site as a Worker: the same app, or the plain wrapper around a handler that answers what reached it.
import { createGate } from "@shelflife/verifier/edge";
import { siteWith } from "./app.mjs";

let kept;

export default {
  fetch(request, env, context) {
    const { plain, ...options } = JSON.parse(env.OPTIONS);
    if (!plain) {
      kept ??= siteWith(options);
      return kept.fetch(request, env, context);
    }
    kept ??= createGate(options);
    return kept.fetch(request, answer, context);
  },
};

async function answer(request, claims) {
  const { pathname, search } = new URL(request.url);
  const own = {
    "/media/kept": () =>
      new Response("kept", { headers: { "cache-control": "public, max-age=600", "cdn-cache-control": "max-age=9" } }),
    "/pages/cookies": () =>
      new Response("with a cookie of its own", { headers: { "set-cookie": "theme=dark; Path=/" } }),
    "/pages/fails": () => {
      throw new Error("the page fails, as the test wants it to");
    },
  }[pathname];
  if (own !== undefined) return own();
  const headers = Object.fromEntries(request.headers);
  return Response.json({
    method: request.method,
    url: pathname + search,
    headers,
    claims: claims ?? null,
    body: await request.text(),
  });
}
