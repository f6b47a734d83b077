// The judge without wasm, in a file of its own: only pages that forbid wasm load it.
export { plainEngine } from "../plain/judge.js";
