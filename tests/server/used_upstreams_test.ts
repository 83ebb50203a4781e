/** Which upstreams requests need. */

import { assertEquals } from "../support/assert.ts";
import { resolvedFrom } from "../support/memory_disk.ts";
import { assemble } from "../../lib/config/assemble.ts";
import { usedUpstreams } from "../../lib/server/used_upstreams.ts";

Deno.test("those of routes and of authentication, not those of copies or of nobody", async () => {
  const resolved = await resolvedFrom({
    upstreams: {
      app: { servers: ["http://127.0.0.1:1"], mirror: { to: "shadow" } },
      shadow: { servers: ["http://127.0.0.1:2"] },
      spare: { servers: ["http://127.0.0.1:3"] },
    },
    hosts: {
      "a.example": {
        "/": { proxy: "app" },
        "/own/*": {
          proxy: "http://127.0.0.1:4",
          auth: { forward: "http://127.0.0.1:5/check" },
        },
        "/keys/*": {
          respond: 200,
          auth: {
            jwt: {
              jwks: "http://127.0.0.1:6/keys",
              issuer: "i",
              audience: "a",
            },
          },
        },
      },
    },
  });
  const config = assemble(resolved, { certificates: String, text: String });
  const used = usedUpstreams(config);
  assertEquals(
    config.upstreams.map(({ name }) => [name, used.has(name)]).filter((
      [, isUsed],
    ) => !isUsed),
    [["shadow", false], ["spare", false]],
  );
  assertEquals(used.size, 4);
});
