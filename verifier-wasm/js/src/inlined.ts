/** The bytes of what the build put into the bundle as base64. Natively where the runtime can: a loop is slow before it is hot. */
export function inlined(base64: string): Uint8Array<ArrayBuffer> {
  const { Buffer, Uint8Array: Bytes } = globalThis as unknown as Natives;
  if (Bytes.fromBase64) return Bytes.fromBase64(base64);
  if (Buffer) return Buffer.from(base64, "base64");
  return Uint8Array.from(atob(base64), (character) => character.charCodeAt(0));
}

interface Natives {
  /** ECMAScript 2026. */
  Uint8Array: { fromBase64?(text: string): Uint8Array<ArrayBuffer> };
  /** Node, Deno and Bun. */
  Buffer?: { from(text: string, encoding: "base64"): Uint8Array<ArrayBuffer> };
}
