/**
 * Where a request to an upstream would go, and the state of its servers: for people. The
 * same functions decide that choose for requests; nothing is counted, and nobody's turn
 * passes.
 */

import type { ServerReason } from "../reasons/reason.ts";
import { leastRequestsOdds } from "./balance/least_requests.ts";
import { totalWeight } from "./balance/candidate.ts";
import type { Server } from "./server.ts";
import type { Choice, Upstream } from "./upstream.ts";

/** The state of a server, and what it would get. */
export interface ServerOutlook {
  readonly name: string;
  readonly state: "up" | "draining" | "down" | "out" | "ejected";
  readonly isBackup: boolean;
  readonly weight: number;
  /** Requests in flight. */
  readonly load: number;
  /** Whether the request may go to it. */
  readonly isEligible: boolean;
  /** How likely it is chosen first, from 0 to 1. */
  readonly odds: number;
}

/** See the module's comment. */
export interface Outlook {
  /** What decides. */
  readonly decidedBy: ServerReason;
  /** The one that would be asked first; undefined if chance decides. */
  readonly server: string | undefined;
  readonly servers: readonly ServerOutlook[];
}

/** Says where a request would go. */
export function outlookOf(upstream: Upstream, choice: Choice): Outlook {
  const { servers: candidates } = upstream.eligible(choice.part, choice.tried);
  const { decidedBy, server, odds } = decisionOf(upstream, candidates, choice);
  return {
    decidedBy,
    server: server?.name,
    servers: upstream.servers.map((each) => {
      const at = candidates.indexOf(each);
      return {
        name: each.name,
        state: stateOf(each),
        isBackup: each.isBackup,
        weight: each.weight,
        load: each.load,
        isEligible: at >= 0,
        odds: at < 0 ? 0 : odds[at]!,
      };
    }),
  };
}

interface ChoiceMade {
  readonly decidedBy: Outlook["decidedBy"];
  readonly server: Server | undefined;
  /** By candidate. */
  readonly odds: readonly number[];
}

function decisionOf(
  upstream: Upstream,
  candidates: readonly Server[],
  { request, client }: Choice,
): ChoiceMade {
  const certain = (
    decidedBy: Outlook["decidedBy"],
    server: Server,
  ): ChoiceMade => ({
    decidedBy,
    server,
    odds: candidates.map((other) => other === server ? 1 : 0),
  });
  if (candidates.length === 0) {
    return { decidedBy: "no-server", server: undefined, odds: [] };
  }
  if (candidates.length === 1) {
    return certain("only-server", candidates[0]!);
  }
  const settled = upstream.settled(candidates, request, client);
  if (settled !== undefined) {
    const isCookie = upstream.sticky?.serverOf(request) === settled;
    return certain(isCookie ? "sticky-cookie" : "hashed", settled);
  }
  switch (upstream.options.balance) {
    case "round-robin":
      return certain("next-turn", upstream.nextInTurn(candidates));
    case "least-requests": {
      const odds = leastRequestsOdds(candidates);
      return { decidedBy: "fewest-requests", server: undefined, odds };
    }
    case "hash": {
      const total = totalWeight(candidates);
      const odds = candidates.map(({ weight }) => weight / total);
      return { decidedBy: "by-chance", server: undefined, odds };
    }
  }
}

function stateOf(server: Server): ServerOutlook["state"] {
  if (server.isDown) return "down";
  if (server.isDraining) return "draining";
  if (server.isEjected) return "ejected";
  return server.isOut ? "out" : "up";
}
