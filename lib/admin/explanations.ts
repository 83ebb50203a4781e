/**
 * What becomes of a request, and why: `GET /explain?url=…&method=…&header=…&client=…`. A
 * request that is sent now is followed: `POST /explain` gives a token for it, and
 * `GET /explain/TOKEN` what the log would say of it.
 */

import { namedText } from "../http/named_field.ts";
import { type Question, questionIn, questionOf } from "../explain/question.ts";
import { explanationLines } from "../explain/text.ts";
import { prefersJson } from "../handlers/files/listing.ts";
import { jsonIn } from "./request_content.ts";
import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
  textReply,
} from "./resource.ts";

/** For a request to end once its client has the response, in ms: its log line comes last. */
const END_MS = 2000;
const LOOK_MS = 10;

/** Text, or JSON for clients that accept it. */
export async function readExplanation(
  request: AdminRequest,
): Promise<AdminReply> {
  const { x, administered, query, rest } = request;
  if (rest !== "") return await readTrace(request);
  const question = read(() => questionOf(query));
  if ("status" in question) return question;
  const explanation = await administered.explain(question);
  return prefersJson(namedText(x.request.fields, "accept") ?? "")
    ? jsonReply(200, explanation)
    : textReply(200, `${explanationLines(explanation).join("\n")}\n`);
}

/** Explains the request that the content describes, and gives a token to follow it by. */
export async function followRequest(
  { administered, content, rest }: AdminRequest,
): Promise<AdminReply> {
  if (rest !== "") return problemReply(404, "POST is for /explain itself");
  const question = read(() => questionIn(jsonIn(content)));
  if ("status" in question) return question;
  const following = await administered.follow(question);
  return following === undefined
    ? problemReply(503, "too many requests are followed: try again in 30 s")
    : jsonReply(200, following);
}

/** What the log would say of a request that was followed, once it is over. */
async function readTrace(
  { x, administered, rest }: AdminRequest,
): Promise<AdminReply> {
  const token = rest.slice(1);
  for (let waitedMs = 0;; waitedMs += LOOK_MS) {
    const found = administered.followed(token);
    if (found.kind === "unknown") {
      return problemReply(404, "no request is followed by this token");
    }
    if (found.kind === "done") {
      const type = "application/json";
      return { status: 200, type, content: found.line };
    }
    if (waitedMs >= END_MS || x.failure !== undefined) {
      return problemReply(409, "the request has not arrived, or has not ended");
    }
    await new Promise<void>((resolve) => x.site.clock.after(LOOK_MS, resolve));
  }
}

/** A question, or what is wrong with it. */
function read(question: () => Question): Question | AdminReply {
  try {
    return question();
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return problemReply(400, error.message);
  }
}
