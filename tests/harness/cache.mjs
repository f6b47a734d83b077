// What is behind `caches.default` in workerd: a server that is asked with GET (a miss is 504) and given whole responses with PUT.
import { createServer } from "node:http";

/** Starts it. `entries` maps addresses to what is kept: status line, headers and body, as workerd sent them. */
export async function startCache() {
  const entries = new Map();
  const server = createServer(async (request, answer) => {
    const parts = [];
    const address = request.headers.host + request.url;
    for await (const part of request) parts.push(part);
    if (request.method === "PUT") {
      entries.set(address, Buffer.concat(parts).toString("latin1"));
      return answer.writeHead(204).end();
    }
    const kept = request.method === "GET" ? entries.get(address) : undefined;
    if (kept === undefined) return answer.writeHead(504).end();
    const [head, ...body] = kept.split("\r\n\r\n");
    const [, ...lines] = head.split("\r\n");
    const headers = lines.map((line) => [line.slice(0, line.indexOf(":")), line.slice(line.indexOf(":") + 1).trim()]);
    const told = headers.filter(([name]) => !/^(?:transfer-encoding|connection)$/i.test(name));
    answer.writeHead(200, [...told, ["cf-cache-status", "HIT"]].flat());
    answer.end(Buffer.from(body.join("\r\n\r\n"), "latin1"));
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  return {
    url: `http://127.0.0.1:${server.address().port}`,
    entries,
    stop: () =>
      new Promise((resolve) => {
        server.close(resolve);
        server.closeAllConnections();
      }),
  };
}
