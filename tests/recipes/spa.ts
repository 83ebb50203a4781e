/** A single-page application: its paths, its assets, and its API. */

import type { Recipe } from "./trial.ts";

const API = `import { createServer } from "node:http";
createServer((request, response) => response.end("the API saw " + request.url)).listen(3000, "127.0.0.1");`;

/** See the module's comment. */
export const spa: Recipe = {
  name: "spa",
  programs: ["node"],
  async try(trial): Promise<void> {
    await trial.write({ "api.mjs": API });
    await trial.start(3000, "node", ["api.mjs"]);
    trial.versions.push("a folder, and a server of Node");
    await trial.sluice("spa/sluice.json", "--listen", "127.0.0.1:0");
    for (const path of ["/", "/deep/er/path?x=1"]) {
      const { status, text, header } = await trial.ask(path);
      const isPage = text.includes("<html") || text.includes("<!doctype");
      trial.expect(
        `GET ${path}`,
        `${status}  ${isPage ? "the page" : text}, ${header("cache-control")}`,
        "200  the page, no-cache",
      );
    }
    const { status, header } = await trial.ask("/assets/gone.js");
    trial.expect(
      "GET /assets/gone.js",
      `${status}  ${header("cache-control")}`,
      "404  no-store",
    );
    const { text } = await trial.ask("/api/me");
    trial.expect("GET /api/me", text, "the API saw /me");
  },
};
