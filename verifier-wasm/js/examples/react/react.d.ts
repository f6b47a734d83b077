// The two functions of React that the example uses, so that it is checked without React being installed.
declare module "react" {
  export function useMemo<T>(make: () => T, inputs: readonly unknown[]): T;
  export function useSyncExternalStore<T>(subscribe: (changed: () => void) => () => void, snapshot: () => T): T;
}
