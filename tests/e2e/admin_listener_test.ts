/** Where the admin listener is: other addresses, Unix sockets, the order of starting and stopping. */

import { assert, assertEquals, assertRejects } from "../support/assert.ts";
import { AdministeredSite, requestOf } from "../support/admin.ts";
import type { SocketAddress } from "../../lib/net/address.ts";
import { freePort } from "../support/free_port.ts";
import { rows } from "../support/tries.ts";

const ANY_PORT: SocketAddress = {
  transport: "tcp",
  hostname: "127.0.0.1",
  port: 0,
};

function portOf({ place }: AdministeredSite): number {
  return (place.address as Deno.NetAddr).port;
}

/** Whether somebody listens there. */
async function isOpen(port: number): Promise<boolean> {
  try {
    (await Deno.connect({ hostname: "127.0.0.1", port })).close();
    return true;
  } catch {
    return false;
  }
}

Deno.test("it moves: the old address closes, what is in flight there is answered", async () => {
  const asked = Promise.withResolvers<void>();
  const go = Promise.withResolvers<void>();
  await using site = await AdministeredSite.start({
    reload: async () => {
      asked.resolve();
      await go.promise;
      return { kind: "reloaded", changes: ["~ admin"] };
    },
  });
  const before = portOf(site);
  using idle = await site.connect();
  await idle.send(requestOf("GET", "/livez"));
  assertEquals((await idle.readMessage()).status, 200);
  using busy = await site.connect();
  await busy.send(requestOf("POST", "/reload", ["Content-Length: 0"]));
  await asked.promise;
  await site.change({ address: { ...ANY_PORT, port: freePort() } });
  assert(portOf(site) !== before);
  assertEquals(await idle.readToEnd(), "");
  assertEquals(await isOpen(before), false);
  assertEquals((await site.get("/livez")).status, 200);
  go.resolve();
  const answer = await busy.readMessage();
  assertEquals([answer.status, answer.field("connection")], [200, "close"]);
});

Deno.test("one whose address stays is not closed, nor are its connections", async () => {
  await using site = await AdministeredSite.start();
  const before = portOf(site);
  using peer = await site.connect();
  await peer.send(requestOf("GET", "/livez"));
  await peer.readMessage();
  await site.change({ hosts: ["admin.example"] });
  assertEquals(portOf(site), before);
  await peer.send(requestOf("GET", "/version", ["Host: admin.example"]));
  assertEquals((await peer.readMessage()).status, 200);
});

Deno.test("it goes and comes", async () => {
  await using site = await AdministeredSite.start();
  const before = portOf(site);
  await site.change(undefined);
  assertEquals([site.place.address, await isOpen(before)], [undefined, false]);
  await site.change({});
  assertEquals((await site.get("/livez")).status, 200);
});

Deno.test("what was prepared and is given up closes; the old one goes on", async () => {
  await using site = await AdministeredSite.start();
  const before = portOf(site);
  const port = freePort();
  const prepared = await site.place.prepare({
    ...site.config.admin!,
    address: { ...ANY_PORT, port },
  });
  assertEquals(await isOpen(port), true);
  prepared.discard();
  assertEquals([portOf(site), (await site.get("/livez")).status], [
    before,
    200,
  ]);
  for (let i = 0; i < 100 && await isOpen(port); i++);
  assertEquals(await isOpen(port), false);
});

Deno.test("an address that is in use is an error that says so, and changes nothing", async () => {
  await using one = await AdministeredSite.start();
  await using other = await AdministeredSite.start();
  const address = { ...ANY_PORT, port: portOf(one) };
  const error = await assertRejects(() => other.change({ address }), Error);
  assertEquals(
    error.message,
    `admin: cannot listen on 127.0.0.1:${address.port}: the address is in use`,
  );
  assertEquals((await other.get("/livez")).status, 200);
  assertEquals((await one.get("/livez")).status, 200);
});

Deno.test({
  name:
    "a Unix socket is for owner and group, replaces a dead one, and no living one",
  ignore: Deno.build.os === "windows", // there are none
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/admin.sock`;
    const address: SocketAddress = { transport: "unix", path };
    const before = Deno.umask(0);
    try {
      const dead = Deno.listen({ transport: "unix", path: `${path}0` });
      await Deno.rename(`${path}0`, path);
      dead.close();
      assert((await Deno.lstat(path)).isSocket);
      await using site = await AdministeredSite.start({ admin: { address } });
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o660);
      assertEquals((await site.get("/config")).status, 200);
      assertEquals(
        (await site.get("/config", "Host: evil.example")).status,
        421,
      );
      const error = await assertRejects(
        () => AdministeredSite.open({ admin: { address } }),
        Error,
      );
      assertEquals(
        error.message,
        `admin: cannot listen on unix:${path}: the address is in use`,
      );
      assertEquals((await site.get("/livez")).status, 200);
    } finally {
      Deno.umask(before);
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test({
  name: "a Unix socket is not opened wider than the umask says",
  ignore: Deno.build.os === "windows", // there are none
  async fn(): Promise<void> {
    const folder = await Deno.makeTempDir();
    const path = `${folder}/admin.sock`;
    const before = Deno.umask(0o077);
    try {
      const admin = { address: { transport: "unix", path } as const };
      await using _ = await AdministeredSite.start({ admin });
      assertEquals((await Deno.stat(path)).mode! & 0o777, 0o600);
    } finally {
      Deno.umask(before);
      await Deno.remove(folder, { recursive: true });
    }
  },
});

Deno.test("a file that is no socket is not replaced", async () => {
  const path = await Deno.makeTempFile();
  try {
    const admin = { address: { transport: "unix", path } as const };
    await assertRejects(() => AdministeredSite.open({ admin }), Error);
    assert((await Deno.lstat(path)).isFile);
  } finally {
    await Deno.remove(path);
  }
});

for (const workers of rows([1, 2], 1)) {
  Deno.test(`it answers to the end of draining, with ${workers} worker(s)`, async () => {
    await using site = await AdministeredSite.start({ workers });
    const { port } = site.address as Deno.NetAddr;
    using client = await Deno.connect({ hostname: "127.0.0.1", port });
    await client.write(new TextEncoder().encode("GET / HTTP/1.1\r\n")); // never ends
    site.administration.stopping();
    const stopped = site.server.stop();
    const answer = await site.get("/readyz");
    assertEquals([answer.status, answer.content], [503, "draining\n"]);
    const reload = await site.post("/reload");
    assertEquals(reload.status, 409);
    await stopped;
    assertEquals((await site.get("/livez")).status, 200);
  });
}
