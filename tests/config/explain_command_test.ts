/** `sluice explain`: its command line. */

import { explainCommand } from "../../lib/config/explain_command.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { assertEquals, assertThrows } from "../support/assert.ts";

const URL_ = "http://a.example/x";

/** Command lines, and what is wrong with them. */
const BAD: readonly (readonly [line: readonly string[], words: string])[] = [
  [[], "expected: sluice explain URL"],
  [[URL_, "GET"], "expected: sluice explain URL"],
  [[URL_], "explain needs the running sluice"],
  [["a.example", "--admin", ":1"], "Cannot read the URL"],
  [[URL_, "-X", "G T", "--admin", ":1"], "is not a method"],
  [[URL_, "-H", "a", "--admin", ":1"], "Cannot read the header"],
  [[URL_, "-H", "a: b\r\nc: d", "--admin", ":1"], "has a line break or a NUL"],
  [[URL_, "--client", "x", "--admin", ":1"], "is not an IP address"],
  [[URL_, "--admin", "nowhere"], "--admin:"],
  [[URL_, "--offline"], "--offline needs --config FILE"],
  [[URL_, "--offline", "-c", "a", "--live"], "--live cannot be used with"],
  [[URL_, "--offline", "-c", "a", "--admin", ":1"], "--admin cannot be used"],
  [
    [URL_, "--live", "--admin", ":1", "--client", "10.0.0.1"],
    "--client cannot be used with --live",
  ],
  [[URL_, "--ofline"], "unknown flag --ofline"],
];

for (const [line, words] of BAD) {
  Deno.test(`no command: explain ${JSON.stringify(line)}`, () => {
    assertThrows(
      () => parseCommand(["explain", ...line], String),
      UsageError,
      words,
    );
  });
}

Deno.test("a command has a question and somebody to ask", () => {
  const refuse = (arg: string): never => {
    throw new Error(arg);
  };
  const args = ["-X", "PUT", URL_, "-H", "a: b", "--header", "c: d", "--json"];
  assertEquals(explainCommand([...args, "-c", "f", "--live"], refuse), {
    kind: "explain",
    question: {
      url: URL_,
      method: "PUT",
      headers: ["a: b", "c: d"],
      client: undefined,
    },
    place: {
      kind: "running",
      target: { address: undefined, config: "f", tokenFile: undefined },
      isLive: true,
    },
    isJson: true,
  });
  const { place } = explainCommand(
    [URL_, "--offline", "--config", "f"],
    refuse,
  );
  assertEquals(place, { kind: "offline", config: "f" });
});
