/** `sluice top` as a process: in a pipe, on a terminal, and where there is nothing to show. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertStringIncludes,
} from "../support/assert.ts";
import { hasProgram } from "../support/metrics.ts";
import { commandLine, Program } from "../support/program.ts";
import { costly } from "../support/tries.ts";

/** Runs a sluice with an admin listener. */
async function withSluice(
  visit: (port: number, admin: string) => Promise<void>,
): Promise<void> {
  const program = new Program(
    "--listen",
    "127.0.0.1:0",
    "--admin",
    "127.0.0.1:0",
    "--drain-timeout",
    "1s",
  );
  try {
    const [, admin] = await program.until(/admin on (127\.0\.0\.1:\d+)/);
    await visit(await program.port(), admin!);
  } finally {
    program.signal("SIGTERM");
    await program.ended();
  }
}

Deno.test("in a pipe, it tells once what was counted", async () => {
  await withSluice(async (port, admin) => {
    const response = await fetch(`http://127.0.0.1:${port}/`);
    await response.body?.cancel(); // nobody is there to answer it
    const { code, out, err } = await new Program("top", "--admin", admin)
      .ended();
    assertEquals([code, err], [0, ""]);
    assertMatch(out, /^sluice \S+ {2}ready {2}up \d+ s {2}workers 1\n/);
    assertMatch(out, /since the start 1\n/);
    assert(!out.includes("\x1b"), out);
  });
});

Deno.test("nothing is there, or something else is", async () => {
  using listener = Deno.listen({ hostname: "127.0.0.1", port: 0 });
  const { port } = listener.addr;
  const answered = (async () => {
    using socket = await listener.accept();
    await socket.read(new Uint8Array(1024));
    await socket.write(new TextEncoder().encode("220 mail.example\r\n"));
  })();
  const other = await new Program("top", "--admin", `127.0.0.1:${port}`)
    .ended();
  await answered;
  assertEquals([other.code, other.out], [1, ""]);
  assertMatch(other.err, /that is not an admin listener of sluice\n$/);
  listener.close();
  const none = await new Program(
    "top",
    "--once",
    "--admin",
    `127.0.0.1:${port}`,
  )
    .ended();
  assertEquals([none.code, none.out], [1, ""]);
  assertMatch(
    none.err,
    /nothing listens on 127\.0\.0\.1:\d+: is sluice running/,
  );
  const bad = await new Program("top", "--one", "--admin", "1").ended();
  assertEquals(bad.code, 2);
});

/** What a terminal is told; `script` of util-linux makes one. */
Deno.test({
  ...costly(
    "on a terminal, it redraws until q",
    Deno.build.os !== "linux" || !hasProgram("script"), // it needs a terminal
  ),
  async fn(): Promise<void> {
    await withSluice(async (_, admin) => {
      const words = commandLine(["top", "--admin", admin])
        .map((word) => `'${word}'`).join(" ");
      const child = new Deno.Command("script", {
        args: ["-qec", `stty rows 8 cols 60; exec ${words}`, "/dev/null"],
        env: { NO_COLOR: "1", TERM: "xterm" },
        stdin: "piped",
        stdout: "piped",
      }).spawn();
      const keys = child.stdin.getWriter();
      let text = "";
      let hasQuit = false;
      for await (
        const piece of child.stdout.pipeThrough(new TextDecoderStream())
      ) {
        text += piece;
        if (hasQuit || text.split("\x1b[H").length < 3) continue;
        hasQuit = true;
        await keys.write(new TextEncoder().encode("q"));
      }
      await keys.close().catch(() => {}); // it has left already
      assertEquals((await child.status).code, 0);
      assertStringIncludes(text, "\x1b[?1049h\x1b[?25l\x1b[Hsluice ");
      assertMatch(text, /q: quit/);
      assert(text.endsWith("\x1b[?25h\x1b[?1049l"), text);
      const screen = text.split("\x1b[H")[2]!.split("\x1b[J")[0]!;
      assertEquals(screen.split("\r\n").length, 8);
    });
  },
});
