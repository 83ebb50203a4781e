/** What clients do in a soak: each scene is one visit, of one or several requests. */

import { decode } from "../../lib/coding/encoder.ts";
import { bytesOf, textOf } from "../../lib/http/bytes.ts";
import type { Message, Peer } from "../support/peer.ts";
import type { Kind, Ledger, Outcome } from "./ledger.ts";
import { contentOf, nameOf } from "./origin.ts";

/** What a scene needs. */
export interface Stage {
  readonly ledger: Ledger;
  connect(): Promise<Peer>;
  /** Told how long an answer took. */
  onAnswer(ms: number): void;
  /** Told what was wrong. */
  onWrong(what: string): void;
}

/** One visit of a client. */
export type Scene = (stage: Stage) => Promise<void>;

/** What became of a request: its outcome, and the status that its sender saw. */
interface Fate {
  readonly outcome: Outcome;
  readonly status: number;
  /** Whether the connection can be used again. */
  readonly goesOn: boolean;
}

const UPLOAD = "u".repeat(65536);
/** Keys of what is stored. */
const STORED_KEYS = 50;
/** The most that a coded response can be. */
const CONTENT_BYTES_MAX = 1_000_000;
/** Between the pieces of a slow client's request. */
const PAUSE_MS = 5;

/** A planned fault of the origin or of the client shows as one of these. */
function isPlanned(error: unknown): boolean {
  return error instanceof Error &&
    /^Input ended|Broken pipe|reset|os error 104|os error 32/i.test(
      error.message,
    );
}

/** Enters a request, plays it, and enters how it ended. */
async function enter(
  stage: Stage,
  kind: Kind,
  play: (id: number) => Promise<Fate>,
): Promise<boolean> {
  const id = stage.ledger.open(kind);
  const startedMs = performance.now();
  let fate: Fate;
  try {
    fate = await play(id);
  } catch (error) {
    const outcome = isPlanned(error) ? "broken" : "wrong";
    if (outcome === "wrong") stage.onWrong(`${kind.name} ${id}: ${error}`);
    fate = { outcome, status: 0, goesOn: false };
  }
  if (fate.outcome === "answered") {
    stage.onAnswer(performance.now() - startedMs);
  }
  stage.ledger.close(id, fate.outcome, fate.status);
  return fate.goesOn;
}

/** What a message is worth that should be the content of `name`. */
type Judge = (message: Message, name: string) => Outcome | Promise<Outcome>;

/**
 * A whole response is right if its content is. One that only the connection's end
 * delimits may be a part: HTTP/1.0 has no way to show that it broke off (RFC 9112 §8).
 */
function judgeContent(
  { status, content, field }: Message,
  name: string,
): Outcome {
  const whole = contentOf(name);
  if (status === 200 && content === whole) return "answered";
  const isDelimited = field("content-length") !== undefined ||
    field("transfer-encoding") !== undefined;
  const isPart = status === 200 && !isDelimited && whole.startsWith(content);
  return isPart ? "broken" : "wrong";
}

function judgeHead({ status, field }: Message, name: string): Outcome {
  const length = field("content-length");
  const isRight = length === undefined ||
    Number(length) === contentOf(name).length;
  return status === 200 && isRight ? "answered" : "wrong";
}

async function judgeCoded(message: Message, name: string): Promise<Outcome> {
  if (message.field("content-encoding") !== "gzip") {
    return judgeContent(message, name);
  }
  const coded = bytesOf(message.content);
  const content = await decode(coded, "gzip", CONTENT_BYTES_MAX);
  const text = textOf(content, 0, content.length);
  return text === contentOf(name) ? "answered" : "wrong";
}

function judgeCondition(message: Message, name: string): Outcome {
  return message.status === 304 ? "answered" : judgeContent(message, name);
}

function judgeRange(message: Message, name: string): Outcome {
  if (message.status !== 206) return judgeContent(message, name);
  const part = contentOf(name).slice(0, 2);
  return message.content === part ? "answered" : "wrong";
}

interface Asking {
  readonly kind: Kind;
  /** The requests of one visit. */
  readonly count: number;
  readonly request: (target: string) => string;
  readonly judge?: Judge;
  /** Sends a request; as it is by default. */
  readonly send?: (client: Peer, request: string) => Promise<void>;
}

/** Sends requests on one connection and checks that each answer is its own. */
function asking({ kind, count, request, judge, send }: Asking): Scene {
  const isHead = kind.name === "head";
  return async (stage) => {
    using client = await stage.connect();
    for (let i = 0; i < count; i++) {
      const goesOn = await enter(stage, kind, async (id) => {
        const target = targetOf(kind, id);
        const message = request(target);
        await (send?.(client, message) ?? client.send(message));
        const answer = await client.readMessage(isHead);
        const { status } = answer;
        const outcome = status === 502
          ? "refused"
          : await (judge ?? judgeContent)(answer, nameOf(target));
        if (outcome === "wrong") {
          stage.onWrong(`${kind.name} ${id}: ${answer.head}`);
        }
        const goesOn = answer.field("connection") !== "close" &&
          (outcome === "answered" || outcome === "refused");
        return { outcome, status, goesOn };
      });
      if (!goesOn) break;
    }
  };
}

/** Requests for what is stored share a target but for the query, which the key is told to ignore. */
function targetOf({ name, reachesOrigin }: Kind, id: number): string {
  return reachesOrigin
    ? `/${name.replaceAll(" ", "-")}/${id}`
    : `/cached/${id % STORED_KEYS}?${id}`;
}

function kindOf(name: string, isSafe: boolean): Kind {
  return { name, originMax: isSafe ? 2 : 1, reachesOrigin: true };
}

function storedKind(name: string): Kind {
  return { name, originMax: 2, reachesOrigin: false };
}

function message(
  startLine: string,
  fields: readonly string[],
  content = "",
): string {
  return `${
    [`${startLine} HTTP/1.1`, "Host: sluice.test", ...fields].join("\r\n")
  }\r\n\r\n${content}`;
}

const get = (...fields: readonly string[]) => (target: string): string =>
  message(`GET ${target}`, fields);

/** Sends a request in pieces. */
async function slowly(client: Peer, request: string): Promise<void> {
  for (let at = 0; at < request.length; at += 20) {
    await client.send(request.slice(at, at + 20));
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

/** Sends a part of an exchange and leaves. */
function leaving(
  kind: Kind,
  play: (client: Peer, target: string, id: number) => Promise<void>,
): Scene {
  return async (stage) => {
    using client = await stage.connect();
    await enter(stage, kind, async (id) => {
      await play(client, targetOf(kind, id), id);
      return { outcome: "left", status: 0, goesOn: false };
    });
  };
}

/** What two programs could read in two ways; each is answered with 400. */
const NONSENSE: readonly ((target: string) => string)[] = [
  (target) => `GET ${target} HTTP/1.1\r\nHost : a\r\n\r\n`,
  (target) => `GET ${target} HTTP/1.1\r\nHost: a\nX: y\r\n\r\n`,
  (target) => `GET ${target} HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n`,
  (target) => message(`POST ${target}`, ["Content-Length: 5, 5"], "hello"),
  (target) =>
    message(`POST ${target}`, [
      "Content-Length: 5",
      "Transfer-Encoding: chunked",
    ], "0\r\n\r\n"),
  (target) =>
    message(`POST ${target}`, ["Transfer-Encoding: chunked"], "5\nhello"),
];

function nonsense(kind: Kind): Scene {
  return async (stage) => {
    using client = await stage.connect();
    await enter(stage, kind, async (id) => {
      const request = NONSENSE[id % NONSENSE.length]!;
      await client.send(request(targetOf(kind, id)));
      const { status } = await client.readMessage();
      const outcome = status === 400 ? "refused" : "wrong";
      return { outcome, status, goesOn: false };
    });
  };
}

function tunnel(kind: Kind): Scene {
  return async (stage) => {
    using client = await stage.connect();
    await enter(stage, kind, async (id) => {
      const request = get("Connection: upgrade", "Upgrade: echo");
      await client.send(request(targetOf(kind, id)));
      const { status } = await client.readHead();
      if (status === 502) return { outcome: "refused", status, goesOn: false };
      let outcome: Outcome = status === 101 ? "answered" : "wrong";
      for (const word of ["one", "two", `${id}`]) {
        await client.send(word);
        if (await client.readExactly(word.length) !== word) outcome = "wrong";
      }
      return { outcome, status, goesOn: false };
    });
  };
}

/** All scenes, each as often as it is to be played. */
export const SCENES: readonly { weight: number; play: Scene }[] = [
  {
    weight: 8,
    play: asking({ kind: kindOf("get", true), count: 1, request: get() }),
  },
  {
    weight: 8,
    play: asking({
      kind: kindOf("keep-alive", true),
      count: 8,
      request: get(),
    }),
  },
  {
    weight: 2,
    play: asking({
      kind: kindOf("slow client", true),
      count: 2,
      request: get(),
      send: slowly,
    }),
  },
  {
    weight: 3,
    play: asking({
      kind: kindOf("http/1.0", true),
      count: 1,
      request: (target) => `GET ${target} HTTP/1.0\r\n\r\n`,
    }),
  },
  {
    weight: 3,
    play: asking({
      kind: kindOf("head", true),
      count: 2,
      request: (target) => message(`HEAD ${target}`, []),
      judge: judgeHead,
    }),
  },
  {
    weight: 4,
    play: asking({
      kind: kindOf("gzip", true),
      count: 2,
      request: get("Accept-Encoding: gzip"),
      judge: judgeCoded,
    }),
  },
  {
    weight: 8,
    play: asking({
      kind: storedKind("stored"),
      count: 8,
      request: get("Accept-Encoding: gzip"),
      judge: judgeCoded,
    }),
  },
  {
    weight: 3,
    play: asking({
      kind: storedKind("stored, on a condition"),
      count: 4,
      request: (target) => get(`If-None-Match: "${nameOf(target)}"`)(target),
      judge: judgeCondition,
    }),
  },
  {
    weight: 3,
    play: asking({
      kind: storedKind("stored, a range"),
      count: 4,
      request: get("Range: bytes=0-1"),
      judge: judgeRange,
    }),
  },
  {
    weight: 4,
    play: asking({
      kind: kindOf("post", false),
      count: 2,
      request: (target) =>
        message(`POST ${target}`, [`Content-Length: ${UPLOAD.length}`], UPLOAD),
    }),
  },
  {
    weight: 3,
    play: asking({
      kind: kindOf("chunked post", false),
      count: 2,
      request: (target) =>
        message(
          `POST ${target}`,
          ["Transfer-Encoding: chunked"],
          `${
            UPLOAD.length.toString(16)
          }\r\n${UPLOAD}\r\n5\r\nhello\r\n0\r\nX-T: 1\r\n\r\n`,
        ),
    }),
  },
  {
    weight: 3,
    play: leaving(kindOf("leave", true), async (client, target, id) => {
      await client.send(get()(target));
      if (id % 2 === 0) await client.readSome();
    }),
  },
  {
    weight: 2,
    play: leaving(kindOf("leave upload", false), async (client, target) => {
      const fields = ["Content-Length: 99999"];
      await client.send(
        message(`POST ${target}`, fields, UPLOAD.slice(0, 5000)),
      );
    }),
  },
  { weight: 2, play: nonsense(kindOf("nonsense", false)) },
  { weight: 2, play: tunnel(kindOf("tunnel", true)) },
];
