/** The commands about a configuration file, with the permissions of the documentation. */

import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type Ended, Program } from "../support/program.ts";

/** Runs a command beside these files. */
async function withFiles(
  files: Readonly<Record<string, string>>,
  run: (folder: string) => Promise<void>,
): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    for (const [name, text] of Object.entries(files)) {
      await Deno.writeTextFile(`${folder}/${name}`, text);
    }
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

function ended(...args: readonly string[]): Promise<Ended> {
  return new Program(...args).ended();
}

Deno.test("--check of a good file, JSON or a module", async () => {
  const files = {
    "a.json": '{ "hosts": { "*": { "files": "." } }, // all\n }',
    "a.ts":
      'const files: string = "."; export default { hosts: { "*": { files } } };',
  };
  await withFiles(files, async (folder) => {
    for (const [flag, name] of [["--config", "a.json"], ["-c", "a.ts"]]) {
      assertEquals(await ended(flag!, `${folder}/${name}`, "--check"), {
        code: 0,
        out: "sluice: configuration OK\n",
        err: "",
      });
    }
  });
});

Deno.test("--check of a file with errors: all of them, exit code 2", async () => {
  const files = {
    "a.json": '{ "hosts": { "*": {\n  "fils": ".", "body": "1 megabyte" } } }',
  };
  await withFiles(files, async (folder) => {
    for (const args of [["--check"], []]) {
      const { code, out, err } = await ended(
        "--config",
        `${folder}/a.json`,
        ...args,
      );
      assertEquals([code, out], [2, ""]);
      assertEquals(err.split("\n"), [
        `${folder}/a.json:1:19: hosts["*"]: needs a path like "/", or one of proxy, files, redirect, respond`,
        `${folder}/a.json:2:3: hosts["*"].fils: unknown; did you mean files?`,
        `${folder}/a.json:2:24: hosts["*"].body: "1 megabyte" is not a size: write it like 512, 16KiB, 10MB, 1G, or off; did you mean 1MiB?`,
        "sluice: see docs/configuration.md, or run: sluice help configuration",
        "",
      ]);
    }
  });
});

Deno.test("--check warns, and that is no error", async () => {
  const files = {
    "a.json":
      '{ "upstreams": { "u": { "servers": "http://a" } }, "hosts": { "*": { "respond": 200 } } }',
  };
  await withFiles(files, async (folder) => {
    const { code, err } = await ended("-c", `${folder}/a.json`, "--check");
    assertEquals(code, 0);
    assertEquals(
      err,
      `${folder}/a.json:1:18: upstreams.u: warning: no route uses it\n`,
    );
  });
});

Deno.test("print-config, of a file and of flags", async () => {
  await withFiles(
    { "a.json": '{ "hosts": { "*": { "respond": 421 } } }' },
    async (folder) => {
      const file = await ended(
        "print-config",
        "--config",
        `${folder}/a.json`,
        "--workers",
        "2",
      );
      assertEquals([file.code, file.err], [0, ""]);
      const shown = JSON.parse(file.out);
      assertEquals(shown.workers, 2);
      assertEquals(shown.hosts["*"].routes[0].handler.status, 421);
    },
  );
  const flags = await ended("print-config", "--upstream", "http://a:1");
  assertEquals(
    JSON.parse(flags.out).hosts["*"].routes[0].handler.upstream,
    "http://a:1",
  );
});

Deno.test("schema and types", async () => {
  const schema = await ended("schema");
  assertEquals(schema.code, 0);
  assertEquals(
    JSON.parse(schema.out).$schema,
    "https://json-schema.org/draft/2020-12/schema",
  );
  const types = await ended("types");
  assertEquals(types.code, 0);
  assert(types.out.includes("export interface Config {"));
  assertEquals(/^import /m.exec(types.out), null);
});

Deno.test("--watch sees a file that is added to what is included, and the one that puts it right", async () => {
  const main = {
    listen: "127.0.0.1:0",
    include: "sites-*.json",
    hosts: { "*": { respond: 421 } },
  };
  await withFiles({ "a.json": JSON.stringify(main) }, async (folder) => {
    const program = new Program("--config", `${folder}/a.json`, "--watch");
    try {
      await program.port();
      const site = (handler: unknown): Promise<void> =>
        Deno.writeTextFile(
          `${folder}/sites-b.json`,
          JSON.stringify({ hosts: { "b.example": handler } }),
        );
      await site({ respnd: 200 });
      await program.until(/sites-b\.json[^\n]*did you mean respond/);
      await program.until(/not reloaded/);
      await site({ respond: 200 });
      await program.until(/\+ host b\.example/);
    } finally {
      program.signal("SIGTERM");
      assertEquals((await program.ended()).code, 0);
    }
  });
});

Deno.test("a reload that names a certificate which is not there changes nothing", async () => {
  const { cert, key } = await makeSelfSigned(Date.now(), ["a.example"]);
  const config = {
    listen: { https: "127.0.0.1:0" },
    tls: { certificates: "a.pem" },
    hosts: { "*": { respond: 200 } },
  };
  const files = { "a.json": JSON.stringify(config), "a.pem": cert + key };
  await withFiles(files, async (folder) => {
    const program = new Program("--config", `${folder}/a.json`);
    const reload = async (certificates: unknown): Promise<void> => {
      await Deno.writeTextFile(
        `${folder}/a.json`,
        JSON.stringify({ ...config, tls: { certificates } }),
      );
      program.signal("SIGHUP");
    };
    try {
      await program.port();
      await reload("b.pem");
      await program.until(/cannot read "[^"]*b\.pem": there is no such file\n/);
      await program.until(/not reloaded: a certificate is missing\n/);
      await Deno.writeTextFile(`${folder}/a.pem`, cert); // it is being renewed
      await Deno.writeTextFile(`${folder}/b.pem`, cert + key);
      await reload(["a.pem", "b.pem"]);
      await program.until(/a\.pem[^\n]* stays in use\n/);
      await program.until(/reloaded [^\n]*a\.json\n/);
    } finally {
      program.signal("SIGTERM");
      assertEquals((await program.ended()).code, 0);
    }
  });
});

Deno.test("files that are used later are told of at a start and at a reload", async () => {
  const config = {
    listen: "127.0.0.1:0",
    errors: { 404: "404.html" },
    hosts: { "*": { respond: 200 } },
  };
  const files = { "a.json": JSON.stringify(config) };
  await withFiles(files, async (folder) => {
    const program = new Program("--config", `${folder}/a.json`);
    try {
      await program.until(
        /a\.json:1:\d+: errors\["404"\]: warning: there is no file "[^"]*404\.html"\n/,
      );
      await program.port();
      const hosts = { "*": { respond: 200, auth: { basic: "users" } } };
      await Deno.writeTextFile(
        `${folder}/a.json`,
        JSON.stringify({ ...config, hosts }),
      );
      program.signal("SIGHUP");
      await program.until(/warn: [^\n]*auth\.basic: warning: there is no file/);
      await program.until(/reloaded [^\n]*a\.json\n/);
    } finally {
      program.signal("SIGTERM");
      assertEquals((await program.ended()).code, 0);
    }
  });
});
