/** Without TLS, none of Node's modules is loaded: each thread would pay for them. */

import { assert, assertEquals } from "../support/assert.ts";
import { modulesFrom } from "../support/module_graph.ts";
import { ok, Origin } from "../support/origin.ts";
import { exchange, get, Proxy, secured, speaksTls } from "../support/proxy.ts";

/** Where the program begins, on the main thread and in a worker. */
const ENTRIES = ["main.ts", "lib/server/worker.ts"];

Deno.test("no file that is loaded at the start imports a module of Node", async () => {
  for (const entry of ENTRIES) {
    const modules = await modulesFrom(entry);
    const wrong = modules.filter(({ specifier }) =>
      specifier.startsWith("file:")
    ).flatMap(({ specifier, dependencies = [] }) =>
      dependencies.filter(({ code, isDynamic }) =>
        code?.specifier.startsWith("node:") === true && isDynamic !== true
      ).map(({ code }) => `${specifier} imports ${code!.specifier}`)
    );
    assert(modules.length > 10, entry);
    assertEquals(wrong, []);
  }
});

/** Which modules are asked for meanwhile. */
async function askedFor(task: () => Promise<void>): Promise<string[]> {
  // deno-lint-ignore no-process-global -- it is what is watched
  const watched = process;
  const { getBuiltinModule } = watched;
  const names: string[] = [];
  watched.getBuiltinModule = ((name: string): unknown => {
    names.push(name);
    return getBuiltinModule.call(watched, name);
  }) as typeof getBuiltinModule;
  try {
    await task();
  } finally {
    watched.getBuiltinModule = getBuiltinModule;
  }
  return names;
}

Deno.test({
  name: "a proxy asks for Node's TLS only if it speaks TLS",
  ignore: speaksTls(), // then `exchange` speaks it, too
  async fn(): Promise<void> {
    await using origin = Origin.answering(() => ok("here"));
    const plain = await askedFor(async () => {
      await using proxy = await Proxy.start(origin);
      assertEquals((await exchange(proxy, get("/"))).content, "here");
    });
    assertEquals(plain, []);
    const secure = await askedFor(async () => {
      await using _ = await Proxy.startWith(secured, origin);
    });
    assert(secure.includes("node:tls"), secure.join());
  },
});
