/** Certificates in files: read, read again, and kept when what comes is no good. */

import { CertificateFiles } from "../../lib/certificates/files.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { ConfigDisk } from "../../lib/disk/config_disk.ts";
import { assertEquals, assertMatch } from "../support/assert.ts";
import { TestClock } from "../support/clock.ts";

const [A, B, C] = await Promise.all(
  ["a.test", "b.test", "c.test"].map((name) =>
    makeSelfSigned(Date.now(), [name])
  ),
) as [
  Awaited<ReturnType<typeof makeSelfSigned>>,
  Awaited<ReturnType<typeof makeSelfSigned>>,
  Awaited<ReturnType<typeof makeSelfSigned>>,
];

/** A folder, and the files of a pattern there. */
async function folder(): Promise<{ path: string } & AsyncDisposable> {
  const path = await Deno.makeTempDir();
  return {
    path,
    [Symbol.asyncDispose]: () => Deno.remove(path, { recursive: true }),
  };
}

function filesIn(
  path: string,
  ...sources: readonly { cert: string; key?: string }[]
): CertificateFiles {
  return new CertificateFiles(
    sources.map(({ cert, key }) => ({
      cert: `${path}/${cert}`,
      key: key && `${path}/${key}`,
    })),
    new ConfigDisk(new TestClock()),
  );
}

async function found(files: CertificateFiles): Promise<[string[], string[]]> {
  const { certificates, problems } = await files.read();
  const all = [A, B, C];
  const names = certificates.map(({ cert }) =>
    "abc"[all.findIndex((one) => one.cert.trim() === cert.trim())] ?? "?"
  );
  return [names, [...problems]];
}

Deno.test("files, pairs and patterns are read in their order", async () => {
  await using at = await folder();
  await Deno.writeTextFile(`${at.path}/2.pem`, A.cert + A.key);
  await Deno.writeTextFile(`${at.path}/1.pem`, B.cert + B.key);
  await Deno.writeTextFile(`${at.path}/c.crt`, C.cert);
  await Deno.writeTextFile(`${at.path}/c.key`, C.key);
  const files = filesIn(at.path, { cert: "c.crt", key: "c.key" }, {
    cert: "*.pem",
  });
  assertEquals(await found(files), [["c", "b", "a"], []]);
  assertEquals(await files.haveChanged(), false);
});

Deno.test("what changes, comes and goes is noticed", async () => {
  await using at = await folder();
  await Deno.writeTextFile(`${at.path}/1.pem`, A.cert + A.key);
  const files = filesIn(at.path, { cert: "*.pem" });
  assertEquals(await found(files), [["a"], []]);
  await Deno.writeTextFile(`${at.path}/2.pem`, B.cert + B.key);
  assertEquals(await files.haveChanged(), true);
  assertEquals(await found(files), [["a", "b"], []]);
  await Deno.remove(`${at.path}/1.pem`);
  assertEquals(await files.haveChanged(), true);
  assertEquals(await found(files), [["b"], []]);
  await Deno.writeTextFile(`${at.path}/next`, C.cert + C.key);
  await Deno.rename(`${at.path}/next`, `${at.path}/2.pem`);
  assertEquals(await files.haveChanged(), true);
  assertEquals(await found(files), [["c"], []]);
});

Deno.test("a file that is half written keeps the certificate from before", async () => {
  await using at = await folder();
  const file = `${at.path}/1.pem`;
  await Deno.writeTextFile(file, A.cert + A.key);
  const files = filesIn(at.path, { cert: "1.pem" });
  assertEquals(await found(files), [["a"], []]);
  for (const text of ["", B.cert, B.cert + A.key]) {
    await Deno.writeTextFile(file, text);
    const [names, [problem]] = await found(files);
    assertEquals(names, ["a"]);
    assertMatch(problem!, /1\.pem.* stays in use$/);
    assertEquals(await files.haveChanged(), false, "it is said once");
  }
  await Deno.remove(file);
  assertEquals((await found(files))[0], ["a"]);
  await Deno.writeTextFile(file, B.cert + B.key);
  assertEquals(await found(files), [["b"], []]);
});

Deno.test("a file that was never good is said, and the others are used", async () => {
  await using at = await folder();
  await Deno.writeTextFile(`${at.path}/1.pem`, "nonsense");
  await Deno.writeTextFile(`${at.path}/2.pem`, B.cert + B.key);
  const [names, [problem]] = await found(filesIn(at.path, { cert: "*.pem" }));
  assertEquals(names, ["b"]);
  assertMatch(problem!, /1\.pem": there is no PEM certificate in it$/);
});

Deno.test("a source without any certificate is told apart, and what was good before counts", async () => {
  await using at = await folder();
  await Deno.writeTextFile(`${at.path}/1.pem`, A.cert + A.key);
  await Deno.writeTextFile(`${at.path}/2.pem`, "nonsense");
  const sources = ["1.pem", "2.pem", "*.pem", "*.crt", "3.pem"];
  const complete = async (before?: CertificateFiles): Promise<boolean[]> => {
    const disk = new ConfigDisk(new TestClock());
    const found = sources.map((cert) =>
      new CertificateFiles(
        [{ cert: `${at.path}/${cert}`, key: undefined }],
        disk,
        before,
      ).read()
    );
    return (await Promise.all(found)).map(({ isComplete }) => isComplete);
  };
  assertEquals(await complete(), [true, false, true, false, false]);
  const before = filesIn(at.path, { cert: "1.pem" });
  await before.read();
  await Deno.writeTextFile(`${at.path}/1.pem`, "");
  assertEquals(await complete(), [false, false, false, false, false]);
  assertEquals(await complete(before), [true, false, true, false, false]);
});

Deno.test("of a file that is not there, one line is said", async () => {
  await using at = await folder();
  const [names, problems] = await found(filesIn(at.path, { cert: "1.pem" }));
  assertEquals(names, []);
  assertEquals(problems.length, 1);
  assertMatch(problems[0]!, /^cannot read ".*1\.pem": there is no such file$/);
});

Deno.test("a pattern that finds nothing is said", async () => {
  await using at = await folder();
  const [names, [problem]] = await found(filesIn(at.path, { cert: "*.pem" }));
  assertEquals(names, []);
  assertMatch(problem!, /^there is no file ".*\*\.pem"$/);
});
