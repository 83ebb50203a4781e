/**
 * The responses that sluice gives itself (pure): complete, dull, and never saying
 * more than the status does.
 */

import { FIELD } from "../http/field.ts";
import type { FieldRule } from "../http/field_rule.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import { bytesOf } from "../http/bytes.ts";
import type { RequestHead } from "../http/request_head.ts";
import { reasonPhrase } from "../http/status.ts";
import { writeStatusLine } from "../http/status_line.ts";
import {
  type Connection,
  writeCacheStatus,
  writeConnection,
  writeRules,
} from "./client_response.ts";

/** What a client is asked to wait before it tries again, in seconds. */
const RETRY_AFTER_SECONDS = 1;
/** Fields that are not shown to whoever asks with TRACE (RFC 9110 §9.3.8). */
const SENSITIVE: ReadonlySet<number> = new Set([
  FIELD.Authorization,
  FIELD.ProxyAuthorization,
  FIELD.Cookie,
]);

/** A head of sluice's own: the route's rules add to it and take nothing away. */
export interface OwnHead {
  readonly kind: "own";
  /** The field lines, each with its CRLF, without those that framing and connection need. */
  readonly lines: string;
}

/** A response of sluice's own. */
export interface OwnResponse {
  readonly status: number;
  readonly head: OwnHead;
  readonly content: { readonly kind: "bytes"; readonly bytes: Uint8Array };
}

/** What the head says besides its lines. */
export interface OwnPlan {
  /** Bytes of the content; -1 if the status allows none. */
  readonly length: number;
  readonly connection: Connection;
  readonly rules: readonly FieldRule[];
  /** The bytes of the current HTTP-date. */
  readonly date: Uint8Array;
  /** The value of `Cache-Status`; empty for none. */
  readonly cacheStatus: string;
}

function own(status: number, lines: string, content: string): OwnResponse {
  return {
    status,
    head: { kind: "own", lines: `${lines}Cache-Control: no-store\r\n` },
    content: { kind: "bytes", bytes: bytesOf(content) },
  };
}

/** An error: the status, in words. */
export function errorResponse(status: number): OwnResponse {
  const type = "Content-Type: text/plain; charset=utf-8\r\n";
  const response = own(status, type, `${status} ${reasonPhrase(status)}\n`);
  if (status !== 503) return response;
  const lines = `${response.head.lines}Retry-After: ${RETRY_AFTER_SECONDS}\r\n`;
  return { ...response, head: { kind: "own", lines } };
}

/** The response to an OPTIONS request that was meant for this hop (RFC 9110 §7.6.2, §9.3.7). */
export function optionsResponse(): OwnResponse {
  return own(200, "", "");
}

/**
 * The response to a TRACE request that was meant for this hop: the request as it was
 * received, without what is sensitive (RFC 9110 §9.3.8).
 */
export function traceResponse(request: RequestHead): OwnResponse {
  const { fields } = request;
  let text =
    `${request.methodText} ${request.targetText} HTTP/1.${request.minorVersion}\r\n`;
  for (let i = 0; i < fields.count; i++) {
    if (!SENSITIVE.has(fields.id(i))) {
      text += `${fields.nameText(i)}: ${fields.valueText(i)}\r\n`;
    }
  }
  return own(200, "Content-Type: message/http\r\n", `${text}\r\n`);
}

/** The response to PURGE: how many stored responses went. */
export function purgeResponse(count: number): OwnResponse {
  return own(
    200,
    "Content-Type: application/json\r\n",
    `{"purged":${count}}\n`,
  );
}

/** Writes the head of a response of sluice's own. */
export function writeOwnHead(
  out: ByteWriter,
  { status, head }: Pick<OwnResponse, "status" | "head">,
  plan: OwnPlan,
): void {
  writeStatusLine(out, status);
  out.text("Date: ");
  out.append(plan.date);
  out.text(`\r\n${head.lines}`);
  if (plan.length >= 0) out.text(`Content-Length: ${plan.length}\r\n`);
  writeRules(out, plan.rules);
  writeCacheStatus(out, plan.cacheStatus);
  writeConnection(out, plan.connection);
  out.text("\r\n");
}
