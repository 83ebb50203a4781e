/** Event streams and tokens: each piece is passed on when it comes, and a key has its limits. */

import type { Recipe } from "./trial.ts";

const MODEL = `import { createServer } from "node:http";
let left = 0;
createServer(async (request, response) => {
  if (request.url === "/left") return response.end(String(left));
  response.on("close", () => { if (!response.writableEnded) left++; });
  const isEvents = request.url !== "/v1/lines";
  response.writeHead(200, { "content-type": isEvents ? "text/event-stream" : "application/x-ndjson" });
  for (let i = 0; i < 6 && !response.destroyed; i++) {
    response.write(isEvents ? "data: token " + i + "\\n\\n" : JSON.stringify({ token: i }) + "\\n");
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  response.end();
}).listen(3000, "127.0.0.1");`;
const TOKENS = 6;
/** Between two tokens, in ms. */
const TOKEN_MS = 200;

/** See the module's comment. */
export const streams: Recipe = {
  name: "streams",
  programs: ["node"],
  async try(trial): Promise<void> {
    await trial.write({ "model.mjs": MODEL });
    await trial.start(3000, "node", ["model.mjs"]);
    trial.versions.push("a server of Node, a token every 200 ms");
    await trial.sluice("streams/sluice.json", "--listen", "127.0.0.1:0");
    let key = 0;
    for (const path of ["/v1/chat/completions", "/v1/lines"]) {
      for (const coding of ["identity", "gzip", "br"]) {
        const { pieces, header } = await trial.ask({
          path,
          headers: {
            "accept-encoding": coding,
            authorization: `Bearer ${key++}`,
          },
        });
        // A coding has an end of its own, after the last token.
        const tokens = pieces.slice(0, TOKENS);
        const gaps = tokens.slice(1).map(([ms], at) => ms - tokens[at]![0]);
        const isApart = gaps.every((ms) => ms > TOKEN_MS / 2);
        trial.expect(
          `GET ${path}, ${coding}`,
          `${
            header("content-encoding") ?? "as it is"
          }, ${tokens.length} tokens, ${
            isApart ? "each when it was written" : gaps.join(" ")
          }`,
          `${
            coding === "identity" ? "as it is" : coding
          }, ${TOKENS} tokens, each when it was written`,
        );
      }
    }
    const statuses = await Promise.all(
      Array.from({ length: 12 }, async () => {
        const headers = { authorization: "Bearer of one" };
        return (await trial.ask({ path: "/v1/lines", headers })).status;
      }),
    );
    const passed = statuses.filter((status) => status === 200).length;
    const refused = statuses.filter((status) => status === 429).length;
    trial.expect(
      "12 at a time with one key",
      `${passed} pass, ${refused} get 429`,
      "8 pass, 4 get 429",
    );
  },
};
