// What stands before the issuer: it counts, and it can be down, while the issuer itself is real.
import { createServer, request } from "node:http";

/**
 * Starts it. `front.to` is where requests go; `front.state` is `ok`, `busy` (503) or `gone` (the connection is cut);
 * `front.asked` holds the paths that were asked for, `front.done` those that the issuer has answered, without preflights.
 * `front.instead` maps paths to a text that is answered in place of the issuer's, `front.slow` to milliseconds that the answer
 * takes longer.
 */
export async function startFront() {
  const front = { to: undefined, state: "ok", asked: [], done: [], instead: new Map(), slow: new Map() };
  const server = createServer(async (incoming, answer) => {
    front.asked.push(incoming.url);
    const [asked] = incoming.url.split("?");
    if (front.slow.has(asked)) await new Promise((resolve) => setTimeout(resolve, front.slow.get(asked)).unref());
    if (front.state === "gone") return incoming.socket.destroy();
    if (front.state === "busy") return answer.writeHead(503, { "retry-after": "7" }).end("{}");
    if (front.instead.has(asked)) return answer.writeHead(200).end(front.instead.get(asked));
    const { hostname, port } = new URL(front.to);
    const { method, url: path, headers } = incoming;
    const outgoing = request({ hostname, port, method, path, headers, agent: false }, (inner) => {
      answer.writeHead(inner.statusCode, inner.rawHeaders);
      inner.pipe(answer);
      if (method !== "OPTIONS") inner.on("end", () => front.done.push(path));
    });
    outgoing.on("error", () => answer.destroy());
    incoming.pipe(outgoing);
  });
  await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
  front.url = `http://127.0.0.1:${server.address().port}`;
  const count = (paths, path) => paths.filter((it) => it.startsWith(path)).length;
  front.times = (path) => count(front.asked, path);
  front.answered = (path) => count(front.done, path);
  front.stop = () =>
    new Promise((resolve) => {
      server.close(resolve);
      server.closeAllConnections();
    });
  return front;
}
