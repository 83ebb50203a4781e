/**
 * The thread of the cache on disk, on a disk that hangs while there is a file `hangs`
 * beside its folder, and whose thread ends when it is told so.
 *
 * Whatever touches a file of a body waits, as it would for a disk that does not answer.
 */

const STEP_MS = 2;
const WAITED = new Int32Array(new SharedArrayBuffer(4));

/** Where a path's folder has its sign; undefined if it is not one of a body. */
function signOf(path: string | URL): string | undefined {
  const at = String(path).indexOf("/bodies/");
  return at < 0 ? undefined : `${String(path).slice(0, at)}.hangs`;
}

function hang(path: string | URL): void {
  const sign = signOf(path);
  while (sign !== undefined && isThere(sign)) {
    Atomics.wait(WAITED, 0, 0, STEP_MS);
  }
}

function isThere(path: string): boolean {
  try {
    Deno.lstatSync(path);
    return true;
  } catch {
    return false;
  }
}

const { readFileSync, writeFileSync, openSync } = Deno;
Object.assign(Deno, {
  readFileSync(path: string | URL): Uint8Array {
    hang(path);
    return readFileSync(path);
  },
  writeFileSync(
    path: string | URL,
    data: Uint8Array,
    options?: Deno.WriteFileOptions,
  ): void {
    hang(path);
    writeFileSync(path, data, options);
  },
  openSync(path: string | URL, options?: Deno.OpenOptions): Deno.FsFile {
    hang(path);
    return openSync(path, options);
  },
});

/** By which tests end the thread. */
const ends = new BroadcastChannel("disk thread ends");
// Before the thread's own, which would survive it.
globalThis.addEventListener(
  "error",
  (event) => event.stopImmediatePropagation(),
);
ends.onmessage = (): void => {
  ends.close();
  throw new Error("the thread of the test ends");
};

// What comes while the thread's own module is being loaded has nobody to listen to it.
const early: unknown[] = [];
const keep = (event: Event): void => {
  early.push((event as MessageEvent).data);
};
globalThis.addEventListener("message", keep);
await import("../../lib/cache/disk/disk_thread.ts");
globalThis.removeEventListener("message", keep);
for (const data of early) {
  globalThis.dispatchEvent(new MessageEvent("message", { data }));
}
export {};
