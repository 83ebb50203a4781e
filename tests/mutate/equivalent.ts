/**
 * Faults that change nothing that anybody could see, each with the reason: they are
 * not tried. One whose line is no longer there is reported, and may go.
 */

import type { Placed } from "./trial.ts";

/** Faults in one line. */
export interface Equivalent {
  readonly path: string;
  /** The line without the fault. */
  readonly before: string;
  /** The line with it; without: any constant of the line, one more or one less. */
  readonly changed?: string;
  readonly why: string;
}

/** See the module's comment. */
export const EQUIVALENT: readonly Equivalent[] = [
  {
    path: "lib/http/byte_writer.ts",
    before: "let capacity = this.bytes.length * 2;",
    changed: "let capacity = this.bytes.length * 1;",
    why: "The loop behind it doubles until there is room.",
  },
  {
    path: "lib/http/byte_writer.ts",
    before: "this.reserve(20);",
    why: "A safe integer has 16 digits.",
  },
  {
    path: "lib/http/target.ts",
    before: "return -1;",
    why: "Whatever is not behind the start means that there is no host.",
  },
  {
    path: "lib/http/request_head.ts",
    before: "this.#hasPercent = false;",
    why: "Only whether a target is searched that has nothing to be found.",
  },
  {
    path: "lib/http/request_head.ts",
    before: "options = 0;",
    why: "A head begins with begin(), which sets it.",
  },
  {
    path: "lib/http/field.ts",
    before:
      "if (prefix.length <= end - start && beginsFolded(bytes, start, prefix)) {",
    changed:
      "if (prefix.length <= end + start && beginsFolded(bytes, start, prefix)) {",
    why: "Behind a name comes a colon, which no prefix has.",
  },
  {
    path: "lib/cache/policy/cache_key.ts",
    before:
      "return bytes[at] === DOT || bytes[at] === PERCENT && at + 2 < end &&",
    changed:
      "return bytes[at] === DOT || bytes[at] === PERCENT && at + 2 < end ||",
    why: "A path that is looked at in vain stays as it is.",
  },
  {
    path: "lib/cache/policy/cache_key.ts",
    before:
      "return bytes[at] === DOT || bytes[at] === PERCENT && at + 2 < end &&",
    changed:
      "return bytes[at] === DOT || bytes[at] === PERCENT || at + 2 < end &&",
    why: "A path that is looked at in vain stays as it is.",
  },
  {
    path: "lib/head/asked_coding.ts",
    before: "const asked = new ReadValues(askedCoding, 256, 128);",
    why: "What is remembered is what would be read again.",
  },
  {
    path: "lib/coding/choose.ts",
    before:
      "outcomes = new ReadValues((text) => negotiate(text, offered), 256, 128);",
    why: "What is remembered is what would be read again.",
  },
  {
    path: "lib/cache/policy/directives.ts",
    before:
      "const known = new ReadValues(readDirectives, 512, KNOWN_LENGTH_MAX);",
    why: "What is remembered is what would be read again.",
  },
  {
    path: "lib/observe/access_log.ts",
    before: "while (this.#lines.length > 0) {",
    changed: "while (this.#lines.length > 1) {",
    why: "No line has one byte.",
  },
  {
    path: "lib/fetch/ask.ts",
    before: "if (bytes !== response.bytes || start !== response.start) {",
    changed: "if (bytes === response.bytes || start !== response.start) {",
    why: "The parser takes the buffer that it is given next, " +
      "and to move by nothing changes nothing.",
  },
  {
    path: "lib/http/target.ts",
    before: "bytes[colon + 2] !== SLASH || colon + 3 > end",
    changed: "bytes[colon + 2] !== SLASH || colon + 3 >= end",
    why: "An empty authority is refused with the same code a little later.",
  },
  {
    path: "lib/observe/access_log.ts",
    before: "const BATCH_BYTES = 32 * 1024;",
    why: "Lines are written in other batches, in the same order.",
  },
  {
    path: "lib/http/response_head.ts",
    before: "start = 0;",
    why: "A head begins with begin(), which sets it.",
  },
  {
    path: "lib/net/reader.ts",
    before:
      "else if (this.bytes.length - this.end < FREE_BYTES_MIN) this.#makeRoom();",
    changed:
      "else if (this.bytes.length - this.end <= FREE_BYTES_MIN) this.#makeRoom();",
    why: "Room is made with exactly the least number of bytes free: " +
      "the bytes are the same, and a buffer may grow one read sooner.",
  },
  {
    path: "lib/cache/policy/cache_key.ts",
    before: "const KEY_BYTES_KEPT_MAX = 64 * 1024;",
    why: "A buffer of that size is kept or made anew: only memory differs.",
  },
  {
    path: "lib/cache/policy/directives.ts",
    before: "const KNOWN_LENGTH_MAX = 256;",
    why: "What is remembered is what would be read again.",
  },
  {
    path: "lib/cache/policy/directives.ts",
    before: "if (length <= KNOWN_LENGTH_MAX) {",
    changed: "if (length < KNOWN_LENGTH_MAX) {",
    why: "What is remembered is what would be read again.",
  },
  {
    path: "lib/cache/policy/cache_key.ts",
    before: "const path = queryAt < 0 ? text : text.slice(0, queryAt);",
    changed: "const path = queryAt < 1 ? text : text.slice(0, queryAt);",
    why: "A path begins with a slash: no query begins at 0.",
  },
  {
    path: "lib/coding/encoder.ts",
    before: "return await this.#transformer.end();",
    changed: "return this.#transformer.end();",
    why: "Nothing stands around it that would catch what it throws.",
  },
  {
    path: "lib/coding/negotiate.ts",
    before:
      "const name = trimmed(semicolon < 0 ? member : member.slice(0, semicolon))",
    changed:
      "const name = trimmed(semicolon < 1 ? member : member.slice(0, semicolon))",
    why: "A member that begins with a semicolon has no name either way.",
  },
  {
    path: "lib/observe/escape.ts",
    before: "{ length: 256 },",
    changed: "{ length: 255 },",
    why:
      "The last byte is not plain, and what is not in the table is not either.",
  },
  {
    path: "lib/http/chunked.ts",
    before: "#size = 0;",
    why: "A body begins with begin(), which sets it.",
  },
  {
    path: "lib/head/client_response.ts",
    before: "out.reserve(response.end - response.start + 256);",
    changed: "out.reserve(response.end + response.start + 256);",
    why: "The buffer grows as it is written: only how often differs.",
  },
  {
    path: "lib/observe/health.ts",
    before: '? await Deno.connect({ transport: "unix", path: to.path })',
    changed: '? Deno.connect({ transport: "unix", path: to.path })',
    why: "Nothing stands around it that would catch what it throws.",
  },
  {
    path: "lib/observe/health.ts",
    before:
      ": await Deno.connect({ hostname: to.hostname, port: to.port, signal });",
    changed:
      ": Deno.connect({ hostname: to.hostname, port: to.port, signal });",
    why: "Nothing stands around it that would catch what it throws.",
  },
  {
    path: "lib/exchange/exchange_state.ts",
    before: "this.isContentDue = false;",
    changed: "this.isContentDue = true;",
    why: "It is asked once for each request; what is said afterwards holds " +
      "to its end, which unsays it.",
  },
  {
    path: "lib/net/cidr.ts",
    before:
      "return blocks.length > 0 && matchesBlocks(parseIp(address), blocks);",
    changed:
      "return blocks.length >= 0 && matchesBlocks(parseIp(address), blocks);",
    why: "Nothing is in no blocks; only the time that it takes differs.",
  },
  {
    path: "lib/cache/policy/query.ts",
    before: ".sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0)",
    changed: ".sort((a, b) => a.name < b.name ? -1 : a.name >= b.name ? 1 : 0)",
    why: "The engine's sort asks only whether one comes before the other.",
  },
  {
    path: "lib/router/regex_syntax.ts",
    before: "for (let code = 0; code < OTHER; code++) {",
    changed: "for (let code = 0; code <= OTHER; code++) {",
    why: "The first character beyond Latin-1 is no digit, letter or space.",
  },
  {
    path: "lib/http/canonical_path.ts",
    before: "const KEPT_BYTES_MAX = 64 * 1024;",
    why: "A buffer of that size is kept or made anew: only memory differs.",
  },
  {
    path: "lib/access/limits/in_flight.ts",
    before: "return isCounted ? slot : -1;",
    changed: "return isCounted ? slot : -2;",
    why: "Whatever is below zero means that it was not counted.",
  },
  {
    path: "lib/observe/access_log.ts",
    before: "return isOrdinary ? sample.rate : 1;",
    changed: "return isOrdinary ? sample.rate : 2;",
    why: "A share of one or more is all.",
  },
  {
    path: "lib/http/section.ts",
    before: "#isOdd = false;",
    changed: "#isOdd = true;",
    why: "Each line begins with a name, which sets it.",
  },
  {
    path: "lib/upstream/acquisition.ts",
    before: "queueMs = -1;",
    changed: "queueMs = -2;",
    why: "It is read once it has settled: then whatever was below zero " +
      "has become the time.",
  },
  {
    path: "lib/http/canonical_path.ts",
    before: "for (let at = 0; at < end; at++) {",
    changed: "for (let at = 1; at < end; at++) {",
    why: "A path begins with a slash, which is no escape.",
  },
  {
    path: "lib/router/path_table.ts",
    before:
      "const SAME: Uint8Array = Uint8Array.from({ length: 256 }, (_, byte) => byte);",
    changed:
      "const SAME: Uint8Array = Uint8Array.from({ length: 257 }, (_, byte) => byte);",
    why: "It is asked for bytes, of which 255 is the largest.",
  },
  {
    path: "lib/coding/encoder.ts",
    before: "if (run.length > 0) this.#out.push(run);",
    changed: "if (run.length >= 0) this.#out.push(run);",
    why:
      "The runtime's streams give no run without bytes; this is in case they should.",
  },
  {
    path: "lib/cache/fleet/fleet_tier.ts",
    before: "const LOOK_MS = { first: 5, last: 50 } as const;",
    changed: "const LOOK_MS = { first: 4, last: 50 } as const;",
    why: "Only how soon it looks again for what another node fetches differs.",
  },
  {
    path: "lib/cache/disk/disk_purge.ts",
    before: "let end = 0;",
    changed: "let end = 1;",
    why: "A host has one byte at least, which is neither a space nor a colon.",
  },
  {
    path: "lib/cache/disk/large_files.ts",
    before: "this.#open.clear();",
    changed: ";",
    why: "The thread ends then: nobody asks for a file any more.",
  },
  {
    path: "lib/net/tls_engine.ts",
    before: "stream.destroy();",
    changed: ";",
    why: "The stream is of memory alone: nothing would stay open.",
  },
  {
    path: "lib/access/limits/limit_key.ts",
    before: "key.high = high | 0;",
    changed: "key.high = high | 1;",
    why: "It tells keys apart by 63 bits, not 64, as only chance could show.",
  },
  {
    path: "lib/cache/store/shared/shared_log.ts",
    before:
      "const passed = this.#words[tail * WORDS_PER_CELL + RECORD.Cells]!;",
    changed:
      "const passed = this.#words[tail * WORDS_PER_CELL - RECORD.Cells]!;",
    why: "It is the first word of a record: 0 is added.",
  },
  {
    path: "lib/config/auth_services.ts",
    before: "weight: 1,",
    changed: "weight: 2,",
    why: "It is the only server of its upstream.",
  },
  {
    path: "lib/cache/store/stored_record.ts",
    before: "? new Uint8Array(0)",
    changed: "? new Uint8Array(1)",
    why: "The byte is no separator: it belongs to no tag.",
  },
  {
    path: "lib/net/deadline.ts",
    before: "} else if (dueMs < deadline.tick * TICK_MS) {",
    changed: "} else if (dueMs <= deadline.tick * TICK_MS) {",
    why: "One that is due at the tick where it is is put there again.",
  },
  {
    path: "lib/upstream/origin_connection.ts",
    before: "#idle = false;",
    changed: "#idle = true;",
    why: "A pool hands a connection out with begin(), which sets it.",
  },
];

/** Why a fault changes nothing; undefined if it may change something. */
export function whyEquivalent(
  { path, kind, before, changed }: Pick<
    Placed,
    "path" | "kind" | "before" | "changed"
  >,
  all: readonly Equivalent[] = EQUIVALENT,
): string | undefined {
  return all.find((known) =>
    known.path === path && known.before === before &&
    (known.changed === undefined
      ? kind === "constant"
      : known.changed === changed)
  )?.why;
}
