/** `/metrics`: what was counted, as text for Prometheus. */

import type { FieldSection } from "../http/section.ts";
import {
  formatFor,
  METRICS_TYPES,
  metricsText,
} from "../observe/metrics/text.ts";
import type { AdminReply, AdminRequest } from "./resource.ts";

/** Answers in the format that is asked for. */
export async function readMetrics(
  { administered, x }: AdminRequest,
): Promise<AdminReply> {
  const format = formatFor(acceptOf(x.request.fields));
  const content = metricsText(await administered.metrics(), format);
  const lines = "Vary: Accept\r\n";
  return { status: 200, type: METRICS_TYPES[format], content, lines };
}

/** The value of `Accept`, of all its lines; empty for none. */
function acceptOf(fields: FieldSection): string {
  const values: string[] = [];
  for (let i = 0; i < fields.count; i++) {
    if (fields.nameIs(i, "accept")) values.push(fields.valueText(i));
  }
  return values.join();
}
