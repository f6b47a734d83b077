/** What a runtime hands to a handler so that work can go on after the answer: `ctx` in Workers, `context` at Vercel. */
export interface Context {
  waitUntil?(work: Promise<unknown>): void;
}

/**
 * Lets work go on behind the answer. Runtimes without `waitUntil` (Node, Deno, Bun) do that by themselves. Some hand over
 * something else in this place, which is why it is looked at first.
 */
export function inBackground(work: Promise<unknown>, context: unknown): void {
  const done = settled(work);
  if (typeof context !== "object" || context === null) return;
  const { waitUntil } = context as Context;
  if (typeof waitUntil === "function") waitUntil.call(context, done);
}

/** The end of work, whatever it was; a failure is told in the log. */
export async function settled(work: Promise<unknown>): Promise<void> {
  try {
    await work;
  } catch (error) {
    console.error(`shelflife gate: ${error instanceof Error ? error.message : String(error)}`);
  }
}
