/**
 * The responses that sluice gives itself (pure): complete, dull, and never saying
 * more than the status does.
 */

import type { HttpError } from "../http/error.ts";
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
/** What is allowed where a method is not (RFC 9110 §10.2.1): files can only be read. */
const ALLOW = "Allow: GET, HEAD\r\n";
/** Fields that the answer to TRACE does not show (RFC 9110 §9.3.8). */
const SENSITIVE: ReadonlySet<number> = new Set([
  FIELD.Authorization,
  FIELD.ProxyAuthorization,
  FIELD.Cookie,
]);

const encoder = new TextEncoder();

/** A head of sluice's own: the route's rules add to it what it does not say itself. */
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
  /** Bytes of the content; -1 if the status allows none, or nobody knows. */
  readonly length: number;
  /** Whether content follows of which nobody knows the length. */
  readonly isChunked?: boolean;
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

/**
 * A response of a handler of our own.
 *
 * @param lines Its field lines, each with its CRLF, besides those of framing and connection.
 * @param content In UTF-8.
 */
export function ownResponse(
  status: number,
  lines: string,
  content: string,
): OwnResponse {
  const bytes = encoder.encode(content);
  return {
    status,
    head: { kind: "own", lines },
    content: { kind: "bytes", bytes },
  };
}

/** A page of the operator's in place of the status in words. */
export interface ErrorPage {
  /** The media type. */
  readonly type: string;
  readonly content: Uint8Array;
}

/** The response to a request that failed: the error's own, or its status, on a page or in words. */
export function responseToError(
  { status, response }: Pick<HttpError, "status" | "response">,
  page?: ErrorPage,
): OwnResponse {
  const { lines = "", content } = response ?? {};
  if (content === undefined) return errorResponse(status, page, lines);
  return {
    status,
    head: { kind: "own", lines },
    content: { kind: "bytes", bytes: content },
  };
}

/**
 * An error: the status, on a page or in words.
 *
 * @param lines Header lines that it has besides those of its status.
 */
export function errorResponse(
  status: number,
  page?: ErrorPage,
  lines = "",
): OwnResponse {
  const type = page?.type ?? "text/plain; charset=utf-8";
  const more = lines !== ""
    ? lines
    : status === 503
    ? `Retry-After: ${RETRY_AFTER_SECONDS}\r\n`
    : status === 405
    ? ALLOW
    : "";
  const words = `${status} ${reasonPhrase(status)}\n`;
  const response = own(status, `Content-Type: ${type}\r\n${more}`, words);
  return page === undefined
    ? response
    : { ...response, content: { kind: "bytes", bytes: page.content } };
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

/** Sends the client elsewhere for good, with its method and content (RFC 9110 §15.4.9). */
export function redirectResponse(location: string): OwnResponse {
  return own(308, `Location: ${location}\r\n`, "");
}

/** What proves to an ACME server that a name is ours (RFC 8555 §8.3). */
export function challengeResponse(proof: string): OwnResponse {
  return own(200, "Content-Type: application/octet-stream\r\n", proof);
}

/** The response to PURGE: how many stored responses went. */
export function purgeResponse(count: number): OwnResponse {
  return own(
    200,
    "Content-Type: application/json\r\n",
    `{"purged":${count}}\n`,
  );
}

function hasLine({ lines }: OwnHead, name: string): boolean {
  return lines.toLowerCase().split("\r\n").some((line) =>
    line.startsWith(`${name}:`)
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
  else if (plan.isChunked === true) {
    out.text("Transfer-Encoding: chunked\r\n");
  }
  // Whether an error may be stored, for example, is not for a rule that is meant for pages.
  writeRules(out, plan.rules.filter(({ name }) => !hasLine(head, name)));
  writeCacheStatus(out, plan.cacheStatus);
  writeConnection(out, plan.connection);
  out.text("\r\n");
}
