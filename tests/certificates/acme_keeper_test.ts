/** Certificates of ACME: ordered, kept, renewed, tried again later, and by one process only. */

import { AcmeKeeper } from "../../lib/certificates/acme_keeper.ts";
import {
  AcmeStorage,
  FolderLock,
} from "../../lib/certificates/acme_storage.ts";
import type { RenewalInfo } from "../../lib/certificates/renewal_info.ts";
import { readCertificate } from "../../lib/certificates/certificate.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const DAY = 86_400_000;

/** An authority, its storage, and a keeper that asks it. */
class Rig implements AsyncDisposable {
  readonly clock = new TestClock();
  readonly orders: string[] = [];
  readonly storage: AcmeStorage;
  readonly keeper: AcmeKeeper;
  readonly path: string;
  readonly replaced: (string | undefined)[] = [];
  readonly askedPauseMs = 0;
  isDown = false;
  info: RenewalInfo | undefined;
  asked = 0;
  changes = 0;
  #onOrder: (() => void) | undefined;

  constructor(path: string) {
    this.path = path;
    this.storage = new AcmeStorage(new FolderLock(path));
    this.keeper = new AcmeKeeper(this.storage, this, this.clock, () => {
      this.changes++;
      return Promise.resolve();
    });
  }

  static async make(): Promise<Rig> {
    return new Rig(`${await Deno.makeTempDir()}/acme`);
  }

  renewalInfo(): Promise<RenewalInfo | undefined> {
    this.asked++;
    return this.info === undefined
      ? Promise.reject(new Error("it says nothing"))
      : Promise.resolve(this.info);
  }

  async order(name: string, before: string | undefined): Promise<void> {
    this.orders.push(name);
    this.replaced.push(before);
    this.#onOrder?.();
    if (this.isDown) throw new Error("the directory is down");
    const { cert, key } = await makeSelfSigned(this.clock.now(), [name]);
    await this.storage.writeCertificate(name, cert, key);
  }

  /** Lets time pass until there has been an order. */
  async nextOrder(stepMs: number): Promise<void> {
    const ordered = new Promise<void>((resolve) => this.#onOrder = resolve);
    let isDone = false;
    ordered.then(() => isDone = true);
    while (!isDone) await this.pass(stepMs);
  }

  /** Lets time pass until something holds. */
  async until(holds: () => boolean): Promise<void> {
    while (!holds()) await this.pass(30_000);
  }

  /** Lets so much time pass, and the keeper do what is due then: it reads files. */
  async pass(ms: number): Promise<void> {
    await this.clock.advance(ms);
    do await new Promise((resolve) => setTimeout(resolve, 0)); while (
      this.clock.timerCount === 0
    ); // it waits again once it is done
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.keeper.stop();
    await Deno.remove(this.path.replace(/\/acme$/, ""), { recursive: true });
  }
}

Deno.test("what is missing is ordered, one after the other, and kept for its owner only", async () => {
  await using rig = await Rig.make();
  await rig.keeper.setNames(["a.test", "b.test"]);
  assertEquals(rig.keeper.certificates, []);
  rig.keeper.start();
  await rig.until(() => rig.changes === 2);
  assertEquals(rig.orders, ["a.test", "b.test"]);
  assertEquals(
    rig.keeper.certificates.map((text) => readCertificate(text).names[0]),
    ["a.test", "b.test"],
  );
  for (const file of ["a.test.pem", "b.test.pem", "lock"]) {
    const { mode } = await Deno.stat(`${rig.path}/${file}`);
    assertEquals((mode ?? 0) & 0o777, 0o600, file);
  }
});

Deno.test("what is stored is used at once, and renewed when it gets old", async () => {
  await using rig = await Rig.make();
  const { cert, key } = await makeSelfSigned(rig.clock.now(), ["a.test"]);
  await rig.storage.writeCertificate("a.test", cert, key);
  await rig.keeper.setNames(["a.test"]);
  assertEquals(rig.keeper.certificates.length, 1);
  rig.keeper.start();
  const begin = rig.clock.now();
  await rig.nextOrder(4 * DAY);
  const days = (rig.clock.now() - begin) / DAY;
  assert(days > 0.6 * 398 && days < 0.7 * 398, `${days} days`);
});

Deno.test("an authority that is down is asked ever more seldom, and then answered", async () => {
  await using rig = await Rig.make();
  rig.isDown = true;
  await rig.keeper.setNames(["a.test"]);
  rig.keeper.start();
  const times: number[] = [];
  for (let i = 0; i < 5; i++) {
    await rig.nextOrder(30_000);
    times.push(rig.clock.now());
  }
  const gaps = times.slice(1).map((time, i) => (time - times[i]!) / 60_000);
  for (const [i, gap] of gaps.entries()) {
    assert(gap >= 2 ** i && gap < 2 ** i * 1.25 + 2, `${gaps}`);
  }
  rig.isDown = false;
  await rig.until(() => rig.changes === 1);
});

Deno.test("a second process orders nothing, and uses what the first one gets", async () => {
  await using rig = await Rig.make();
  assert(await rig.storage.take());
  // Another process has a lock of its own; within one, the lock is the file's.
  const script = `
    import { AcmeStorage, FolderLock } from ${
    JSON.stringify(
      new URL("../../lib/certificates/acme_storage.ts", import.meta.url).href,
    )
  };
    console.log(await new AcmeStorage(new FolderLock(${
    JSON.stringify(rig.path)
  })).take());
    Deno.exit(0);`;
  const run = async (): Promise<string> => {
    const { stdout } = await new Deno.Command(Deno.execPath(), {
      args: ["eval", "--no-lock", script],
    }).output();
    return new TextDecoder().decode(stdout).trim();
  };
  assertEquals(await run(), "false");
  rig.storage.release();
  assertEquals(await run(), "true");
});

Deno.test("a name that is gone is not kept, and a damaged file is ordered anew", async () => {
  await using rig = await Rig.make();
  await Deno.mkdir(rig.path);
  await Deno.writeTextFile(`${rig.path}/a.test.pem`, "nonsense");
  await rig.keeper.setNames(["a.test"]);
  assertEquals(rig.keeper.certificates, []);
  rig.keeper.start();
  await rig.until(() => rig.changes === 1);
  assertEquals(rig.keeper.certificates.length, 1);
  await rig.keeper.setNames([]);
  assertEquals(rig.keeper.certificates, []);
});

Deno.test("a certificate is renewed when its authority suggests it, and replaces the one before", async () => {
  await using rig = await Rig.make();
  const { cert, key } = await makeSelfSigned(rig.clock.now(), ["a.test"]);
  await rig.storage.writeCertificate("a.test", cert, key);
  await rig.keeper.setNames(["a.test"]);
  const begin = rig.clock.now();
  rig.info = {
    startMs: begin + 10 * DAY,
    endMs: begin + 11 * DAY,
    againMs: begin + 2 * DAY,
  };
  rig.keeper.start();
  await rig.until(() => rig.asked === 1);
  // Later it wants it back at once.
  rig.info = { startMs: 0, endMs: 1, againMs: begin + 100 * DAY };
  await rig.nextOrder(DAY);
  const days = (rig.clock.now() - begin) / DAY;
  assert(days >= 2 && days < 4, `${days} days`);
  assertEquals(rig.replaced, [cert]);
  await rig.until(() => rig.changes === 1);
});

Deno.test("an authority that cannot be asked for suggestions is left alone for hours", async () => {
  await using rig = await Rig.make();
  const { cert, key } = await makeSelfSigned(rig.clock.now(), ["a.test"]);
  await rig.storage.writeCertificate("a.test", cert, key);
  await rig.keeper.setNames(["a.test"]);
  rig.keeper.start();
  for (let hour = 0; hour < 24; hour++) await rig.pass(DAY / 24);
  assert(rig.asked >= 3 && rig.asked <= 5, `asked ${rig.asked} times`);
  assertEquals(rig.orders, []);
});
