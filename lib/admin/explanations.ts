/** What becomes of a request, and why: `/explain?url=…&method=…&header=…&client=…`. */

import { prefersJson } from "../handlers/files/listing.ts";
import { fieldText } from "../cache/policy/vary.ts";
import { explanationLines } from "../explain/text.ts";
import { type Question, questionOf } from "../explain/question.ts";
import {
  type AdminReply,
  type AdminRequest,
  jsonReply,
  problemReply,
  textReply,
} from "./resource.ts";

/** Text, or JSON for who accepts that. */
export async function readExplanation(
  { x, administered, query }: AdminRequest,
): Promise<AdminReply> {
  let question: Question;
  try {
    question = questionOf(query);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return problemReply(400, error.message);
  }
  const explanation = await administered.explain(question);
  return prefersJson(fieldText(x.request.fields, "accept") ?? "")
    ? jsonReply(200, explanation)
    : textReply(200, `${explanationLines(explanation).join("\n")}\n`);
}
