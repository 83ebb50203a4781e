/** Programs that tests use and that not every machine has. */

async function isInstalled(program: string): Promise<boolean> {
  try {
    const quiet = { stdin: "null", stdout: "null", stderr: "null" } as const;
    await new Deno.Command(program, { args: ["--version"], ...quiet }).output();
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

/** How a test is called that needs programs, and whether it can run: if not, its name says why. */
export async function needing(
  name: string,
  ...programs: readonly string[]
): Promise<{ readonly name: string; readonly ignore: boolean }> {
  for (const program of programs) {
    if (await isInstalled(program)) continue;
    const why = `skipped: ${program} is not installed`;
    return { name: `${name} (${why})`, ignore: true };
  }
  return { name, ignore: false };
}
