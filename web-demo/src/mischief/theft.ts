import {
  createSession,
  memoryStorage,
  type Session,
  SessionError,
  type TokenStorage,
} from "@shelflife/verifier/session";
import { el, once, setText } from "../dom.js";
import type { Parts } from "../parts.js";
import { countdown, trouble } from "../words.js";
import type { Chapter, Story } from "./story.js";

/** Seconds. A little more than the issuer's usual grace of 30 s. With a longer one the owner is given the thief's token, and it goes on. */
const AWAY = 32;
/** Seconds until the thief comes back by itself. */
const THIEF_AWAY = 10;

/** Copies what lies in the storage into a client of its own, as any script in this page could. */
export async function stealToken(parts: Parts, story: Story): Promise<void> {
  const chapter = story.begin("A stolen token");
  const loot = copied();
  if (loot === undefined) {
    chapter.tell(
      "There is nothing to copy: the storage of this browser does not work, and the token is in memory only.",
    );
    return;
  }
  const { issuer, verifier, requests, clock } = parts;
  const fetch = silent(requests.fetchAs("the thief"));
  const thief = await createSession({ issuer, verifier, storage: loot, name: "thief", fetch, now: clock.now });
  chapter.tell("A second client took a copy of the token. It needs no password.");
  await goOn(parts, thief, chapter).finally(() => thief.close());
}

/** The thief exchanges; then this page stays away for a while, and comes back. */
async function goOn(parts: Parts, thief: Session, chapter: Chapter): Promise<void> {
  const mine = generation(parts.session);
  const refusal = await refusalOf(thief.exchange());
  if (refusal !== undefined) {
    chapter.tell(`The thief was refused: ${refusal.message}`, "refused");
    return;
  }
  chapter.tell(
    `The thief exchanged it: generation ${generation(thief)}. This page still holds generation ${mine}.`,
    "refused",
  );
  chapter.tell(
    "Come back within the grace (30 s, unless set otherwise), and you get the same token as the thief. Later it depends on " +
      "whether the issuer has seen the thief's token since it left.",
  );
  const use = { shown: false };
  await waited(chapter, "come-back", "Come back now", AWAY, useButton(thief, chapter, use));
  if (chapter.current()) await comeBack(parts, thief, chapter, use.shown);
}

/** Any call with the thief's token as bearer shows it to the issuer. */
function useButton(thief: Session, chapter: Chapter, use: { shown: boolean }): HTMLElement {
  const button = el("button", { type: "button", "data-testid": "thief-uses" }, "Let the thief use it");
  const run = async (): Promise<void> => {
    const refusal = await refusalOf(thief.devices());
    use.shown ||= refusal === undefined;
    chapter.tell(
      refusal === undefined
        ? "The thief looked at your devices. So the issuer has seen the thief's token, and knows that no answer was lost."
        : `The thief was refused: ${refusal.message}`,
      "refused",
    );
    if (use.shown) button.remove();
  };
  button.addEventListener("click", () => void once(button, run));
  return button;
}

async function comeBack(parts: Parts, thief: Session, chapter: Chapter, shown: boolean): Promise<void> {
  const { session } = parts;
  const refusal = await refusalOf(session.exchange());
  if (refusal === undefined && session.rawToken() === thief.rawToken()) {
    chapter.tell(
      `Within the grace: you were given generation ${generation(session)} as well. Both of you go on.`,
      "stale",
    );
    await goOn(parts, thief, chapter);
  } else if (refusal === undefined) {
    await displaced(parts, thief, chapter);
  } else if (refusal.reason === "reuse_detected") {
    const why = shown ? ", and the issuer has seen its successor: so two clients use this session" : "";
    chapter.tell(`You came back with the old token${why}. The issuer ended the session: ${refusal.reason}.`, "refused");
    chapter.tell(`You are told: “${refusal.message}”`);
    const theirs = await refusalOf(thief.exchange());
    if (theirs === undefined) chapter.tell("The thief still gets tokens. That should not be.", "refused");
    else chapter.tell(`The thief tried to go on and is out, too: “${theirs.message}”`, "fresh");
  } else {
    // It may also have ended otherwise meanwhile, or the issuer be away.
    chapter.tell(refusal.message, "stale");
  }
}

/** The owner was late and goes on; the thief's generation is displaced, and ends the session when it is shown. */
async function displaced({ session }: Parts, thief: Session, chapter: Chapter): Promise<void> {
  chapter.tell(
    `The issuer never saw the thief's token, so it took its answer for lost: you go on with generation ` +
      `${generation(session)}. Generation ${generation(thief)} is displaced.`,
    "fresh",
  );
  chapter.tell("The thief can use what it has until that goes stale. Then it has to exchange it.");
  await waited(chapter, "thief-exchanges", "Let the thief exchange it", THIEF_AWAY);
  if (!chapter.current()) return;
  const refused = await refusalOf(thief.exchange());
  if (refused === undefined) {
    chapter.tell("The thief still gets tokens. That should not be.", "refused");
    return;
  }
  chapter.tell(
    `The thief showed the displaced generation. The issuer ended the session: ${refused.reason ?? refused.message}.`,
    "refused",
  );
  const told = await refusalOf(session.exchange());
  if (told === undefined) chapter.tell("You still get tokens. That should not be.", "refused");
  else chapter.tell(`At your next exchange you are out, too, and told why: “${told.message}”`, "fresh");
}

/** Until the person presses the button, or the time is over. */
function waited(chapter: Chapter, id: string, label: string, seconds: number, more?: HTMLElement): Promise<void> {
  return new Promise((resolve) => {
    const until = Date.now() + seconds * 1000;
    // Not read out every second.
    const left = el("span", { class: "left", "aria-hidden": "true" });
    const done = (): void => {
      clearInterval(timer);
      chapter.offer();
      resolve();
    };
    const look = (): void => {
      const seconds = Math.ceil((until - Date.now()) / 1000);
      setText(left, `by itself in ${countdown(seconds)}`);
      if (seconds <= 0 || !chapter.current()) done();
    };
    const timer = setInterval(look, 500);
    const button = el("button", { type: "button", "data-testid": id, click: done }, label);
    chapter.offer(button, left, ...(more === undefined ? [] : [more]));
    look();
  });
}

/** Undefined when it worked. */
function refusalOf(
  work: Promise<unknown>,
): Promise<{ readonly message: string; readonly reason?: string | undefined } | undefined> {
  return work.then(
    () => undefined,
    (error: unknown) => (error instanceof SessionError ? error : { message: trouble(error) }),
  );
}

function generation(session: Session): number | string {
  return session.lastKnownClaims()?.gen ?? "?";
}

/** Without the report that a token has arrived, which every honest client sends: a thief gains nothing by it. */
function silent(fetcher: typeof fetch): typeof fetch {
  return async (input, init) => {
    const { pathname } = new URL(input instanceof Request ? input.url : input);
    return pathname.endsWith("/sessions/seen") ? new Response(null, { status: 204 }) : fetcher(input, init);
  };
}

function copied(): TokenStorage | undefined {
  try {
    const stored = localStorage.getItem("shelflife");
    if (stored === null) return undefined;
    const storage = memoryStorage();
    storage.write(stored);
    return storage;
  } catch {
    return undefined;
  }
}
