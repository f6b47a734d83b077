/// <reference lib="webworker" />
/**
 * Keeps the page on the device, so that a reload works with the network cut off: the token is judged there anyway. Answers of the
 * API and of the issuer are never kept.
 */
const worker = self as unknown as ServiceWorkerGlobalScope;

// Both are filled in by the build.
const FILES = "__SHELL_FILES__".split(" ");
const CACHE = `shell-${"__SHELL_VERSION__"}`;
const PAGE = "/";
/** Clients that were given an older page. They may not be able to hear yet when that turns out, so they also ask. */
const outdated = new Set<string>();

worker.addEventListener("install", (event) => {
  event.waitUntil(install());
});

worker.addEventListener("activate", (event) => {
  event.waitUntil(takeOver());
});

worker.addEventListener("message", (event) => {
  const { source } = event;
  if (event.data === "is-this-current" && source instanceof Client && outdated.has(source.id)) {
    source.postMessage("page-changed");
  }
});

worker.addEventListener("fetch", (event) => {
  const { request } = event;
  const url = new URL(request.url);
  if (request.method !== "GET" || url.origin !== worker.location.origin) return;
  if (request.mode === "navigate" && url.pathname === PAGE) event.respondWith(page(event));
  else if (url.pathname.startsWith("/assets/")) event.respondWith(asset(request));
});

async function install(): Promise<void> {
  const cache = await caches.open(CACHE);
  await cache.addAll([PAGE, ...FILES].map((path) => new Request(path, { cache: "reload" })));
  await worker.skipWaiting();
}

async function takeOver(): Promise<void> {
  for (const name of await caches.keys()) {
    if (name.startsWith("shell-") && name !== CACHE) await caches.delete(name);
  }
  await worker.clients.claim();
}

/** The kept page at once; a newer one is fetched behind it, because it carries the issuer's address and keys. */
async function page(event: FetchEvent): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(PAGE);
  if (kept === undefined) return fetch(event.request);
  event.waitUntil(refresh(cache, kept.clone(), event.resultingClientId));
  return kept;
}

async function refresh(cache: Cache, kept: Response, clientId: string): Promise<void> {
  const answer = await fetch(PAGE, { cache: "no-store" }).catch(() => undefined);
  const isPage = answer?.ok === true && answer.headers.get("content-type")?.startsWith("text/html") === true;
  if (!isPage || answer.redirected) return;
  const [before, after] = await Promise.all([kept.text(), answer.clone().text()]);
  await cache.put(PAGE, answer);
  if (before === after) return;
  outdated.add(clientId);
  for (const client of await worker.clients.matchAll({ type: "window" })) client.postMessage("page-changed");
}

/** A file with a hash in its name never changes. */
async function asset(request: Request): Promise<Response> {
  const cache = await caches.open(CACHE);
  const kept = await cache.match(request);
  if (kept !== undefined) return kept;
  const answer = await fetch(request);
  if (answer.ok) await cache.put(request, answer.clone());
  return answer;
}
