/** Unix sockets on both sides of the proxy. */

import { assertEquals } from "../support/assert.ts";
import { ok, Origin } from "../support/origin.ts";
import { Peer } from "../support/peer.ts";
import { exchange, get, Proxy } from "../support/proxy.ts";

const ignore = Deno.build.os === "windows"; // the runtime has no Unix sockets there

Deno.test({ name: "the origin can be a Unix socket", ignore }, async () => {
  const path = await Deno.makeTempDir() + "/origin.sock";
  using listener = Deno.listen({ transport: "unix", path });
  await using proxy = await Proxy.start(`unix:${path}`);
  const response = exchange(proxy, "GET / HTTP/1.0\r\n\r\n");
  using peer = new Peer(await listener.accept());
  assertEquals((await peer.readHead()).field("host"), "localhost");
  await peer.send(ok("hello"));
  assertEquals((await response).content, "hello");
});

Deno.test({
  name:
    "clients can come through a Unix socket, also where a dead one was left",
  ignore,
}, async () => {
  const path = await Deno.makeTempDir() + "/sluice.sock";
  await using origin = Origin.answering((request) =>
    ok(request.field("x-forwarded-for")!)
  );
  await leaveSocket(path);
  {
    await using proxy = await Proxy.start(origin, "--listen", `unix:${path}`);
    assertEquals((await exchange(proxy, get("/"))).content, "unknown");
  }
  const remains = await Deno.lstat(path).then(() => true, () => false);
  assertEquals(remains, false);
});

/** Has a process listen on the path and die, so that the file stays. */
async function leaveSocket(path: string): Promise<void> {
  const code = `Deno.listen({ transport: "unix", path: ${
    JSON.stringify(path)
  } }); Deno.kill(Deno.pid, "SIGKILL");`;
  await new Deno.Command(Deno.execPath(), { args: ["eval", code] }).output();
  assertEquals((await Deno.lstat(path)).isSocket, true);
}
