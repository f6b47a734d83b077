import type { Parts } from "../parts.js";
import { trouble } from "../words.js";
import type { Chapter, Story } from "./story.js";

/**
 * `here`: a tab has come up, under this name. `ready`: so is the one that opened it. `exchange`: do it now. `holds`: what a tab
 * holds after that.
 */
type Message =
  | { readonly type: "here"; readonly name: string }
  | { readonly type: "ready"; readonly name: string }
  | { readonly type: "exchange" }
  | { readonly type: "holds"; readonly gen: number };

/** Two tabs that exchange at once. `theirs`: what the other one holds, as it said itself. */
interface Meeting {
  readonly chapter: Chapter;
  exchanged: boolean;
  said?: number;
  theirs?: number;
}

/** Until a new tab has done everything else it does in the beginning. */
const SETTLED_MS = 600;

/**
 * Another tab of this page, and an exchange in both of them at once. The new tab gives the sign, by a message: in the one behind it
 * a timer would come up to a second late.
 */
export class SecondTab {
  readonly #parts: Parts;
  readonly #story: Story;
  readonly #channel = new BroadcastChannel("shelflife-demo");
  readonly #name = crypto.randomUUID();
  /** The story of a tab that was opened and has not come up yet. */
  #expecting: Chapter | undefined;
  #meeting: Meeting | undefined;

  constructor(parts: Parts, story: Story) {
    this.#parts = parts;
    this.#story = story;
    this.#channel.onmessage = ({ data }) => this.#heard(data as Message);
    parts.session.onChange(() => this.#compare());
    if (parts.session.state !== "signed-out") this.#say({ type: "here", name: this.#name });
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
    switch (message.type) {
      case "here":
        if (this.#expecting?.current() !== true) return;
        this.#meeting = { chapter: this.#expecting, exchanged: false };
        this.#expecting = undefined;
        this.#say({ type: "ready", name: message.name });
        return;
      case "ready":
        if (message.name === this.#name) void this.#giveTheSign();
        return;
      case "exchange":
        if (this.#meeting !== undefined) void this.#exchange(this.#meeting);
        return;
      case "holds":
        if (this.#meeting !== undefined) this.#meeting.theirs = message.gen;
        this.#compare();
    }
  }

  async #giveTheSign(): Promise<void> {
    const meeting = { chapter: this.#story.begin("A second tab"), exchanged: false };
    this.#meeting = meeting;
    await new Promise((resolve) => setTimeout(resolve, SETTLED_MS));
    this.#say({ type: "exchange" });
    await this.#exchange(meeting);
  }

  async #exchange(meeting: Meeting): Promise<void> {
    const { tell } = meeting.chapter;
    const before = this.#generation();
    tell("Both tabs are there. Both exchange at the same moment.");
    try {
      await this.#parts.session.exchange();
      tell(`This tab held generation ${before}, and holds generation ${this.#generation()} now.`, "fresh");
      meeting.exchanged = true;
      this.#compare();
    } catch (error) {
      tell(trouble(error), "stale");
    }
  }

  /** Told once both hold the same: where one was slower it takes over what the other has, a moment later. */
  #compare(): void {
    const meeting = this.#meeting;
    const gen = this.#generation();
    if (meeting === undefined || !meeting.exchanged || gen === undefined) return;
    if (meeting.said !== gen) this.#say({ type: "holds", gen });
    meeting.said = gen;
    if (meeting.theirs !== gen) return;
    this.#meeting = undefined;
    meeting.chapter.tell(`The other tab holds generation ${gen}, the same as here. Nobody is signed out.`, "fresh");
  }

  #generation(): number | undefined {
    return this.#parts.session.lastKnownClaims()?.gen;
  }
}
