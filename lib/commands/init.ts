/** `sluice init`: asks three questions, or none if flags have the answers, and writes a configuration. */

import type { InitCommand } from "../config/init_command.ts";
import {
  parseDomain,
  parseEmail,
  parseServer,
} from "../config/init_command.ts";
import { folderOf } from "../config/file/disk.ts";
import {
  isPublicName,
  type StarterAnswers,
  starterText,
} from "../config/starter.ts";
import { UsageError } from "../config/usage_error.ts";

/** How often a question is asked again. */
const ASKED_MAX = 5;
/** The most bytes of an answer. */
const ANSWER_BYTES_MAX = 4096;
const LINE_FEED = 0x0a;

const NO_ANSWER =
  "init: there is no answer; use flags: --domain NAME --upstream URL, or --files FOLDER";

/** Where questions go, and answers come from. */
export interface Conversation {
  /** Shows a question, without the end of a line. */
  show(text: string): Promise<void>;
  /** The next line that the user types; undefined at the end. */
  answer(): Promise<string | undefined>;
}

/**
 * Writes the file.
 *
 * @param print Gets what to do next.
 * @returns The exit code.
 * @throws {UsageError} if there is a file already, or no answer.
 */
export async function initialize(
  { path, answers, isForced }: InitCommand,
  conversation: Conversation,
  print: (text: string) => void,
): Promise<number> {
  if (!isForced) await refuseExisting(path);
  const given = answers ?? await ask(conversation);
  const text = starterText(path, { ...given, files: filesFrom(path, given) });
  try {
    await Deno.writeTextFile(path, text, { createNew: !isForced });
  } catch (error) {
    if (error instanceof Deno.errors.AlreadyExists) throw exists(path);
    throw new UsageError(
      `cannot write "${path}": ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  print(nextSteps(path, given));
  return 0;
}

async function refuseExisting(path: string): Promise<void> {
  try {
    await Deno.lstat(path);
  } catch (error) {
    if (error instanceof Deno.errors.NotFound) return;
    throw new UsageError(
      `cannot write "${path}": ${(error as Error).message}`,
      {
        cause: error,
      },
    );
  }
  throw exists(path);
}

function exists(path: string): UsageError {
  return new UsageError(
    `"${path}" is there already: name another file, or replace it with --force`,
  );
}

/** The folder as the file has to say it: paths in a configuration are relative to it. */
function filesFrom(
  path: string,
  { files }: StarterAnswers,
): string | undefined {
  const isNear = folderOf(path) === "" || files === undefined;
  return isNear || files.startsWith("/") ? files : `${Deno.cwd()}/${files}`;
}

function nextSteps(path: string, { domain }: StarterAnswers): string {
  const url = domain === undefined
    ? "http://127.0.0.1:8000/"
    : `${isPublicName(domain) ? "https" : "http"}://${domain}/`;
  return [
    `sluice: wrote ${path}`,
    `sluice: check it: sluice --config ${path} --check`,
    `sluice: start it: sluice --config ${path}, then open ${url}`,
  ].join("\n");
}

/** The three questions. */
async function ask(conversation: Conversation): Promise<StarterAnswers> {
  const domain = await askOne(
    conversation,
    "Which name do visitors use? (such as example.com; nothing: this machine only) ",
    (text) => text === "" ? undefined : parseDomain(text),
  );
  const serves = await askOne(
    conversation,
    "What do they get? (http://127.0.0.1:3000, several of these, or a folder such as ./dist) ",
    parseServes,
  );
  const email = domain === undefined || !isPublicName(domain)
    ? undefined
    : await askOne(
      conversation,
      "Which email address may Let's Encrypt write to if a certificate has a problem? (nothing: none) ",
      (text) => text === "" ? undefined : parseEmail(text),
    );
  return { domain, ...serves, email };
}

/** Servers, or a folder. */
function parseServes(
  text: string,
): {
  readonly upstreams: readonly string[];
  readonly files: string | undefined;
} {
  if (/^(?:[./]|[A-Za-z]:\\)/.test(text)) {
    return { upstreams: [], files: text };
  }
  const upstreams = text.split(/[\s,]+/).filter((url) => url !== "")
    .map(parseServer);
  if (upstreams.length > 0) return { upstreams, files: undefined };
  throw new SyntaxError(
    "an address or a folder is needed: http://127.0.0.1:3000, or ./dist",
  );
}

async function askOne<Value>(
  { show, answer }: Conversation,
  question: string,
  parse: (text: string) => Value,
): Promise<Value> {
  for (let asked = 0; asked < ASKED_MAX; asked++) {
    await show(question);
    const text = await answer();
    if (text === undefined) break;
    try {
      return parse(text.trim());
    } catch (error) {
      if (!(error instanceof SyntaxError)) throw error;
      await show(`${error.message}\n`);
    }
  }
  throw new UsageError(NO_ANSWER);
}

/** The terminal, or whatever standard input is. */
export function terminal(): Conversation {
  const decoder = new TextDecoder();
  let rest = new Uint8Array();
  const line = (end: number, next: number): string => {
    const text = decoder.decode(rest.subarray(0, end));
    rest = rest.slice(next);
    return text;
  };
  return {
    async show(text): Promise<void> {
      await Deno.stderr.write(new TextEncoder().encode(text));
    },
    async answer(): Promise<string | undefined> {
      const chunk = new Uint8Array(ANSWER_BYTES_MAX);
      while (true) {
        const end = rest.indexOf(LINE_FEED);
        if (end >= 0) return line(end, end + 1);
        if (rest.length >= ANSWER_BYTES_MAX) return undefined;
        const count = await Deno.stdin.read(chunk);
        if (count === null) {
          return rest.length > 0 ? line(rest.length, rest.length) : undefined;
        }
        const longer = new Uint8Array(rest.length + count);
        longer.set(rest);
        longer.set(chunk.subarray(0, count), rest.length);
        rest = longer;
      }
    },
  };
}
