// The site in Node: its http server, and the little that is between it and a fetch handler.
import { createServer } from "node:http";
import { siteWith } from "./app.mjs";

const app = siteWith(JSON.parse(process.argv[2]));

const server = createServer(async (incoming, outgoing) => {
  const { method, url, rawHeaders } = incoming;
  const headers = new Headers();
  for (let at = 0; at < rawHeaders.length; at += 2) headers.append(rawHeaders[at], rawHeaders[at + 1]);
  const parts = [];
  for await (const part of incoming) parts.push(part);
  const body = method === "GET" || method === "HEAD" ? undefined : Buffer.concat(parts);
  const address = `http://${incoming.headers.host}${url}`;
  const answer = await app.fetch(new Request(address, { method, headers, body }));
  const lines = [...answer.headers].filter(([name]) => name !== "set-cookie");
  for (const cookie of answer.headers.getSetCookie()) lines.push(["set-cookie", cookie]);
  outgoing.writeHead(answer.status, lines.flat());
  outgoing.end(Buffer.from(await answer.arrayBuffer()));
});

server.listen(0, "127.0.0.1", () => console.log(`listening on http://127.0.0.1:${server.address().port}`));
