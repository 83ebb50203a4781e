/** Flags beside a configuration file, seen together with what that says. */

import { assertEquals } from "../support/assert.ts";
import { loadText } from "../support/memory_disk.ts";
import { parseListen } from "../../lib/config/address_values.ts";
import { overrideProblem, withOverrides } from "../../lib/config/overrides.ts";

const NONE = { listen: undefined, workers: undefined, logFormat: undefined };

/** What is wrong with flags beside a file that listens on 8000, its admin listener on 2020. */
async function problemOf(
  flags: { readonly listen?: string; readonly admin?: string },
): Promise<string | undefined> {
  const { config } = await loadText({
    listen: "127.0.0.1:8000",
    admin: { listen: "127.0.0.1:2020" },
    hosts: { "*": { respond: 200 } },
  });
  const { listen, admin } = flags;
  return overrideProblem(withOverrides(config!, {
    ...NONE,
    ...(listen === undefined ? {} : { listen: [parseListen(listen)] }),
    ...(admin === undefined ? {} : { admin: parseListen(admin) }),
  }));
}

Deno.test("an address for both clients and the admin listener is refused", async () => {
  assertEquals(await problemOf({}), undefined);
  assertEquals(
    await problemOf({ admin: "127.0.0.1:8000" }),
    '--admin: "127.0.0.1:8000" is where clients are accepted',
  );
  assertEquals(
    await problemOf({ listen: "127.0.0.1:2020" }),
    '--listen: "127.0.0.1:2020" is where the admin listener is',
  );
  assertEquals(
    await problemOf({ listen: "127.0.0.1:2020", admin: "127.0.0.1:8000" }),
    undefined,
  );
  assertEquals(
    await problemOf({ listen: "127.0.0.1:0", admin: "127.0.0.1:0" }),
    undefined,
  );
});

Deno.test("an admin listener for other machines takes a token", async () => {
  assertEquals(
    await problemOf({ admin: ":2020" }),
    '--admin: "0.0.0.0:2020" is not only this machine\'s own address, and so needs a token: write admin.token in the file',
  );
});
