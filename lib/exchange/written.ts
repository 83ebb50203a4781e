/**
 * Who may write what of the values that travel: everybody sees their fields `readonly`,
 * and each room that writes some has a file `writes.ts` that names them.
 */

/** A value as its writer sees it: these fields of it, writable. */
export type Written<Value, Name extends keyof Value> = {
  -readonly [Key in Name]: Value[Key];
};
