/** Socket.IO: polling, WebSocket, the way from one to the other, and below a path. */

import type { Recipe } from "./trial.ts";

const FILES = {
  "package.json": `{ "type": "module" }`,
  "server.mjs":
    `import { createServer } from "node:http"; import { Server } from "socket.io";
const server = createServer(); const io = new Server(server);
io.on("connection", (client) => {
  client.on("echo", (message, answer) => answer(message));
  client.on("bytes", (bytes, answer) => answer(bytes.length));
});
server.listen(3400, "127.0.0.1");`,
  "client.mjs": `import { io } from "socket.io-client";
const ways = { polling: { transports: ["polling"] }, websocket: { transports: ["websocket"] },
  "one, then the other": {}, "below a path": { path: "/rt/socket.io" } };
for (const [name, options] of Object.entries(ways)) {
  const client = io("http://127.0.0.1:" + process.argv[2], { ...options, forceNew: true });
  await new Promise((resolve, reject) => { client.on("connect", resolve); client.on("connect_error", reject); });
  let good = 0;
  for (let i = 0; i < 50; i++) if (await client.timeout(5000).emitWithAck("echo", "m" + i) === "m" + i) good++;
  const length = await client.timeout(9000).emitWithAck("bytes", Buffer.alloc(600000));
  if (name !== "polling" && client.io.engine.transport.name !== "websocket") await new Promise((resolve) => client.io.engine.on("upgrade", resolve));
  console.log([name, good + " of 50 messages, " + length + " bytes, by " + client.io.engine.transport.name].join("\\t"));
  client.close();
}
process.exit();`,
};

/** See the module's comment. */
export const socketio: Recipe = {
  name: "socketio",
  programs: ["npm"],
  async try(trial): Promise<void> {
    await trial.write(FILES);
    await trial.npm("socket.io@4.8.4", "socket.io-client@4.8.4");
    await trial.start(3400, "node", ["server.mjs"]);
    await trial.sluice("socketio/sluice.json", "--listen", "127.0.0.1:0");
    const said = await trial.run("node", ["client.mjs", `${trial.port}`]);
    const lines = said.trim().split("\n");
    for (const line of lines) {
      const [way = "", seen = ""] = line.split("\t");
      const by = way === "polling" ? "polling" : "websocket";
      trial.expect(way, seen, `50 of 50 messages, 600000 bytes, by ${by}`);
    }
    if (lines.length !== 4) throw new Error(said);
  },
};
