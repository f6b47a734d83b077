/**
 * Whoever changed the claims of one verdict would change those of the next: they are the same object. Fresh from `JSON.parse`, so a
 * plain loop finds every member, in half of the time that lists of values take.
 */
export function frozen<T extends object>(value: T): T {
  if (Array.isArray(value)) {
    for (let at = 0; at < value.length; at++) freezeMember(value[at]);
  } else {
    for (const name in value) freezeMember(value[name]);
  }
  return Object.freeze(value);
}

function freezeMember(member: unknown): void {
  if (typeof member === "object" && member !== null) frozen(member);
}
