// The site in Deno.
import { siteWith } from "./app.mjs";

const { Deno } = globalThis;
const app = siteWith(JSON.parse(Deno.args[0]));
Deno.serve(
  { hostname: "127.0.0.1", port: 0, onListen: ({ port }) => console.log(`listening on http://127.0.0.1:${port}`) },
  app.fetch,
);
