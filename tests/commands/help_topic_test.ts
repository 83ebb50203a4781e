/** `sluice help TOPIC`, `sluice completions SHELL`: everything that there is, is known. */

import {
  assert,
  assertEquals,
  assertMatch,
  assertRejects,
} from "../support/assert.ts";
import { documents } from "../support/docs.ts";
import { topicText } from "../../lib/commands/help_topic.ts";
import { parseCommand } from "../../lib/config/command.ts";
import { completionsText, SHELLS } from "../../lib/config/completions.ts";
import { FLAG_NAMES } from "../../lib/config/flags.ts";
import {
  PAGE_NAMES,
  pageOf,
  readingHint,
  usageHint,
} from "../../lib/config/pages.ts";
import { UsageError } from "../../lib/config/usage_error.ts";
import { WORD_NAMES, WORDS } from "../../lib/config/words.ts";
import { METRICS } from "../../lib/observe/metrics/table.ts";
import { REASONS } from "../../lib/reasons/reason.ts";

Deno.test("every page of the documentation is a topic", async () => {
  const pages = [...documents().keys()].filter((path) =>
    path.startsWith("docs/") && path !== "docs/README.md"
  );
  assertEquals(PAGE_NAMES.map((name) => `docs/${name}.md`).toSorted(), pages);
  for (const name of PAGE_NAMES) {
    const text = await topicText(name);
    assert(text.startsWith("# "), name);
    assert(!text.includes("<!--"), name);
  }
});

Deno.test("every command, flag, reason and metric is a topic", async () => {
  const words = [
    ...WORD_NAMES,
    ...FLAG_NAMES.map((name) => `--${name}`),
    ...Object.values(REASONS).map(({ token }) => token),
    ...METRICS.map(({ name }) => name),
    "ttl",
    "cache.ttl",
    "bad_framing",
  ];
  for (const word of words) {
    const text = await topicText(word);
    assert(text.includes("\n  "), `${word}: ${text}`);
  }
});

Deno.test("what is no topic is told, with what was probably meant", async () => {
  for (const [topic, meant] of [["cachin", "caching"], ["", "Topics:"]]) {
    const { message } = await assertRejects(
      () => topicText(topic!),
      UsageError,
    );
    assert(message.includes(meant!), message);
  }
});

Deno.test("what is wrong with a configuration leads to a page", () => {
  const rows = [
    [["hosts", "a", "/", "cache", "ttl"], "caching"],
    [["hosts", "limit", "/", "proxy"], "access"], // a host of this name: near enough
    [["upstreams", "app", "servers", 0], "servers"],
    [["cache", "shared", "url"], "fleet"],
    [["toString"], "configuration"],
    [[], "configuration"],
  ] as const;
  for (const [path, page] of rows) assertEquals(pageOf(path), page);
  assertEquals(
    readingHint([["tls"], ["cache"]]),
    "sluice: see docs/tls.md, or run: sluice help tls",
  );
});

Deno.test("what is wrong with a command line leads to a page, and to help that there is", async () => {
  const rows: readonly (readonly [string, string, string | undefined])[] = [
    ["--lisen :80", "unknown flag --lisen: did you mean --listen?", "--listen"],
    ["--max-head x", '--max-head: "x" is not a size', "--max-head"],
    ["--nonsense", "unknown flag --nonsense: see --help", "flags"],
    ["strat", 'unexpected argument "strat": see --help', "flags"],
    ["strat", "there is a -- and nothing after it", "flags"],
    ["purge --al", "unknown flag --al: did you mean --all?", "purge"],
    ["print-config", "--config needs a value", "print-config"],
    ["help nothing", 'nothing is known about "nothing"', undefined],
  ];
  for (const [line, complaint, topic] of rows) {
    const hint = usageHint(line.split(" "), complaint);
    const [, page, said] =
      /^see docs\/(\w+)\.md, or run: sluice help (\S+)$/.exec(hint ?? "") ?? [];
    assertEquals(said, topic, complaint);
    if (topic === undefined) continue;
    await topicText(said!);
    await topicText(page!);
  }
  for (const word of WORD_NAMES.filter((name) => name !== "help")) {
    assertMatch(usageHint([word], "")!, new RegExp(`^see docs/.* ${word}$`));
  }
});

Deno.test("the flags of each command are taken by it", () => {
  for (const name of WORD_NAMES) {
    for (const flag of WORDS[name].flags) {
      try {
        parseCommand([name, `${flag}=x`], String);
      } catch (error) {
        assert(error instanceof UsageError);
        const isUnknown = /unknown flag|says nothing/.test(error.message);
        assert(!isUnknown, `${name} ${flag}: ${error.message}`);
      }
    }
  }
});

Deno.test("help and completions take one word", () => {
  const kinds = [["help"], ["help", "tls"], ["completions", "zsh"]]
    .map((args) => parseCommand(args, String).kind);
  assertEquals(kinds, ["help", "topic", "completions"]);
  for (
    const args of [["help", "a", "b"], ["completions"], ["completions", "ksh"]]
  ) {
    try {
      parseCommand(args, String);
      assert(false, args.join(" "));
    } catch (error) {
      assert(error instanceof UsageError && /expected: /.test(error.message));
    }
  }
});

/** What a shell says of a script; undefined if it is not there. */
async function said(
  shell: string,
  ...args: readonly string[]
): Promise<string | undefined> {
  try {
    const { stdout, stderr } = await new Deno.Command(shell, {
      args: [...args],
      env: { HOME: "/nonexistent", LC_ALL: "C.UTF-8" },
    }).output();
    const decoder = new TextDecoder();
    return decoder.decode(stdout) + decoder.decode(stderr);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return undefined;
    throw error;
  }
}

const HAS_BASH = await said("bash", "-c", "complete -p || true") !== undefined;

Deno.test({
  name: "bash completes words, flags of words, topics and the flags at the top",
  ignore: !HAS_BASH,
  async fn(): Promise<void> {
    const rows: readonly (readonly [words: string[], completed: string])[] = [
      [["in"], "init"],
      [["--max-fi"], "--max-fields"],
      [["--config"], "--config"],
      [["init", "--do"], "--domain"],
      [["purge", "--s"], "--soft"],
      [["help", "cach"], "caching"],
      [["completions", ""], "bash zsh fish"],
      [["--config", "a.js"], ""], // a file
      [["-c", "a.json", "--wat"], "--watch"],
      [["init", "$(touch /tmp/x)"], ""],
    ];
    const script = rows.map(([words]) =>
      [
        `COMP_WORDS=(sluice ${words.map((word) => `'${word}'`).join(" ")})`,
        `COMP_CWORD=${words.length}`,
        '_sluice; echo "${COMPREPLY[*]}"',
      ].join("\n")
    );
    const text = [completionsText("bash"), "complete -p sluice", ...script]
      .join("\n");
    assertEquals((await said("bash", "-c", text))!.split("\n"), [
      "complete -o default -F _sluice sluice",
      ...rows.map(([, completed]) => completed),
      "",
    ]);
  },
});

for (const shell of SHELLS) {
  const hasShell = await said(shell, "-c", "true") !== undefined;
  Deno.test({
    name: `${shell} can read its completions${
      hasShell ? "" : ": there is none"
    }`,
    ignore: !hasShell,
    async fn(): Promise<void> {
      const path = await Deno.makeTempFile();
      await Deno.writeTextFile(path, completionsText(shell));
      assertEquals(await said(shell, "-n", path), "");
      await Deno.remove(path);
    },
  });
}

Deno.test("each shell is told every word and every flag", () => {
  for (const shell of SHELLS) {
    const text = completionsText(shell);
    for (const name of WORD_NAMES) assert(text.includes(name), name);
    for (const name of FLAG_NAMES) assert(text.includes(name), name);
  }
});
