import type { Snapshot } from "@shelflife/verifier/session";
import { el, type View } from "../dom.js";
import type { Mischief } from "../mischief/mischief.js";
import type { Parts } from "../parts.js";
import { Call } from "./call.js";
import { Devices } from "./devices.js";
import { Exchange } from "./exchange.js";
import { NewPassword } from "./new-password.js";
import { Sensitive } from "./sensitive.js";
import { TokenLabel } from "./token-label.js";

export type SignedIn = Exclude<Snapshot, { state: "signed-out" }>;

/** What somebody sees who is signed in. */
export class Dashboard implements View<SignedIn> {
  readonly #label: TokenLabel;
  readonly #devices: Devices;
  readonly node: HTMLElement;

  constructor(parts: Parts, mischief: Mischief) {
    this.#label = new TokenLabel(parts);
    this.#devices = new Devices(parts);
    const password = new NewPassword(parts, () => void this.loadDevices());
    this.node = el(
      "div",
      { class: "dashboard" },
      this.#label.node,
      el("div", { class: "pair" }, new Call(parts).node, new Exchange(parts).node),
      this.#devices.node,
      mischief.attach(),
      el("div", { class: "pair" }, new Sensitive(parts).node, password.node),
    );
  }

  update(snapshot: SignedIn): void {
    this.#label.update(snapshot);
  }

  /** After a sign-in the reader stands on the state, not on a form that is gone. */
  focus(): void {
    this.#label.focus();
  }

  loadDevices(): Promise<void> {
    return this.#devices.load();
  }
}
