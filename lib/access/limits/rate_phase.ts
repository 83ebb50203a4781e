/** Rates of requests: those that come too early are refused. */

import type { Exchange } from "../../exchange/exchange_state.ts";
import {
  type AccessFinding,
  type AccessPhase,
  explained,
  finding,
  refusing,
} from "../passage.ts";
import { Refusal } from "../refusal.ts";
import { countedBy } from "./counted_by.ts";
import { addTo, keyOfLimit, type LimitKey } from "./limit_key.ts";
import { DEBT_MS } from "./fleet_counts.ts";
import type { Counts } from "./limit_memory.ts";
import type { LimitOptions } from "./limit_options.ts";
import {
  type NamedLimit,
  namedLimits,
  rateItem,
  retryAfterLine,
} from "./rate_fields.ts";
import type { Allowance, RateTable } from "./rate_table.ts";
import { seedOf } from "./slot_sets.ts";

/** A limit with all that can be made once. */
interface CompiledRate {
  readonly options: LimitOptions;
  readonly allowance: Allowance;
  readonly named: NamedLimit;
  readonly base: LimitKey;
  /** That of the request that is looked at. */
  readonly key: LimitKey;
  readonly textOf: (x: Exchange) => string;
}

/** Why a request is refused. */
interface TooEarly {
  readonly rate: CompiledRate;
  readonly waitMs: number;
}

/**
 * Compiles the rates among the limits of a route to one phase, which throws
 * `rate_limited`. A request counts for all of them, or, if one of them refuses it, for
 * none. Undefined if there is no rate.
 */
export function ratePhase(
  limits: readonly LimitOptions[],
  counts: Counts,
): AccessPhase | undefined {
  const rates = compileRates(limits, counts);
  if (rates.length === 0) return undefined;
  const { rates: table, fleet } = counts;
  const shown = rates.filter(({ options }) => !options.dryRun);
  const policies = shown.map(({ named }) => named.policy).join(", ");
  const policyLine = `RateLimit-Policy: ${policies}\r\nRateLimit: `;
  return explained((x) => {
    const nowMs = x.site.clock.now();
    for (const { key, base, textOf } of rates) addTo(key, base, textOf(x));
    const refused = rates.length > 1 ? firstTooEarly() : undefined;
    if (refused !== undefined) refuse(x, refused);
    let items = "";
    let late: TooEarly | undefined;
    for (const rate of rates) {
      const waitMs = table.take(rate.key, rate.allowance, nowMs);
      const { dryRun, id } = rate.options;
      if (waitMs > 0 && dryRun) x.noteLimit(id, true);
      else if (waitMs > 0) late = { rate, waitMs };
      else if (rate.options.shared) {
        fleet?.note(id, rate.textOf(x), rate.key, rate.allowance);
      }
      if (dryRun) continue;
      const item = rateItem(rate.named, table.remaining, table.resetMs);
      items = items === "" ? item : `${items}, ${item}`;
    }
    if (items !== "") x.addLines(`${policyLine}${items}\r\n`);
    if (late !== undefined) refuse(x, late);

    function firstTooEarly(): TooEarly | undefined {
      for (const rate of rates) {
        if (rate.options.dryRun) continue;
        const waitMs = table.take(rate.key, rate.allowance, nowMs, false);
        if (waitMs === 0) continue;
        const item = rateItem(rate.named, table.remaining, table.resetMs);
        x.addLines(`${policyLine}${item}\r\n`);
        return { rate, waitMs };
      }
      return undefined;
    }
  }, (x) => explainRates(x, rates, table));
}

/** What the rates would do with a request; nothing is counted. */
function explainRates(
  x: Exchange,
  rates: readonly CompiledRate[],
  table: RateTable,
): AccessFinding {
  const nowMs = x.site.clock.now();
  const words: string[] = [];
  let late: TooEarly | undefined;
  for (const rate of rates) {
    const { key, base, textOf, allowance, options: { id, dryRun } } = rate;
    addTo(key, base, textOf(x));
    const waitMs = table.take(key, allowance, nowMs, false);
    const left = waitMs > 0
      ? `too early by ${Math.ceil(waitMs)} ms`
      : `${table.remaining} left after it`;
    words.push(`${id}: ${left}${dryRun ? " (dry run)" : ""}`);
    if (waitMs > 0 && !dryRun) late ??= { rate, waitMs };
  }
  const text = words.join("; ");
  return late === undefined
    ? finding("rate", "pass", text)
    : { ...refusing("rate", refusalFor(late)), words: text };
}

function compileRates(
  limits: readonly LimitOptions[],
  { memory }: Counts,
): CompiledRate[] {
  const seed = seedOf(memory);
  const names = namedLimits(limits);
  return limits.flatMap((options, index) => {
    const { rate: allowance, id, by } = options;
    return allowance === undefined ? [] : [{
      options,
      allowance: options.shared ? { ...allowance, debtMs: DEBT_MS } : allowance,
      named: names[index]!,
      base: keyOfLimit(seed, id),
      key: { low: 0, high: 0 },
      textOf: countedBy(by),
    }];
  });
}

function refuse(x: Exchange, tooEarly: TooEarly): never {
  x.noteLimit(tooEarly.rate.options.id, false);
  throw refusalFor(tooEarly);
}

function refusalFor({ rate, waitMs }: TooEarly): Refusal {
  const { id, status } = rate.options;
  const lines = retryAfterLine(waitMs);
  return new Refusal("rate-limit", {
    detail: id,
    response: { status, lines, content: undefined },
  });
}
