import { assertEquals } from "../support/assert.ts";
import { versionText } from "../../lib/config/version.ts";

Deno.test("the version is told with the commit, if there is one", () => {
  assertEquals(versionText("0.1.0"), "sluice 0.1.0");
  assertEquals(versionText("0.1.0+abc1234"), "sluice 0.1.0 (abc1234)");
  assertEquals(
    versionText("1.0.0-rc.1+abc1234-dirty"),
    "sluice 1.0.0-rc.1 (abc1234-dirty)",
  );
});
