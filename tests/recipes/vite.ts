/** Vite in development: pages, modules, and what the WebSocket says when one is saved. */

import { type Recipe, type Trial, until } from "./trial.ts";

const FILES = {
  "app/index.html":
    `<!doctype html><title>v</title><div id=app></div><script type=module src="/src/main.js"></script>`,
  "app/src/main.js":
    `import { text } from "./text.js"; document.querySelector("#app").textContent = text;
import.meta.hot?.accept("./text.js", (fresh) => document.querySelector("#app").textContent = fresh.text);`,
  "app/src/text.js": `export const text = "one";`,
  "app/vite.config.mjs":
    `export default { cacheDir: "cache", server: { port: 5173, strictPort: true, allowedHosts: ["vite.test"] } }`,
  "shop/index.html":
    `<!doctype html><title>s</title><script type=module src="/src/main.js"></script>`,
  "shop/src/main.js": `document.title = "shop";`,
  "shop/vite.config.mjs":
    `export default { base: "/shop/", cacheDir: "cache", server: { port: 5174, strictPort: true, allowedHosts: ["vite.test"] } }`,
};

/** See the module's comment. */
export const vite: Recipe = {
  name: "vite",
  programs: ["npm"],
  async try(trial): Promise<void> {
    await trial.write({ ...FILES, "package.json": "{}" });
    await trial.npm("vite@8.3.8");
    const command = `${trial.folder}/node_modules/.bin/vite`;
    await trial.start(5173, command, [], {}, `${trial.folder}/app`);
    await trial.start(5174, command, [], {}, `${trial.folder}/shop`);
    await trial.sluice("vite/sluice.json", "--listen", "127.0.0.1:0");

    const at = (path: string): { path: string; host: string } => ({
      path,
      host: "vite.test",
    });
    const page = await trial.look(at("/"), 200, /fwd=uri-miss/);
    if (!page.text.includes("/@vite/client")) throw new Error(page.text);
    await trial.look(at("/src/main.js"), 200, /fwd=/);
    const shop = await trial.look(at("/shop/"), 200, /fwd=uri-miss/);
    if (!shop.text.includes("/shop/src/main.js")) throw new Error(shop.text);
    await trial.look(at("/shop/src/main.js"), 200, /fwd=/);

    await seeUpdate(trial);
  },
};

/** A saved module is told of over the WebSocket, which goes through sluice. */
async function seeUpdate(trial: Trial): Promise<void> {
  const client = await trial.ask({ path: "/@vite/client", host: "vite.test" });
  const [, token] = /wsToken = "([^"]+)"/.exec(client.text) ??
    fail("no token in Vite's client");
  await trial.ask({ path: "/src/text.js", host: "vite.test" });
  const socket = new WebSocket(
    `ws://localhost:${trial.port}/?token=${token}`,
    "vite-hmr",
  );
  const heard: string[] = [];
  socket.onerror = (event): void =>
    void heard.push(`"connected" not: ${(event as ErrorEvent).message}`);
  socket.onmessage = ({ data }): void => void heard.push(String(data));
  const isTold = (word: string): boolean =>
    heard.some((message) => message.includes(word));
  await until("the WebSocket", () => isTold(`"connected"`));
  trial.expect(
    "WebSocket through sluice",
    heard.some((words) => words.includes("not:")) ? heard.join() : "connected",
    "connected",
  );
  const savedMs = performance.now();
  await trial.write({ "app/src/text.js": `export const text = "two";` });
  await until("the update", () => isTold(`"update"`));
  const tookMs = Math.round(performance.now() - savedMs);
  trial.note("a saved module", `told after ${tookMs} ms`);
  const closed = new Promise((resolve) => socket.onclose = resolve);
  socket.close();
  await closed;
  const fresh = await trial.ask({ path: "/src/text.js", host: "vite.test" });
  trial.expect(
    "  and the next visitor gets",
    /"\w+"/.exec(fresh.text)?.[0] ?? fresh.text,
    `"two"`,
  );
}

function fail(words: string): never {
  throw new Error(words);
}
