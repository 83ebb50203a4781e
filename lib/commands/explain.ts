/** `sluice explain`: what becomes of a request, and why, by the sluice that runs or by a configuration. */

import type { ExplainCommand } from "../config/explain_command.ts";
import type { Explanation } from "../explain/explanation.ts";
import { readQuestion, type WrittenQuestion } from "../explain/question.ts";
import { explanationLines } from "../explain/text.ts";
import type { CommandPlace } from "./admin.ts";
import { findAdmin } from "./admin.ts";
import { askAdmin, problemIn } from "./admin_client.ts";
import { EXIT_FAILURE, EXIT_USAGE } from "./exit_code.ts";
import { explainOffline } from "./explain_offline.ts";

const OFFLINE =
  "offline: by the configuration alone; nothing is stored, and no server has been asked";

/**
 * Explains a request.
 *
 * @returns The exit code.
 * @throws {UsageError} if there is no telling where the running sluice is.
 */
export async function explainRequest(
  { question, place: asked, isJson }: ExplainCommand,
  place: CommandPlace,
): Promise<number> {
  const { print, complain } = place;
  if (asked.kind === "offline") {
    const { config } = asked;
    const explanation = await explainOffline(
      config,
      readQuestion(question),
      place,
    );
    if (explanation === undefined) return EXIT_USAGE;
    if (!isJson) print(OFFLINE);
    show(explanation, isJson, print);
    return 0;
  }
  const admin = await findAdmin(asked.target, place);
  try {
    const answer = await askAdmin(admin, {
      method: "GET",
      target: targetOf(question),
      accept: "application/json",
    }, place.clock);
    if (answer.status !== 200) {
      complain(`sluice: error: ${problemIn(answer)}`);
      return EXIT_FAILURE;
    }
    show(JSON.parse(answer.content), isJson, print);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    complain(`sluice: error: ${error.message}`);
    return EXIT_FAILURE;
  }
}

/** The target that asks the admin listener. */
function targetOf(
  { url, method, headers = [], client }: WrittenQuestion,
): string {
  const query = new URLSearchParams({ url });
  if (method !== undefined) query.set("method", method);
  for (const header of headers) query.append("header", header);
  if (client !== undefined) query.set("client", client);
  return `/explain?${query}`;
}

function show(
  explanation: Explanation,
  isJson: boolean,
  print: (text: string) => void,
): void {
  print(
    isJson
      ? JSON.stringify(explanation, undefined, 2)
      : explanationLines(explanation).join("\n"),
  );
}
