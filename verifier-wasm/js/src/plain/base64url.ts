const ALPHABET = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
const VALUES = new Map(Array.from(ALPHABET, (character, value) => [character.charCodeAt(0), value]));

/**
 * Base64url as RFC 7515 means it: no padding, no whitespace, no stray bits in the last character. `undefined` for anything that
 * is not the one strict spelling of some bytes. The engine's own `atob` is more generous.
 */
export function decode(text: string): Uint8Array | undefined {
  // Six bits are no byte.
  if (text.length % 4 === 1) return undefined;
  const bytes = new Uint8Array((text.length * 3) >> 2);
  let bits = 0;
  let pending = 0;
  let at = 0;
  for (let index = 0; index < text.length; index++) {
    const value = VALUES.get(text.charCodeAt(index));
    if (value === undefined) return undefined;
    pending = (pending << 6) | value;
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes[at++] = pending >> bits;
      pending &= (1 << bits) - 1;
    }
  }
  return pending === 0 ? bytes : undefined;
}

export function encode(bytes: Uint8Array): string {
  let text = "";
  for (let index = 0; index < bytes.length * 8; index += 6) {
    const [first = 0, second = 0] = bytes.subarray(index >> 3);
    text += ALPHABET[(((first << 8) | second) >> (10 - (index & 7))) & 63];
  }
  return text;
}
