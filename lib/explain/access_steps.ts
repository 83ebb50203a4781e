/** What a route demands of clients, and what would become of this one's request. */

import type { AccessFinding, AccessPhase } from "../access/passage.ts";
import type { Exchange } from "../exchange/exchange_state.ts";
import type { Chain } from "./chain.ts";
import { decided, type Step } from "./explanation.ts";

/**
 * Explains the demands of a route, in their order.
 *
 * @returns Whether the request may get past them: it is not refused, and not answered.
 */
export async function explainAccess(
  x: Exchange,
  access: readonly AccessPhase[],
  chain: Chain,
): Promise<boolean> {
  for (const phase of access) {
    if (phase.explain === undefined) {
      phase(x); // it stops nobody, and has the response say something
      continue;
    }
    const finding = await phase.explain(x);
    const { verdict, code, status } = finding;
    chain.add(stepOf(finding));
    if (verdict === "refuse") {
      chain.result = "refused";
      chain.status = status || null;
      chain.reason = code;
      return false;
    }
    if (verdict === "answer") {
      chain.result = "answered";
      chain.status = 204;
      return false;
    }
  }
  return true;
}

function stepOf(
  { demand, verdict, reason, code, status, words }: AccessFinding,
): Step {
  if (reason !== "") {
    return decided("access", reason, {
      demand,
      error: code,
      status,
      detail: words,
    });
  }
  return {
    step: "access",
    code: code || verdict,
    words: `${demand}: ${words}`,
    source: "",
    facts: { status: status || undefined },
  };
}
