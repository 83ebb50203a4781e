/** How a server answers questions of its administration: each kind has its function here. */

import { localPurge } from "../cache/fleet/purge_text.ts";
import type { ConnectionOptions } from "../client/connection_options.ts";
import { explain } from "../explain/explain.ts";
import type { Site } from "../exchange/site.ts";
import { purgeByOrder } from "../handlers/cache/purge_order.ts";
import { purgeAll } from "../handlers/cache/take_out.ts";
import type { Generations } from "./generations.ts";
import type { Questions } from "./questions.ts";

/** What an answer can be found in. */
export interface AnswerPlace {
  readonly site: Site;
  readonly generations: Generations;
  readonly connection: ConnectionOptions;
}

/** By kind of question. */
export const ANSWERS: {
  readonly [Kind in keyof Questions]: (
    asked: Questions[Kind]["asked"],
    place: AnswerPlace,
  ) => Promise<Questions[Kind]["answer"]> | Questions[Kind]["answer"];
} = {
  proofs: (proofs, { generations }) => generations.showProofs(proofs),
  maintenance(isOn, { site }): null {
    site.isInMaintenance = isOn;
    return null;
  },
  async purge(order, { site, generations }): Promise<number> {
    const { cacheSpaces } = generations.current.router;
    const count = await purgeByOrder(order, site.cache, cacheSpaces);
    site.meter?.purged(count);
    return count;
  },
  async fleet(told, { site: { cache } }): Promise<null> {
    if (cache === undefined) return null;
    const hashOf = (key: Uint8Array): number => cache.key.hashOf(key);
    const purges = told.map((purge) => localPurge(purge, hashOf));
    await purgeAll(cache, purges, "shared");
    return null;
  },
  explain: (question, { site, generations, connection }) =>
    explain({ site, generation: generations.current, connection }, question),
};
