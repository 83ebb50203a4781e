/**
 * A program that sends the files of a folder, for tests of what it can do with no
 * permission but to read that folder: `file_server.ts ROOT [OPTIONS [LOG-FORMAT]]`.
 * It prints its port.
 */

import { parseCommand } from "../../lib/config/command.ts";
import type { FilesOptions } from "../../lib/handlers/files/options.ts";
import { SystemClock } from "../../lib/net/clock.ts";
import { AccessLog, type LogFormat } from "../../lib/observe/access_log.ts";
import { Server } from "../../lib/server/server.ts";
import { DEFAULTS, withHandler } from "./file_site.ts";

const [root = "", options = "{}", log = "json"] = Deno.args;
const more = JSON.parse(options) as Partial<FilesOptions>;
const command = parseCommand(["--listen", "127.0.0.1:0"], String);
if (command.kind !== "run") throw new Error("Not a command to run");
const clock = new SystemClock();
const server = new Server(
  withHandler({ ...DEFAULTS, root, ...more, kind: "files" })(command.config),
  clock,
  new AccessLog(log as LogFormat, Deno.stdout, clock),
);
const [address] = await server.listen();
const port = address?.transport === "tcp" ? address.port : 0;
await Deno.stderr.write(new TextEncoder().encode(`port ${port}\n`));
