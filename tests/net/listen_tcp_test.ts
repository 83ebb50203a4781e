/** A listening TCP socket of one family, or of both. */

import { assert, assertEquals, assertThrows } from "../support/assert.ts";
import { parseSocketAddress } from "../../lib/net/address.ts";
import { listenTcp, type TcpAddress } from "../../lib/net/listen_tcp.ts";

/** Whether a socket of IPv6 takes IPv4 here, too. */
const HAS_BOTH = Deno.build.os === "linux" && hasBoth();

function hasBoth(): boolean {
  try {
    using both = Deno.listen({ hostname: "::", port: 0 });
    const { port } = both.addr;
    Deno.listen({ hostname: "0.0.0.0", port }).close();
    return false;
  } catch (error) {
    return error instanceof Deno.errors.AddrInUse;
  }
}

/** Which of this machine's addresses are listened on. */
async function reached(port: number): Promise<string[]> {
  const found: string[] = [];
  for (const hostname of ["127.0.0.1", "::1"]) {
    try {
      (await Deno.connect({ hostname, port })).close();
      found.push(hostname);
    } catch (error) {
      assert(error instanceof Error);
    }
  }
  return found;
}

function addressOf(text: string): TcpAddress {
  const address = parseSocketAddress(text);
  assert(address.transport === "tcp");
  return address;
}

Deno.test({
  name: "a port alone is that of both families" +
    (HAS_BOTH ? "" : ": skipped, no socket here has both"),
  ignore: !HAS_BOTH,
  async fn(): Promise<void> {
    using listener = listenTcp(addressOf(":0"), { reusePort: true });
    const { port } = listener.addr;
    assertEquals(await reached(port), ["127.0.0.1", "::1"]);
    using second = listenTcp(addressOf(`:${port}`), { reusePort: true });
    assertEquals(second.addr.port, port);
    assertThrows(
      () => listenTcp(addressOf(`:${port}`)),
      Deno.errors.AddrInUse,
    );
  },
});

Deno.test("an address of one family is that alone", async () => {
  using listener = listenTcp(addressOf("0.0.0.0:0"));
  assertEquals(await reached(listener.addr.port), ["127.0.0.1"]);
});

Deno.test("a port that IPv4 has in use is in use", () => {
  using other = Deno.listen({ hostname: "0.0.0.0", port: 0 });
  assertThrows(
    () => listenTcp(addressOf(`:${other.addr.port}`)),
    Deno.errors.AddrInUse,
  );
});
