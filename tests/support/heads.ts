/** What heads are written by, and what was written. */

import { assert } from "./assert.ts";
import { parseCommand } from "../../lib/config/command.ts";
import type { RouteOptions } from "../../lib/exchange/route.ts";
import type { ByteWriter } from "../../lib/http/byte_writer.ts";
import { textOf } from "../../lib/http/bytes.ts";

/** The route that flags make. */
export function routeOf(...flags: readonly string[]): RouteOptions {
  const command = parseCommand(flags, String);
  assert(command.kind === "run");
  return command.config.hosts[0]!.routes[0]!.options;
}

/** The lines of a head. */
export function linesOf(out: ByteWriter): string[] {
  const text = textOf(out.bytes, 0, out.length);
  assert(text.endsWith("\r\n\r\n"));
  return text.slice(0, -4).split("\r\n");
}
