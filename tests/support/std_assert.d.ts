/** Types for the parts of `@std/assert` that the tests use: its npm form ships none. */

/** Throws if `expr` is falsy. */
export function assert(expr: unknown, msg?: string): asserts expr;
/** Throws unless the two are deeply equal. */
export function assertEquals<T>(actual: T, expected: T, msg?: string): void;
/** Throws if the two are deeply equal. */
export function assertNotEquals<T>(actual: T, expected: T, msg?: string): void;
/** Throws unless the two are the same. */
export function assertStrictEquals<T>(
  actual: unknown,
  expected: T,
  msg?: string,
): asserts actual is T;
/** Throws unless `actual` contains `expected`. */
export function assertStringIncludes(
  actual: string,
  expected: string,
  msg?: string,
): void;
/** Throws unless `actual` matches. */
export function assertMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void;
/** Throws if `actual` matches. */
export function assertNotMatch(
  actual: string,
  expected: RegExp,
  msg?: string,
): void;
/** Throws unless `fn` throws; returns what it threw. */
export function assertThrows<E extends Error = Error>(
  fn: () => unknown,
  errorClass?: new (...args: never[]) => E,
  msgIncludes?: string,
  msg?: string,
): E;
/** Rejects unless the promise of `fn` rejects; resolves to what it rejected with. */
export function assertRejects<E extends Error = Error>(
  fn: () => PromiseLike<unknown>,
  errorClass?: new (...args: never[]) => E,
  msgIncludes?: string,
  msg?: string,
): Promise<E>;
/** Throws always. */
export function fail(msg?: string): never;
