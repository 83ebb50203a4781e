/**
 * No way out of the folder whose files are sent: a program that may read the folder and
 * nothing else, as the runtime understands that, and attackers inside and outside.
 */

import { assert, assertEquals } from "../support/assert.ts";
import { pause } from "../support/clock.ts";
import { DEFAULTS, Folder, withHandler } from "../support/file_site.ts";
import { HOSTILE_PATHS } from "../support/hostile_paths.ts";
import { type Message, Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const SECRET = "the secret";
const SERVER = new URL("../support/file_server.ts", import.meta.url).href;
const CONFIG = new URL("../../deno.json", import.meta.url).pathname;

/** A folder `www` with what should not be in one, and `secret` beside it. */
async function trapped(): Promise<Folder> {
  const folder = await Folder.with({
    "secret": SECRET,
    "secrets/secret": SECRET,
    "www/index.html": "index",
    "www/file": "file",
    "www/sub/file": "file",
    "www/sub/.env": SECRET,
    "www/.env": SECRET,
    "www/.git/config": SECRET,
    "www/.git/HEAD": SECRET,
    "www/.htpasswd": SECRET,
    "www/.well-known/.env": SECRET,
    "www-beside/secret": SECRET,
  });
  const { path } = folder;
  const link = (to: string, name: string): Promise<void> =>
    Deno.symlink(to, `${path}/www/${name}`);
  await link("../secret", "out");
  await link("../../secret", "sub/out");
  await link("../secrets", "outdir");
  await link("../www-beside", "beside");
  await link("out", "chain");
  await link("loop", "loop");
  await link("loop2", "loop1");
  await link("loop1", "loop2");
  await link("nowhere", "broken");
  await link("/dev/null", "device");
  await link("/dev/zero", "zero");
  await link("sub/file", "inside");
  await link("sub", "insidedir");
  await new Deno.Command("mkfifo", { args: [`${path}/www/fifo`] }).output();
  return folder;
}

/** The program, with these permissions. */
async function serve(
  root: string,
  options: object = {},
): Promise<{ port: number } & AsyncDisposable> {
  const child = new Deno.Command(Deno.execPath(), {
    args: [
      "run",
      "--no-prompt",
      "--no-check",
      `--config=${CONFIG}`,
      `--allow-read=${root}`,
      "--allow-net=127.0.0.1",
      SERVER,
      root,
      JSON.stringify(options),
    ],
    stdin: "null",
    stdout: "null",
    stderr: "piped",
  }).spawn();
  let said = "";
  const reader = child.stderr.pipeThrough(new TextDecoderStream()).getReader();
  let match: RegExpExecArray | null = null;
  while (match === null) {
    const { value } = await reader.read();
    if (value === undefined) throw new Error(said);
    said += value;
    match = /port (\d+)/.exec(said);
  }
  return {
    port: Number(match[1]),
    async [Symbol.asyncDispose](): Promise<void> {
      child.kill();
      while (!(await reader.read()).done);
      await child.status;
    },
  };
}

/** Files in a folder that is swapped. */
const SWAPPED = 300;

async function ask(port: number, target: string): Promise<Message> {
  using client = await Peer.connect(port);
  await client.send(get(target));
  return await client.readMessage();
}

const options = { ignore: Deno.build.os === "windows" };

Deno.test(
  "200 hostile paths get nothing but what is public",
  options,
  async () => {
    await using folder = await trapped();
    const root = `${folder.path}/www`;
    using socket = Deno.listen({ transport: "unix", path: `${root}/socket` });
    assert(socket.addr.transport === "unix");
    await using server = await serve(root, { browse: true });
    assert(HOSTILE_PATHS.length >= 200);
    const allowed = new Set(["index", "file"]);
    for (const path of HOSTILE_PATHS) {
      const { status, content, field } = await ask(server.port, path);
      const name = path.slice(0, 80);
      assert(!content.includes(SECRET), name);
      assert([200, 308, 400, 404, 414].includes(status), `${name}: ${status}`);
      if (status === 200) assert(allowed.has(content), `${name}: ${content}`);
      const place = field("location") ?? "/";
      assert(/^\/(?![/\\])/.test(place), `${name}: ${place}`);
    }
    // It is alive, and what is inside is sent, also through links.
    for (const path of ["/file", "/inside", "/insidedir/file", "/sub/file"]) {
      assertEquals((await ask(server.port, path)).content, "file", path);
    }
    assertEquals((await ask(server.port, "/insidedir")).status, 308);
  },
);

Deno.test(
  "a list of a folder does not tell what lies outside",
  options,
  async () => {
    await using folder = await trapped();
    await using server = await serve(`${folder.path}/www`, { browse: true });
    const { status } = await ask(server.port, "/outdir/");
    assertEquals(status, 404);
    await Deno.remove(`${folder.path}/www/index.html`);
    const { content } = await ask(server.port, "/");
    const names = [...content.matchAll(/href="\.\/([^"]*)"/g)]
      .map(([, name]) => name);
    assertEquals(names, [
      ".well-known/",
      "insidedir/",
      "sub/",
      "file",
      "inside",
    ]);
  },
);

Deno.test(
  "a folder that is swapped for a link while it is read leads nowhere",
  options,
  async () => {
    await using folder = await trapped();
    const { path } = folder;
    // Many files, so that few looks find what is remembered.
    for (let i = 0; i < SWAPPED; i++) {
      await folder.write(`www/swap/s${i}`, "public");
      await folder.write(`secrets/s${i}`, SECRET);
    }
    await using server = await serve(`${path}/www`);
    const until = performance.now() + 1000;
    const www = `${path}/www`;
    const swapping = (async () => {
      await Deno.symlink("../secrets", `${www}/link`);
      for (let i = 0; performance.now() < until; i++) {
        // Most swaps come in the midst of a look; now and then one look has time.
        if (i % 8 === 0) await pause(2);
        await Deno.rename(`${www}/swap`, `${www}/real`);
        await Deno.rename(`${www}/link`, `${www}/swap`);
        await Deno.rename(`${www}/swap`, `${www}/link`);
        await Deno.rename(`${www}/real`, `${www}/swap`);
      }
    })();
    const asking = [1, 2, 3, 4].map(async (client) => {
      for (let i = 0; performance.now() < until; i++) {
        const target = `/swap/s${(i * 4 + client) % SWAPPED}`;
        const { status, content } = await ask(server.port, target);
        assert(!content.includes(SECRET));
        assert(
          status === 200 ? content === "public" : status === 404,
          `${status} ${content}`,
        );
      }
    });
    await Promise.all([swapping, ...asking]);
    assertEquals((await ask(server.port, "/swap/s0")).content, "public");
  },
);

Deno.test(
  "a root that is a link goes on to the next release",
  options,
  async () => {
    await using folder = await Folder.with({
      "releases/1/a": "one",
      "releases/2/a": "two",
    });
    const { path } = folder;
    await Deno.symlink("releases/1", `${path}/current`);
    // What the runtime may read has to hold the releases.
    await using server = await serve(path, { root: `${path}/current` });
    assertEquals((await ask(server.port, "/a")).content, "one");
    await Deno.symlink("releases/2", `${path}/next`);
    await Deno.rename(`${path}/next`, `${path}/current`);
    let content = "one";
    while (content === "one") content = (await ask(server.port, "/a")).content;
    assertEquals(content, "two");
  },
);

Deno.test("files of the configuration are not sent, whatever leads to them", async () => {
  await using folder = await Folder.with({
    "sluice.json": "secret",
    "sub/sluice.json": "another",
  });
  const root = folder.path;
  await Deno.symlink("sluice.json", `${root}/link`);
  await using proxy = await Proxy.start("http://127.0.0.1:1");
  const hidden = [`${root}/sub/../sluice.json`, `${root}/gone.json`];
  const handler = { kind: "files", ...DEFAULTS, root, hidden } as const;
  await proxy.replaceWith(withHandler(handler));
  const rows = [
    ["/sluice.json", 404],
    ["/link", 404],
    ["/sub/sluice.json", 200],
    ["/gone.json", 404],
  ] as const;
  for (const [path, status] of rows) {
    assertEquals((await exchange(proxy, get(path))).status, status, path);
  }
});

Deno.test("files of the configuration are not listed", async () => {
  await using folder = await Folder.with({
    "sluice.json": "secret",
    "sub/sluice.json": "another",
  });
  const root = folder.path;
  await Deno.symlink("sluice.json", `${root}/link`);
  await using proxy = await Proxy.start("http://127.0.0.1:1");
  const hidden = [`${root}/sluice.json`];
  const options = { ...DEFAULTS, root, hidden, browse: true };
  await proxy.replaceWith(withHandler({ kind: "files", ...options }));
  const namesIn = async (path: string): Promise<string[]> => {
    const request = get(path, "Accept: application/json");
    const { content } = await exchange(proxy, request);
    const list = JSON.parse(content) as readonly { readonly name: string }[];
    return list.map(({ name }) => name);
  };
  assertEquals(await namesIn("/"), ["sub"]);
  assertEquals(await namesIn("/sub/"), ["sluice.json"]);
});
