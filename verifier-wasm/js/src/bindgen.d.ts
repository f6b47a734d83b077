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
    );
    input(): number;
    verify(
      length: number,
      now: number,
      scope: string | undefined,
      groups: string | undefined,
      maxAuthAge: number | undefined,
    ): number;
    slot(): number;
    fresh_for(): number;
    exchangeable_for(): number;
    payload(): number;
    payload_length(): number;
    detail(): string;
    statistics(): Float64Array;
    free(): void;
  }
  export function __wbg_get_imports(): WebAssembly.Imports;
  export function __wbg_finalize_init(instance: WebAssembly.Instance): unknown;
}

/** The bytes of the wasm file, put into the bundle by `build.mjs`. */
declare module "shelflife-wasm-bytes" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

/** The same, deflated (RFC 1951). */
declare module "shelflife-wasm-deflated" {
  const bytes: Uint8Array<ArrayBuffer>;
  export default bytes;
}

declare module "*.wasm" {
  const module: WebAssembly.Module;
  export default module;
}

declare module "*.wasm?module" {
  const module: WebAssembly.Module;
  export default module;
}
