// The site behind the gate, as a Hono app with the gate as its middleware: it answers what reached it.
import { createGate, honoGate } from "@shelflife/verifier/edge";
import { Hono } from "hono";

export function siteWith(options) {
  const app = new Hono();
  app.use(honoGate(createGate(options)));
  app.get("/media/kept", (c) =>
    c.body("kept", 200, { "cache-control": "public, max-age=600", "cdn-cache-control": "max-age=9" }),
  );
  app.get("/pages/cookies", (c) => {
    c.header("set-cookie", "theme=dark; Path=/");
    return c.text("with a cookie of its own");
  });
  app.get("/pages/fails", () => {
    throw new Error("the page fails, as the test wants it to");
  });
  app.all("*", async (c) => {
    const { pathname, search } = new URL(c.req.url);
    const headers = Object.fromEntries(c.req.raw.headers);
    const body = await c.req.text();
    return c.json({ method: c.req.method, url: pathname + search, headers, claims: c.get("claims") ?? null, body });
  });
  app.onError((_, c) => c.text("failed", 500));
  return app;
}
