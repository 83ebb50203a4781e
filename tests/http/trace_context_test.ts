import { assertEquals } from "../support/assert.ts";
import {
  parseTraceparent,
  traceparentLine,
} from "../../lib/http/trace_context.ts";

const TRACE = "0af7651916cd43dd8448eb211c80319c";
const SPAN = "b7ad6b7169203331";

Deno.test("traceparent: what is one, and whether it is recorded", () => {
  const sampled = { traceId: TRACE, spanId: SPAN, isSampled: true };
  const rows: readonly (readonly [string, boolean | undefined])[] = [
    [`00-${TRACE}-${SPAN}-01`, true],
    [`00-${TRACE}-${SPAN}-00`, false],
    [`00-${TRACE}-${SPAN}-ff`, true],
    [`00-${TRACE}-${SPAN}-02`, false],
    [`cc-${TRACE}-${SPAN}-01`, true],
    [`cc-${TRACE}-${SPAN}-01-what-will-be`, true],
    [`cc-${TRACE}-${SPAN}-01.what`, undefined],
    [`00-${TRACE}-${SPAN}-01-what`, undefined],
    [`ff-${TRACE}-${SPAN}-01`, undefined],
    [`00-${"0".repeat(32)}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${"0".repeat(16)}-01`, undefined],
    [`00-${TRACE.toUpperCase()}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${SPAN}`, undefined],
    [`00-${TRACE}-${SPAN}-1`, undefined],
    [`00-${TRACE}0-${SPAN}-01`, undefined],
    [` 00-${TRACE}-${SPAN}-01`, undefined],
    [`00-${TRACE}-${SPAN}-01,00-${TRACE}-${SPAN}-01`, undefined],
    ["", undefined],
  ];
  for (const [value, isSampled] of rows) {
    const expected = isSampled === undefined
      ? undefined
      : { ...sampled, isSampled };
    assertEquals(parseTraceparent(value), expected, value);
  }
});

Deno.test("the line of a trace context", () => {
  for (const isSampled of [true, false]) {
    const context = { traceId: TRACE, spanId: SPAN, isSampled };
    const line = traceparentLine(context);
    assertEquals(
      line,
      `traceparent: 00-${TRACE}-${SPAN}-0${isSampled ? 1 : 0}\r\n`,
    );
    assertEquals(parseTraceparent(line.slice(13, -2)), context);
  }
});
