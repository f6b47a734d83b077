// Ports for programs whose address has to be known before they start, or that come back at the same address.
import { randomInt } from "node:crypto";
import { createServer } from "node:net";

/**
 * Below the range from which systems take the ports of outgoing connections (32768 on Linux, 49152 elsewhere): a browser that is
 * open meanwhile would sometimes be given the very port that a program is about to listen on.
 */
const [LOWEST, HIGHEST] = [20_000, 32_000];

/** Free when it was looked at; what is started next to this one may have looked, too. */
const TAKEN = /address already in use|EADDRINUSE|taken by another program/i;
const ATTEMPTS = 5;

/** Starts something that has to know its address beforehand; on another one if somebody was quicker. */
export async function onFreePort(start) {
  for (let attempt = 1; ; attempt++) {
    try {
      return await start(`127.0.0.1:${await freePort()}`);
    } catch (error) {
      if (attempt === ATTEMPTS || !TAKEN.test(error.message)) throw error;
    }
  }
}

async function freePort() {
  for (;;) {
    const port = randomInt(LOWEST, HIGHEST);
    if (await isFree(port)) return port;
  }
}

function isFree(port) {
  const server = createServer();
  return new Promise((resolve) => {
    server.once("error", () => resolve(false));
    server.listen(port, "127.0.0.1", () => server.close(() => resolve(true)));
  });
}
