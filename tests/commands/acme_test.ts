/** Which hosts go to which authority, where that keeps what, and what is wrong with an account. */

import { AcmeKeepers } from "../../lib/commands/acme.ts";
import {
  AcmeStorage,
  FolderLock,
} from "../../lib/certificates/acme_storage.ts";
import type { CertificateDisk } from "../../lib/certificates/files.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import type { ResolvedConfig } from "../../lib/config/resolved.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";
import { loadText } from "../support/memory_disk.ts";

const STAGING = "https://staging.test/acme/directory";
const REAL = "https://ca.test/directory";

/** Files of options, by path. */
const DISK: CertificateDisk = {
  readText: (path) =>
    path === "/eab"
      ? Promise.resolve("no key!\n")
      : Promise.reject(new Error("no such file")),
  expand: () => Promise.resolve([]),
  versionOf: () => Promise.resolve(undefined),
};

async function configOf(tls: object, hosts: object): Promise<ResolvedConfig> {
  const { config, problems } = await loadText({
    listen: { http: ":80", https: ":443" },
    tls,
    hosts,
  });
  assertEquals(problems.map(({ message }) => message), []);
  return config!;
}

function keepers(): AcmeKeepers {
  const board = {
    show: () => Promise.resolve(),
    remove: () => Promise.resolve(),
  };
  return new AcmeKeepers(
    board,
    DISK,
    new TestClock(),
    () => Promise.resolve(),
  );
}

async function inFolder(
  task: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  await task(folder);
  await Deno.remove(folder, { recursive: true });
}

Deno.test("what a staging directory has signed is not used for the real one", () =>
  inFolder(async (storage) => {
    const text = await makeSelfSigned(Date.now(), ["a.test"]);
    const part = new AcmeStorage(
      new FolderLock(storage),
      "staging.test-acme-directory",
    );
    await part.writeCertificate("a.test", text.cert, text.key);
    const hosts = { "a.test": { respond: 200 } };
    const kept = keepers();
    const acme = { directory: STAGING, storage };
    await kept.prepare(await configOf({ acme }, hosts), []);
    assertEquals(kept.certificates.map(({ cert }) => cert), [text.cert]);
    const real = { directory: REAL, storage };
    await kept.prepare(await configOf({ acme: real }, hosts), []);
    assertEquals(kept.certificates, []);
    assertEquals(kept.areUsed, true);
    // Back again, as after a reload that was refused.
    await kept.prepare(await configOf({ acme }, hosts), []);
    assertEquals(kept.certificates.length, 1);
    kept.stop();
  }));

Deno.test("a host may go elsewhere, and one with a certificate goes nowhere", () =>
  inFolder(async (storage) => {
    const names = ["a.test", "b.test", "c.test"];
    const lock = new FolderLock(storage);
    for (
      const directory of ["staging.test-acme-directory", "ca.test-directory"]
    ) {
      const part = new AcmeStorage(lock, directory);
      for (const name of names) {
        const { cert, key } = await makeSelfSigned(Date.now(), [name]);
        await part.writeCertificate(name, cert, key);
      }
    }
    const kept = keepers();
    const config = await configOf({ acme: { directory: REAL, storage } }, {
      "a.test": { respond: 200 },
      "b.test": {
        respond: 200,
        tls: { acme: { directory: STAGING, storage } },
      },
      "c.test": { respond: 200 },
    });
    const others = [await makeSelfSigned(Date.now(), ["c.test"])];
    await kept.prepare(config, others);
    assertEquals(
      kept.certificates.map(({ source }) => source.slice(storage.length)),
      [
        "/ca.test-directory/a.test.pem",
        "/staging.test-acme-directory/b.test.pem",
      ],
    );
    await kept.prepare(
      await configOf({ certificates: "/c.pem" }, {
        "a.test": { respond: 200 },
      }),
      [],
    );
    assertEquals([kept.areUsed, kept.certificates], [false, []]);
    kept.stop();
  }));

Deno.test("an account's key that is none is told, with where it is", async () => {
  for (
    const [key, message] of [
      ["no key!", /^tls\.acme\.eab\.key: it is not written in base64url$/],
      [{ file: "/eab" }, /^tls\.acme\.eab\.key \("\/eab"\): it is not/],
      [{ file: "/other" }, /^"\/other": no such file$/],
    ] as const
  ) {
    const acme = { directory: REAL, storage: "/x", eab: { kid: "k", key } };
    const config = await configOf({ acme }, { "a.test": { respond: 200 } });
    const outcome = await keepers().prepare(config, []).then(
      () => "prepared",
      (error) => error.message,
    );
    assertMatch(outcome, message);
  }
});
