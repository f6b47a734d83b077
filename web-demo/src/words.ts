import { SessionError, type SessionEvent, type Snapshot } from "@shelflife/verifier/session";

const MINUTE = 60;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

/** `0:42`, `14:59`, `3:20:00`, `29 d 23 h`: as exact as it needs to be. */
export function countdown(seconds: number): string {
  const left = Math.max(0, Math.floor(seconds));
  const two = (value: number) => String(value).padStart(2, "0");
  if (left >= DAY) return `${Math.floor(left / DAY)} d ${Math.floor((left % DAY) / HOUR)} h`;
  const minutes = Math.floor((left % HOUR) / MINUTE);
  if (left >= HOUR) return `${Math.floor(left / HOUR)}:${two(minutes)}:${two(left % MINUTE)}`;
  return `${minutes}:${two(left % MINUTE)}`;
}

/** `1 minute`, `30 days`: a length in the largest unit that fits. */
export function span(seconds: number): string {
  const units: [number, string][] = [
    [DAY, "day"],
    [HOUR, "hour"],
    [MINUTE, "minute"],
  ];
  const [size, name] = units.find(([unit]) => seconds >= unit) ?? [1, "second"];
  const count = Math.round(seconds / size);
  return `${count} ${name}${count === 1 ? "" : "s"}`;
}

/** The time of day; with the date when that is another day. */
export function moment(seconds: number): string {
  const date = new Date(seconds * 1000);
  const time = timeOfDay(date);
  if (date.toDateString() === new Date().toDateString()) return time;
  const near = Math.abs(Date.now() - date.getTime()) < 180 * DAY * 1000;
  return near ? `${dayAndMonth(date)}, ${time.slice(0, 5)}` : day(date);
}

export function timeOfDay(date: Date): string {
  return date.toLocaleTimeString("en-GB", { hour12: false });
}

function dayAndMonth(date: Date): string {
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short" });
}

export function day(date: Date): string {
  return date.toLocaleDateString("en-GB", { day: "numeric", month: "short", year: "numeric" });
}

/** The state in a word, and what it means for the one who looks. */
export function meaning(snapshot: Snapshot): { readonly word: string; readonly text: string } {
  switch (snapshot.state) {
    case "fresh":
      return {
        word: "Fresh",
        text: "It opens the API. Whoever has the issuer's public key can tell, without asking anyone.",
      };
    case "stale":
      return {
        word: "Stale",
        text: "Past its best-before date. It opens nothing, but the issuer exchanges it for a new one.",
      };
    case "signed-out":
      if (snapshot.reason === "expired")
        return { word: "Expired", text: "The token kept here opens nothing any more. Sign in again." };
      return {
        word: "Signed out",
        text: snapshot.reason === "signed_out" ? "This device holds no token any more." : snapshot.message,
      };
  }
}

/** What the list of sessions will call this one. */
export function deviceName(): string {
  const agent = navigator.userAgent;
  const browser = /Edg\//.test(agent)
    ? "Edge"
    : /Firefox\//.test(agent)
      ? "Firefox"
      : /Chrom(e|ium)\//.test(agent)
        ? "Chrome"
        : /Safari\//.test(agent)
          ? "Safari"
          : "Browser";
  const systems: [RegExp, string][] = [
    [/iPhone|iPad/, "iOS"],
    [/Android/, "Android"],
    [/Mac OS X/, "macOS"],
    [/Windows/, "Windows"],
    [/Linux/, "Linux"],
  ];
  const system = systems.find(([pattern]) => pattern.test(agent))?.[1];
  return system === undefined ? browser : `${browser} on ${system}`;
}

/** What went wrong, in the words of whoever refused. */
export function trouble(error: unknown): string {
  return error instanceof SessionError ? error.message : String(error);
}

/** An event of the session as a line of the log. */
export function describe(event: SessionEvent): string {
  switch (event.type) {
    case "signed-in":
      return event.here ? "Signed in" : "Signed in, in another tab";
    case "exchanged":
      return event.here
        ? `Exchanged: generation ${event.from} → ${event.to}`
        : `Took generation ${event.to} from another tab`;
    case "claims-changed":
      return "The token says something new about the user";
    case "fresh":
      return "The token is fresh";
    case "stale":
      return "The token went stale";
    case "offline":
      return `${event.error.message} Nothing is lost; next try in ${span(event.retryIn)}.`;
    case "demand":
      return event.demand.message;
    case "signed-out":
      return event.message;
  }
}
