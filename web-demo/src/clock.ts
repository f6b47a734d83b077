const KEY = "shelflife-demo-clock";

/** The device's clock, which this page can set wrong on purpose: for all its tabs, until somebody sets it right. */
export class Clock {
  #skew = read();

  constructor() {
    addEventListener("storage", ({ key }) => {
      if (key === KEY || key === null) this.#skew = read();
    });
  }

  /** By how many seconds it is ahead. */
  get skew(): number {
    return this.#skew;
  }

  set skew(seconds: number) {
    this.#skew = seconds;
    try {
      localStorage.setItem(KEY, String(seconds));
    } catch {
      // Then it is wrong in this tab only, and right again after a reload.
    }
  }

  /** What the device believes, in seconds since 1970. */
  readonly now = (): number => Date.now() / 1000 + this.#skew;
}

function read(): number {
  try {
    const kept = Number(localStorage.getItem(KEY));
    return Number.isSafeInteger(kept) ? kept : 0;
  } catch {
    return 0;
  }
}
