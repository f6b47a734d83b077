import type { Parts } from "../parts.js";
import { trouble } from "../words.js";
import type { Chapter, Story } from "./story.js";

/** `here`: a tab has come up. `exchange`: do it at this instant (ms since 1970). `holds`: what a tab holds afterwards. */
type Message =
  | { readonly type: "here" }
  | { readonly type: "exchange"; readonly at: number }
  | { readonly type: "holds"; readonly gen: number };

/** Time for the message to arrive; background tabs look at their timers once a second. */
const AHEAD_MS = 1500;

/** Another tab of this page, and an exchange in both of them at once. */
export class SecondTab {
  readonly #parts: Parts;
  readonly #story: Story;
  readonly #channel = new BroadcastChannel("shelflife-demo");
  /** The story of a tab that was opened and has not come up yet. */
  #expecting: Chapter | undefined;
  #telling: Chapter | undefined;

  constructor(parts: Parts, story: Story) {
    this.#parts = parts;
    this.#story = story;
    this.#channel.onmessage = ({ data }) => this.#heard(data as Message);
    if (parts.session.state !== "signed-out") this.#say({ type: "here" });
    // A page in the back/forward cache is thrown out of it by an open channel.
    addEventListener("pagehide", () => this.#channel.close());
  }

  async open(): Promise<void> {
    const chapter = this.#story.begin("A second tab");
    this.#expecting = chapter;
    chapter.tell("Opening it. It finds the same token in the storage, and judges it for itself.");
    if (window.open(location.href, "_blank") === null) {
      chapter.tell("The browser did not allow a second tab. Open one yourself: it will do as well.", "stale");
    }
  }

  #say(message: Message): void {
    this.#channel.postMessage(message);
  }

  #heard(message: Message): void {
    if (message.type === "here") {
      if (this.#expecting?.current() !== true) return;
      const chapter = this.#expecting;
      this.#expecting = undefined;
      const at = Date.now() + AHEAD_MS;
      this.#say({ type: "exchange", at });
      void this.#exchangeAt(at, chapter);
    } else if (message.type === "exchange") {
      void this.#exchangeAt(message.at, this.#story.begin("A second tab"));
    } else {
      const mine = this.#parts.session.lastKnownClaims()?.gen;
      const same = mine === message.gen ? "the same as here. Nobody is signed out." : `and here it is ${mine}.`;
      this.#telling?.tell(`The other tab holds generation ${message.gen}, ${same}`, "fresh");
    }
  }

  async #exchangeAt(at: number, { tell, ...chapter }: Chapter): Promise<void> {
    const { session } = this.#parts;
    this.#telling = { tell, ...chapter };
    const before = session.lastKnownClaims()?.gen;
    tell("Both tabs are there. Both exchange at the same moment.");
    await new Promise((resolve) => setTimeout(resolve, at - Date.now()));
    try {
      await session.exchange();
      const gen = session.lastKnownClaims()?.gen;
      tell(`This tab held generation ${before}, and holds generation ${gen} now.`, "fresh");
      if (gen !== undefined) this.#say({ type: "holds", gen });
    } catch (error) {
      tell(trouble(error), "stale");
    }
  }
}
