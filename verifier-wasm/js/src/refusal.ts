import { type Code, codes } from "./codes.js";
import type { Refused } from "./verdict.js";

export function refusal(code: Code, detail: string): Refused {
  return { state: "invalid", code, action: codes[code].action, detail };
}
