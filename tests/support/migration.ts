/** The switch of the system by which waiting connections find another socket. */

const SWITCH = "/proc/sys/net/ipv4/tcp_migrate_req";

/** Who turns it holds this: tests run at the same time, and there is one switch. */
const LOCK = "/tmp/sluice-tests-migration.lock";

/** Whether a test may turn it. */
export function canSwitchMigration(): boolean {
  return Deno.build.os === "linux" && Deno.uid() === 0 && isWritable();
}

function isWritable(): boolean {
  try {
    // Nothing is written: another test may be about to.
    Deno.openSync(SWITCH, { write: true }).close();
    return true;
  } catch {
    return false; // a container may show it without letting it be changed
  }
}

/** Does something while it is on or off, and puts it back. */
export async function withMigration(
  isOn: boolean,
  task: () => Promise<void>,
): Promise<void> {
  using lock = await Deno.open(LOCK, { write: true, create: true });
  await lock.lock(true); // until it is closed
  const before = await Deno.readTextFile(SWITCH);
  await Deno.writeTextFile(SWITCH, isOn ? "1" : "0");
  try {
    await task();
  } finally {
    await Deno.writeTextFile(SWITCH, before);
  }
}
