/** What is used of the code that wasm-bindgen generates. */
declare module "shelflife-bindgen" {
  export class Verifier {
    constructor(
      issuer: string,
      audience: string,
      jwks: string,
      maxTokenBytes: number,
      maxLifetime: number,
      clockTolerance: number,
      windowTolerance: number,
      cache: number,
      listBytes: number,
      listAge: number | undefined,
      shut: boolean,
    );
    input(): number;
    output(): number;
    verify(
      length: number,
      now: number,
      scope: string | undefined,
      groups: string | undefined,
      maxAuthAge: number | undefined,
    ): number;
    list_input(length: number): number;
    update_revocations(now: number): number;
    revocations(): Float64Array;
    inherit_revocations(other: Verifier): void;
    statistics(): Float64Array;
    free(): void;
  }
  export function __wbg_get_imports(): WebAssembly.Imports;
  export function __wbg_finalize_init(instance: WebAssembly.Instance): unknown;
}

/** The wasm file in base64, put into the bundle by `build.mjs`. */
declare module "shelflife-wasm-bytes" {
  const base64: string;
  export default base64;
}

/** The same, deflated (RFC 1951). */
declare module "shelflife-wasm-deflated" {
  const base64: string;
  export default base64;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
