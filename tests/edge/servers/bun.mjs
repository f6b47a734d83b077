// The site in Bun.
import { siteWith } from "./app.mjs";

const app = siteWith(JSON.parse(process.argv[2]));
const server = globalThis.Bun.serve({ hostname: "127.0.0.1", port: 0, fetch: app.fetch });
console.log(`listening on http://127.0.0.1:${server.port}`);
