/** The messages between the program and the thread that evaluates a configuration. */

/** To the thread. */
export interface ToModule {
  /** What to import. */
  readonly specifier: string;
}

/** From the thread. */
export type FromModule =
  | { readonly kind: "value"; readonly value: unknown }
  | { readonly kind: "failed"; readonly message: string };
