/** Variables that the system sets for a program, as far as it may read them. */

/** The value of a variable; undefined if it is not set, or may not be read. */
export function systemVariable(name: string): string | undefined {
  try {
    return Deno.env.get(name);
  } catch (error) {
    if (error instanceof Deno.errors.NotCapable) return undefined;
    throw error;
  }
}
