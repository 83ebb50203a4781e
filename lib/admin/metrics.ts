/** `/metrics`: what was counted, as text for Prometheus; and `/summary`, for people. */

import { namedText } from "../http/named_field.ts";
import {
  formatFor,
  METRICS_TYPES,
  metricsText,
} from "../observe/metrics/text.ts";
import { summaryOf } from "../observe/metrics/summary.ts";
import { type AdminReply, type AdminRequest, jsonReply } from "./resource.ts";

/** Answers in the format that is asked for. */
export async function readMetrics(
  { administered, x }: AdminRequest,
): Promise<AdminReply> {
  const format = formatFor(namedText(x.request.fields, "accept") ?? "");
  const content = metricsText(await administered.metrics(), format);
  const lines = "Vary: Accept\r\n";
  return { status: 200, type: METRICS_TYPES[format], content, lines };
}

/** Answers with a few numbers in place of all of them, as JSON: what the live page shows. */
export async function readSummary(
  { administered }: AdminRequest,
): Promise<AdminReply> {
  return jsonReply(200, summaryOf(await administered.metrics()));
}
