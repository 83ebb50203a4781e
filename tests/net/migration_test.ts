import { assert, assertEquals } from "../support/assert.ts";
import { canSwitchMigration, withMigration } from "../support/migration.ts";
import { countIn, keepsWaiting, resetsSent } from "../../lib/net/migration.ts";

const COUNTERS = "Tcp: A InErrs OutRsts B\n" +
  "Tcp: 1 2 3 4\nUdp: A OutRsts\nUdp: 5 6\n";

Deno.test("a counter of the system by its name", () => {
  assertEquals(countIn(COUNTERS, "Tcp", "OutRsts"), 3);
  assertEquals(countIn(COUNTERS, "Udp", "OutRsts"), 6);
  assertEquals(countIn(COUNTERS, "Tcp", "C"), undefined);
  assertEquals(countIn(COUNTERS, "Icmp", "A"), undefined);
  assertEquals(countIn("Tcp: A\nTcp:\n", "Tcp", "A"), undefined);
  assertEquals(countIn("", "Tcp", "A"), undefined);
});

Deno.test({
  name: "whether waiting connections are kept, and how many were not (root)",
  ignore: !canSwitchMigration(),
  async fn(): Promise<void> {
    for (const isOn of [true, false, true]) {
      await withMigration(isOn, async () => {
        const before = await resetsSent();
        assertEquals(await keepsWaiting(), isOn);
        const after = await resetsSent();
        if (!isOn) assert(after! > before!, "those of the trial are counted");
      });
    }
  },
});
