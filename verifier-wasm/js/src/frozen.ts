/** Whoever changed the claims of one verdict would change those of the next: they are the same object. */
export function frozen<T extends object>(value: T): T {
  for (const member of Object.values(value)) {
    if (typeof member === "object" && member !== null) frozen(member as object);
  }
  return Object.freeze(value);
}
