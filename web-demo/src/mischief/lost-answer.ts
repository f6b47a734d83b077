import type { Parts } from "../parts.js";
import { trouble } from "../words.js";
import type { Story } from "./story.js";

/** An exchange whose answer is thrown away on its way in. The client asks again, and gets the very same token. */
export async function loseAnswer({ session, requests }: Parts, story: Story): Promise<void> {
  const { tell } = story.begin("A lost answer");
  const before = session.lastKnownClaims()?.gen;
  let lost: Promise<string> | undefined;
  requests.loseNext("/oauth/token", (answer) => {
    lost = tokenIn(answer);
    tell(
      "The issuer made the next token, and its answer was lost on the way. At first a theft looks the same to the issuer.",
      "refused",
    );
  });
  tell(`This page exchanges generation ${before ?? "?"}.`);
  try {
    await session.exchange();
    tell("It asked again at once, with the same old token.");
    const same = lost !== undefined && (await lost) === session.rawToken();
    const now = session.lastKnownClaims()?.gen ?? "?";
    if (same) tell(`The answer: generation ${now}, byte for byte the token that was lost. Still signed in.`, "fresh");
    else tell(`The answer: generation ${now}. Still signed in.`, "fresh");
    tell(
      "However late it had asked, it would still be signed in: the issuer would have taken the answer for lost, and made one more " +
        "generation, because nothing ever showed it the lost token.",
    );
  } catch (error) {
    tell(`${trouble(error)} Nobody was signed out by that.`, "stale");
  } finally {
    requests.loseNothing();
  }
}

async function tokenIn(answer: Response): Promise<string> {
  const body = (await answer.json().catch(() => ({}))) as { access_token?: unknown };
  return String(body.access_token);
}
