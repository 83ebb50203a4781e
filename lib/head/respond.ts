/**
 * The responses that sluice gives itself (pure): complete, dull, and never saying
 * more than the status does.
 *
 * Each function writes one, and returns the bytes of its content.
 */

import { FIELD } from "../http/field.ts";
import type { FieldRule } from "../http/field_rule.ts";
import { METHOD } from "../http/method.ts";
import type { ByteWriter } from "../http/byte_writer.ts";
import { bytesOf } from "../http/bytes.ts";
import type { RequestHead } from "../http/request_head.ts";
import { reasonPhrase } from "../http/status.ts";
import { writeStatusLine } from "../http/status_line.ts";
import {
  type ResponsePlan,
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

/** What all of sluice's own responses need to know. */
export interface OwnResponse {
  readonly status: number;
  /** The method that is answered: HEAD gets no content. */
  readonly method: number;
  readonly connection: ResponsePlan["connection"];
  readonly rules: readonly FieldRule[];
  /** The bytes of the current HTTP-date. */
  readonly date: Uint8Array;
  /** The value of `Cache-Status`; empty for none. */
  readonly cacheStatus: string;
}

/** Writes an error response: the status, in words. */
export function writeErrorResponse(
  out: ByteWriter,
  response: OwnResponse,
): number {
  const { status } = response;
  const content = bytesOf(`${status} ${reasonPhrase(status)}\n`);
  const more = status === 503 ? `Retry-After: ${RETRY_AFTER_SECONDS}\r\n` : "";
  const fields =
    `Content-Type: text/plain; charset=utf-8\r\nCache-Control: no-store\r\n${more}`;
  return writeOwn(out, response, fields, content);
}

/** Writes the answer to an OPTIONS request that was meant for this hop (RFC 9110 §7.6.2, §9.3.7). */
export function writeOptionsResponse(
  out: ByteWriter,
  response: OwnResponse,
): number {
  return writeOwn(
    out,
    response,
    "Cache-Control: no-store\r\n",
    new Uint8Array(0),
  );
}

/**
 * Writes the answer to a TRACE request that was meant for this hop: the request as
 * it was received, without what is sensitive (RFC 9110 §9.3.8).
 */
export function writeTraceResponse(
  out: ByteWriter,
  response: OwnResponse,
  request: RequestHead,
): number {
  const { fields } = request;
  let text =
    `${request.methodText} ${request.targetText} HTTP/1.${request.minorVersion}\r\n`;
  for (let i = 0; i < fields.count; i++) {
    if (!SENSITIVE.has(fields.id(i))) {
      text += `${fields.nameText(i)}: ${fields.valueText(i)}\r\n`;
    }
  }
  const content = bytesOf(`${text}\r\n`);
  return writeOwn(
    out,
    response,
    "Content-Type: message/http\r\nCache-Control: no-store\r\n",
    content,
  );
}

/** Writes the answer to PURGE: how many stored responses went. */
export function writePurgeResponse(
  out: ByteWriter,
  response: OwnResponse,
  count: number,
): number {
  return writeOwn(
    out,
    response,
    "Content-Type: application/json\r\nCache-Control: no-store\r\n",
    bytesOf(`{"purged":${count}}\n`),
  );
}

function writeOwn(
  out: ByteWriter,
  response: OwnResponse,
  fields: string,
  content: Uint8Array,
): number {
  writeStatusLine(out, response.status);
  out.text("Date: ");
  out.append(response.date);
  out.text(`\r\n${fields}Content-Length: ${content.length}\r\n`);
  writeRules(out, response.rules);
  writeCacheStatus(out, response.cacheStatus);
  writeConnection(out, response.connection);
  out.text("\r\n");
  if (response.method === METHOD.Head) return 0;
  out.append(content);
  return content.length;
}
