/** While the page is this young nobody has done anything in it that a reload could lose. */
const YOUNG_MS = 10_000;

/** Keeps the page on this device. `onChanged` is called when a newer one has arrived and a reload would show it. */
export function keepPage(onChanged: () => void): void {
  if (!("serviceWorker" in navigator)) return;
  navigator.serviceWorker.addEventListener("message", (event) => {
    if (event.data !== "page-changed") return;
    const untouched = performance.now() < YOUNG_MS && !navigator.userActivation?.hasBeenActive;
    if (untouched) location.reload();
    else onChanged();
  });
  navigator.serviceWorker.controller?.postMessage("is-this-current");
  // Without it the page works as well, online.
  navigator.serviceWorker.register("/sw.js").catch(() => undefined);
}
