import {
  createSession,
  memoryStorage,
  type Session,
  SessionError,
  type TokenStorage,
} from "@shelflife/verifier/session";
import { el, setText } from "../dom.js";
import type { Parts } from "../parts.js";
import { countdown, trouble } from "../words.js";
import type { Chapter, Story } from "./story.js";

/** A little more than the issuer's usual grace of 30 s. With another grace the story takes a turn more, and ends the same. */
const AWAY = 32;

/** Copies what lies in the storage into a client of its own, as whoever can run a script in this page could. */
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
  const fetch = requests.fetchAs("the thief");
  const thief = await createSession({ issuer, verifier, storage: loot, name: "thief", fetch, now: clock.now });
  chapter.tell("A second client took a copy of the token. It needs no password.");
  await goOn(parts, thief, chapter).finally(() => thief.close());
}

/** The thief exchanges; then this page stays away for a while, and comes back. */
async function goOn(parts: Parts, thief: Session, chapter: Chapter): Promise<void> {
  const mine = parts.session.lastKnownClaims()?.gen ?? "?";
  try {
    await thief.exchange();
  } catch (error) {
    chapter.tell(`The thief was refused: ${trouble(error)}`, "refused");
    return;
  }
  const theirs = thief.lastKnownClaims()?.gen ?? "?";
  chapter.tell(`The thief exchanged it: generation ${theirs}. This page still holds generation ${mine}.`, "refused");
  chapter.tell(
    "For its grace (30 s, unless set otherwise) the issuer takes that for a lost answer. After that it is a theft.",
  );
  await waited(chapter);
  if (chapter.current()) await comeBack(parts, thief, chapter);
}

async function comeBack(parts: Parts, thief: Session, chapter: Chapter): Promise<void> {
  const { session } = parts;
  try {
    await session.exchange();
    const now = session.lastKnownClaims()?.gen ?? "?";
    chapter.tell(
      `Within the grace: you were given generation ${now} as well, and nobody is out. The thief goes on.`,
      "stale",
    );
    await goOn(parts, thief, chapter);
  } catch (error) {
    // It may also have ended otherwise meanwhile, or the issuer be away.
    if (!(error instanceof SessionError) || error.reason !== "reuse_detected") {
      chapter.tell(trouble(error), "stale");
      return;
    }
    chapter.tell(`You came back with the old one. The issuer ended the session: ${error.reason}.`, "refused");
    chapter.tell(`You are told: “${error.message}”`);
    const refused = await thief.exchange().then(
      () => undefined,
      (why: unknown) => why,
    );
    if (refused === undefined) chapter.tell("The thief still gets tokens. That should not be.", "refused");
    else chapter.tell(`The thief tried to go on and is out, too: “${trouble(refused)}”`, "fresh");
  }
}

/** Until the person presses the button, or the time is over. */
function waited(chapter: Chapter): Promise<void> {
  return new Promise((resolve) => {
    const until = Date.now() + AWAY * 1000;
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
    chapter.offer(el("button", { type: "button", "data-testid": "come-back", click: done }, "Come back now"), left);
    look();
  });
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
