/**
 * Listening on a Unix socket, whose file another process may take over.
 *
 * When a listener closes, the runtime removes the file that it was bound to, whosever
 * file has that name by then. So it is bound under another name, which is moved to the
 * right one: that takes the place of an older file at once, and no client finds
 * nothing in between.
 */

/** A listener, and what is to be done with its file when it closes. */
export interface UnixListener {
  readonly listener: Deno.Listener;
  /** Removes the file, unless it has become another's. */
  readonly removeFile: () => void;
}

/**
 * Listens on a path; replaces a dead socket that another process left behind.
 *
 * @param takesOver Whether to take the place of a living one, too.
 * @throws {Error} Somebody listens there, it is no socket, or it cannot be made.
 */
export async function openUnix(
  path: string,
  takesOver: boolean,
): Promise<UnixListener> {
  const isFree = takesOver || await isMissingOrDead(path);
  if (!isFree) return bindDirectly(path); // which says what is wrong
  const own = `${path}.${Deno.pid}`;
  let listener: Deno.Listener;
  try {
    listener = Deno.listen({ transport: "unix", path: own });
  } catch {
    // The name is too long, or only the other one is permitted.
    if (await isThere(path)) await Deno.remove(path);
    return bindDirectly(path);
  }
  try {
    const { dev, ino } = await Deno.lstat(own);
    await Deno.rename(own, path);
    return { listener, removeFile: () => removeIfOwn(path, dev, ino) };
  } catch (error) {
    listener.close();
    throw error;
  }
}

/** Without a way to be taken over: closing it removes whatever has the name then. */
function bindDirectly(path: string): UnixListener {
  const listener = Deno.listen({ transport: "unix", path });
  return { listener, removeFile: (): void => {} };
}

/** Whether nothing is there, or a socket that nobody listens on. */
async function isMissingOrDead(path: string): Promise<boolean> {
  if (!await isThere(path)) return true;
  if (!(await Deno.lstat(path)).isSocket) return false;
  try {
    (await Deno.connect({ transport: "unix", path })).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.ConnectionRefused;
  }
}

async function isThere(path: string): Promise<boolean> {
  try {
    await Deno.lstat(path);
    return true;
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return false;
    throw error;
  }
}

function removeIfOwn(path: string, dev: number, ino: number | null): void {
  try {
    const found = Deno.lstatSync(path);
    if (found.dev === dev && found.ino === ino) Deno.removeSync(path);
  } catch {
    // It is gone already, or its folder may not be changed any more: it is dead, and known as that.
  }
}
