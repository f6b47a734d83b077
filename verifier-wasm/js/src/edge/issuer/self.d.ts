// The package as this part of it sees it: by name, because only a name is resolved by the conditions of the runtime.
declare module "@shelflife/verifier" {
  export function createVerifier(
    options: import("../../options.js").VerifierOptions,
  ): Promise<import("../../verifier.js").Verifier>;
}
