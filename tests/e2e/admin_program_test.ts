/** The program with an admin listener, and the commands that ask it, as an operator uses them. */

import { assert, assertEquals, assertMatch } from "../support/assert.ts";
import { requestOf } from "../support/admin.ts";
import { Peer } from "../support/peer.ts";
import { type Ended, Program } from "../support/program.ts";
import { rows } from "../support/tries.ts";

const LINUX = Deno.build.os === "linux";

function ended(...args: readonly string[]): Promise<Ended> {
  return new Program(...args).ended();
}

/** Runs with a folder of its own, which is removed. */
async function inFolder(run: (folder: string) => Promise<void>): Promise<void> {
  const folder = await Deno.makeTempDir();
  try {
    await run(folder);
  } finally {
    await Deno.remove(folder, { recursive: true });
  }
}

async function adminPort(program: Program): Promise<number> {
  return Number((await program.until(/admin on 127\.0\.0\.1:(\d+)/))[1]);
}

for (const workers of rows(LINUX ? [1, 2] : [1], 1)) {
  Deno.test(`a file is changed and read again by a command, the admin listener moves, with ${workers} worker(s)`, async () => {
    await inFolder(async (folder) => {
      const file = `${folder}/sluice.json`;
      const write = (config: unknown): Promise<void> =>
        Deno.writeTextFile(file, JSON.stringify(config));
      const base = {
        listen: "127.0.0.1:0",
        workers,
        drain: "1s",
        hosts: { "*": { respond: 200 } },
      };
      const token = { file: "token" };
      await Deno.writeTextFile(`${folder}/token`, "the-token\n");
      await write({ ...base, admin: { listen: "127.0.0.1:0", token } });
      const program = new Program("--config", file, "--log-format", "off");
      try {
        const port = await adminPort(program);
        await program.port();
        const at = ["--admin", `127.0.0.1:${port}`, "--config", file];
        assertEquals(await ended("reload", ...at), {
          code: 0,
          out: "reloaded: nothing has changed\n",
          err: "",
        });
        const untold = await ended("reload", "--admin", `127.0.0.1:${port}`);
        assertEquals([untold.code, untold.out], [1, ""]);
        assertMatch(
          untold.err,
          /^sluice: error: 127\.0\.0\.1:\d+ wants a token: /,
        );

        await write({ ...base, hosts: { "*": { respnd: 200 } } });
        const tokenFile = ["--token-file", `${folder}/token`];
        const bad = await ended("reload", ...at.slice(0, 2), ...tokenFile);
        assertEquals([bad.code, bad.out], [1, ""]);
        assertMatch(
          bad.err,
          /respnd: unknown; did you mean respond\?\nnot reloaded: /,
        );

        const path = `${folder}/a.sock`;
        await write({ ...base, admin: { listen: "unix:a.sock" } });
        const moved = await ended("reload", ...at.slice(0, 2), ...tokenFile);
        assertEquals([moved.code, moved.err], [0, ""]);
        assertMatch(
          moved.out,
          /^reloaded\n(?:~ [^\n]*\n)*~ admin\.address 127\.0\.0\.1:0 → /,
        );
        const gone = await ended("reload", ...at.slice(0, 2));
        assertMatch(gone.err, /^sluice: error: nothing listens on /);
        assertEquals((await ended("reload", "--config", file)).code, 0);
        const upstreams = await ended("upstreams", "--admin", `unix:${path}`);
        assertEquals(upstreams, {
          code: 0,
          out: "there are no upstreams\n",
          err: "",
        });
        const purged = await ended("purge", "--all", "--config", file);
        assertEquals(purged, { code: 0, out: "purged 0\n", err: "" });
      } finally {
        program.signal("SIGTERM");
        const { code, err } = await program.ended();
        assertEquals(code, 0, err);
      }
    });
  });
}

Deno.test("many who ask for a reload at once are all answered", async () => {
  await inFolder(async (folder) => {
    const file = `${folder}/sluice.json`;
    const config = {
      listen: "127.0.0.1:0",
      admin: { listen: "127.0.0.1:0" },
      hosts: { "*": { respond: 200 } },
    };
    await Deno.writeTextFile(file, JSON.stringify(config));
    const program = new Program("--config", file, "--log-format", "off");
    try {
      const port = await adminPort(program);
      await program.port();
      const statuses = await Promise.all(
        Array.from({ length: 50 }, async () => {
          using peer = await Peer.connect(port);
          await peer.send(requestOf("POST", "/reload", ["Content-Length: 0"]));
          return (await peer.readMessage()).status;
        }),
      );
      assertEquals(new Set(statuses), new Set([200]));
      program.signal("SIGHUP"); // and the signal still does the same
      using peer = await Peer.connect(port);
      await peer.send(requestOf("POST", "/reload", ["Content-Length: 0"]));
      assertEquals((await peer.readMessage()).status, 200);
    } finally {
      program.signal("SIGTERM");
      const { code, err } = await program.ended();
      assertEquals(code, 0);
      const reloads = err.match(/: reloaded /g)!.length;
      assert(reloads < 50, `${reloads}: those who wait share one`);
    }
  });
});

Deno.test("flags: an address of this machine only, nothing to reload, and no second program there", async () => {
  const listen = ["--listen", "127.0.0.1:0", "--log-format", "off"];
  const wide = await ended("--admin", ":2020", "--check");
  assertEquals([wide.code, wide.out], [2, ""]);
  assertMatch(
    wide.err,
    /--admin: "0\.0\.0\.0:2020" is not only this machine's own address, and so needs a token/,
  );
  const program = new Program("--admin", "127.0.0.1:0", ...listen);
  try {
    const port = await adminPort(program);
    await program.port();
    const at = ["--admin", `127.0.0.1:${port}`];
    const reload = await ended("reload", ...at);
    assertEquals(reload, {
      code: 1,
      out: "",
      err: "there is nothing to reload; all configuration is flags\n",
    });
    const second = await ended(...at, ...listen);
    assertEquals([second.code, second.out], [1, ""]);
    assertMatch(
      second.err,
      new RegExp(
        `error: admin: cannot listen on 127\\.0\\.0\\.1:${port}: the address is in use`,
      ),
    );
    const shown = await ended("upstreams", ...at);
    assertMatch(
      shown.out,
      /^http:\/\/127\.0\.0\.1:9000\n +127\.0\.0\.1:9000 +up +weight 1/,
    );
  } finally {
    program.signal("SIGTERM");
    assertEquals((await program.ended()).code, 0);
  }
});
