// The smallest page with a session, for tests: what it knows is on `window`, what happens goes to `told`.
import { createSession } from "/session.js";
import { createVerifier } from "/verifier.js";

performance.mark("loaded");
const { issuer, audience, jwks } = JSON.parse(document.getElementById("config").textContent);
const content = document.getElementById("content");

try {
  const verifier = await createVerifier({ issuer, audience, jwks });
  const session = await createSession({ issuer, verifier, ...window.sessionOptions });
  performance.mark("verdict");
  const show = ({ state }) => {
    content.textContent = state;
  };
  show(session.judge());
  session.onChange((snapshot, event) => {
    show(snapshot);
    window.told?.({ ...event, error: event.error?.code });
  });
  window.session = session;
  // As when the page is shown again: it looks into storage, and at the clock.
  window.lookAgain = () => {
    dispatchEvent(new Event("pageshow"));
    session.judge();
  };
} catch (error) {
  content.textContent = error.message;
  window.trouble = error.message;
}
