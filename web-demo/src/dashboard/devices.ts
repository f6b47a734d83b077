import type { Device } from "@shelflife/verifier/session";
import { el, once, setText } from "../dom.js";
import type { Parts } from "../parts.js";
import { moment, trouble } from "../words.js";

/** Ended ones are shown for the reason they ended with, and that interests for a while only. */
const MOST_ENDED = 4;

/** The user's sessions, as the issuer knows them, and the end of those that should be none. */
export class Devices {
  readonly #parts: Parts;
  readonly #list = el(
    "ul",
    { "data-testid": "sessions" },
    el("li", { class: "empty" }, "Asked for once the token is fresh."),
  );
  readonly #outcome = el("output", { class: "step", "data-testid": "devices-outcome" });
  readonly #others = el(
    "button",
    { type: "button", "data-testid": "end-others", disabled: true, click: () => void this.#endOthers() },
    "End all others",
  );
  /** Which question to the issuer was the last one, and the answer to which is shown. */
  #asked = 0;
  #shown = 0;
  readonly #title = el("h2", { id: "devices-title", tabindex: "-1" }, "Your devices");
  readonly node = el(
    "section",
    { class: "panel devices", "aria-labelledby": "devices-title" },
    el("div", { class: "panel-head" }, this.#title, this.#outcome, this.#others),
    this.#list,
  );

  constructor(parts: Parts) {
    this.#parts = parts;
  }

  /** Leaves the old list where it is when the issuer cannot be asked. */
  async load(): Promise<void> {
    const { session } = this.#parts;
    if (session.state !== "fresh") return;
    const question = ++this.#asked;
    const devices = await session.devices().catch(() => undefined);
    // Answers overtake one another, and one from before would show again what has been ended.
    if (devices === undefined || question < this.#shown) return;
    this.#shown = question;
    const living = devices.filter((device) => device.ended_at === null);
    const ended = devices.filter((device) => device.ended_at !== null);
    living.sort((one, other) => Number(other.current) - Number(one.current) || other.created_at - one.created_at);
    ended.sort((one, other) => (other.ended_at ?? 0) - (one.ended_at ?? 0));
    const shown = [...living, ...ended.slice(0, MOST_ENDED)];
    const focused = this.#list.contains(document.activeElement);
    this.#list.replaceChildren(...shown.map((device) => this.#row(device)));
    // The button that was pressed may be gone, and nobody should be thrown to the top of the page for that.
    if (focused) this.#title.focus({ preventScroll: true });
    this.#others.toggleAttribute("disabled", living.length < 2);
  }

  #row(device: Device): HTMLElement {
    const name = device.device ?? "Unnamed device";
    const ended = device.ended_at !== null;
    const signedIn = `Signed in ${moment(device.created_at)}`;
    const when: (Node | string)[] = [el("span", {}, signedIn)];
    if (device.last_exchanged_at !== null)
      when.push(", ", el("span", {}, `last exchange ${moment(device.last_exchanged_at)}`));
    const reason = (device.reason ?? "unknown").replaceAll("_", " ");
    const mark = ended ? `ended: ${reason}` : device.current ? "this one" : "";
    const end = el("button", { type: "button", class: "small", "aria-label": `End ${name}, ${signedIn}` }, "End");
    end.addEventListener("click", () => void this.#end(end, device.session_id, name));
    return el(
      "li",
      ended ? { class: "ended" } : {},
      el("span", { class: "device" }, name),
      el("span", { class: "chip", hidden: mark === "" }, mark),
      el("span", { class: "when" }, ...when),
      ...(ended || device.current ? [] : [end]),
    );
  }

  #end(button: HTMLElement, sid: string, name: string): Promise<void> {
    return this.#tell(button, async () =>
      (await this.#parts.session.end(sid)) ? `${name} was ended.` : "It had ended before.",
    );
  }

  #endOthers(): Promise<void> {
    return this.#tell(this.#others, async () => {
      const count = await this.#parts.session.endOthers();
      return count === 1 ? "One other was ended." : `${count} others were ended.`;
    });
  }

  /** The list first, then the sentence: what is said to be ended must not stand there as if it were not. */
  #tell(button: HTMLElement, act: () => Promise<string>): Promise<void> {
    return once(button, async () => {
      // The same words again are news only if they were gone.
      setText(this.#outcome, "");
      const outcome = await act().catch(trouble);
      await this.load();
      setText(this.#outcome, outcome);
    });
  }
}
