/** `sluice explain`: what becomes of a request, and why, by the sluice that runs or by a configuration. */

import type { ExplainCommand } from "../config/explain_command.ts";
import type { Explanation } from "../explain/explanation.ts";
import { readQuestion, type WrittenQuestion } from "../explain/question.ts";
import { explanationLines, printable } from "../explain/text.ts";
import type { Clock } from "../net/clock.ts";
import { type CommandPlace, findAdmin } from "./admin.ts";
import {
  type AdminAddress,
  askAdmin,
  objectIn,
  problemIn,
} from "./admin_client.ts";
import { EXIT_FAILURE, EXIT_USAGE } from "./exit_code.ts";
import { explainLive, type LiveExplanation } from "./explain_live.ts";
import { explainOffline } from "./explain_offline.ts";

/** What every line of the log has, and nobody asks for here. */
const LOG_ONLY: readonly string[] = ["ts", "level", "msg"];
const OFFLINE =
  "offline: by the configuration alone; nothing is stored, and no server has been asked";

/**
 * Explains a request.
 *
 * @returns The exit code.
 * @throws {UsageError} if there is no telling where the running sluice is.
 */
export async function explainRequest(
  command: ExplainCommand,
  place: CommandPlace,
): Promise<number> {
  const { question, place: asked, isJson } = command;
  if (asked.kind === "offline") {
    const question = readQuestion(command.question);
    const found = await explainOffline(asked.config, question, place);
    if (found === undefined) return EXIT_USAGE;
    if (!isJson) place.print(OFFLINE);
    const explanation = { ...found, offline: true };
    show(explanation, isJson, place.print);
    return 0;
  }
  const admin = await findAdmin(asked.target, place);
  try {
    const found = asked.isLive
      ? await explainLive(admin, question, place.clock)
      : await askRunning(admin, question, place.clock);
    show(found, isJson, place.print);
    return 0;
  } catch (error) {
    if (!(error instanceof Error) || error instanceof TypeError) throw error;
    place.complain(`sluice: error: ${error.message}`);
    return EXIT_FAILURE;
  }
}

/** @throws {Error} A line for the operator. */
async function askRunning(
  admin: AdminAddress,
  question: WrittenQuestion,
  clock: Clock,
): Promise<Explanation> {
  const target = targetOf(question);
  const accept = "application/json";
  const answer = await askAdmin(
    admin,
    { method: "GET", target, accept },
    clock,
  );
  const found = objectIn(answer);
  if (answer.status !== 200 || !Array.isArray(found?.steps)) {
    throw new Error(problemIn(answer));
  }
  return found as unknown as Explanation;
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
  explanation: Explanation | LiveExplanation,
  isJson: boolean,
  print: (text: string) => void,
): void {
  if (isJson) return print(JSON.stringify(explanation, undefined, 2));
  print(explanationLines(explanation).join("\n"));
  if ("logged" in explanation) {
    print(liveLines(explanation).map(printable).join("\n"));
  }
}

/** What has happened, line by line. */
function liveLines({ response, logged }: LiveExplanation): string[] {
  return [
    "",
    "It was sent. The response:",
    ...response.head.map((line) => `  ${line}`),
    `  (${response.contentBytes} bytes behind the head)`,
    "What the log says of it, times in seconds:",
    ...Object.entries(logged).filter(([name]) => !LOG_ONLY.includes(name))
      .map(([name, value]) =>
        `  ${name}: ${
          typeof value === "string" ? value : JSON.stringify(value)
        }`
      ),
  ];
}
