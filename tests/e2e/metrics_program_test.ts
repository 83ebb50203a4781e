/** What the program itself tells of its troubles: reloads that failed, and recent errors of all threads. */

import type { Summary } from "../../lib/observe/metrics/summary.ts";
import { requestOf } from "../support/admin.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { type Message, Peer } from "../support/peer.ts";
import { Program } from "../support/program.ts";
import { get } from "../support/proxy.ts";
import { rows } from "../support/tries.ts";

const WORKERS = Deno.build.os === "linux" ? [1, 2] : [1];

/** Times that the summary is asked for until it says what is waited for. */
const TRIES_MAX = 500;

async function exchange(port: number, request: string): Promise<Message> {
  using peer = await Peer.connect(port);
  await peer.send(request);
  return await peer.readMessage();
}

/** The errors that are told, once there are some that match all of these. */
async function errorsWith(
  admin: number,
  ...patterns: readonly RegExp[]
): Promise<readonly string[]> {
  let texts: readonly string[] = [];
  for (let tries = 0; tries < TRIES_MAX; tries++) {
    const { content } = await exchange(admin, requestOf("GET", "/summary"));
    const { recentErrors } = JSON.parse(content) as Summary;
    texts = recentErrors.map(({ text }) => text);
    const isAll = patterns.every((pattern) =>
      texts.some((text) => pattern.test(text))
    );
    if (isAll) return texts;
  }
  throw new Error(`${patterns} are not in ${JSON.stringify(texts)}`);
}

for (const workers of rows(WORKERS, 1)) {
  Deno.test(`a reload that failed and servers that are out are told, with ${workers} worker(s)`, async () => {
    const folder = await Deno.makeTempDir();
    const file = `${folder}/sluice.json`;
    const config = {
      listen: "127.0.0.1:0",
      admin: { listen: "127.0.0.1:0" },
      workers,
      upstreams: {
        app: {
          servers: ["http://127.0.0.1:1", "http://127.0.0.1:2"],
          eject: { failures: 1 },
        },
      },
      hosts: { "*": { proxy: "app" } },
    };
    await Deno.writeTextFile(file, JSON.stringify(config));
    const program = new Program("--config", file, "--log-format", "off");
    try {
      const [, port] = await program.until(/admin on 127\.0\.0\.1:(\d+)/);
      const admin = Number(port);
      const { status } = await exchange(await program.port(), get("/"));
      assertEquals(status, 502);
      await errorsWith(admin, /upstream app: .* is out for 10 s/);
      await Deno.writeTextFile(file, '{ "hsts": 1 }');
      const answer = await exchange(
        admin,
        requestOf("POST", "/reload", ["Content-Length: 0"]),
      );
      assertEquals(answer.status, 422);
      const [latest] = await errorsWith(admin, /not reloaded/, /hsts: unknown/);
      assert(latest!.includes("not reloaded"), latest);
      const { content } = await exchange(admin, requestOf("GET", "/metrics"));
      assert(content.includes("sluice_config_last_reload_successful 0\n"));
      assert(
        content.includes('sluice_upstream_ejections_total{upstream="app"} 1\n'),
      );
    } finally {
      program.signal("SIGTERM");
      await program.ended();
      await Deno.remove(folder, { recursive: true });
    }
  });
}
