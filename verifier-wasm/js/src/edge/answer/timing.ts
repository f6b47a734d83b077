/**
 * Starts a measurement; the result ends it with a line for `Server-Timing`. Workers stop the clock between two waits, so there a
 * check without a request costs 0.0: `desc` is what one looks at, and `dur` tells the cost of fetched keys or of an exchange.
 */
export function timing(): (desc: string) => string {
  const started = performance.now();
  return (desc) =>
    `shelflife;dur=${(performance.now() - started).toFixed(1)};desc="${desc.replaceAll(/[^\w.-]/g, "_")}"`;
}
