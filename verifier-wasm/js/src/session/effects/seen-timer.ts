import type { Held } from "../held.js";

/** From storing a successor to reporting it. Most are shown to the issuer by then, or exchanged. */
const DELAY_MS = 60_000;

/** Holds the one successor that the issuer has yet to be told of, and calls `due` with it once: a minute later, or when told to. */
export class SeenTimer {
  /** Undefined when there is nothing to report. */
  pending: Held | undefined;
  #timer: ReturnType<typeof setTimeout> | undefined;
  readonly #due: (held: Held) => void;

  constructor(due: (held: Held) => void) {
    this.#due = due;
  }

  /** Replaces what was pending. */
  schedule(held: Held): void {
    this.cancel();
    this.pending = held;
    this.#timer = setTimeout(() => this.fire(), DELAY_MS);
    // In Node a timer would keep the process alive.
    (this.#timer as { unref?: () => void }).unref?.();
  }

  fire(): void {
    const held = this.pending;
    this.cancel();
    if (held !== undefined) this.#due(held);
  }

  cancel(): void {
    clearTimeout(this.#timer);
    this.pending = undefined;
  }
}
