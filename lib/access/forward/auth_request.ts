/** The question to an authentication service (pure): a GET without content that tells of the request. */

import { FIELD } from "../../http/field.ts";
import type { FieldSection } from "../../http/section.ts";
import { bytesOf } from "../../http/bytes.ts";

/** What the service is told of a request. */
export interface AskedRequest {
  readonly method: string;
  /** `http` or `https`. */
  readonly scheme: string;
  /** The host that was asked for, with its port. */
  readonly authority: string;
  /** Path and query as they came. */
  readonly uri: string;
  readonly fields: FieldSection;
  /** Whether a trusted proxy has sent it: what that says of its own client goes on. */
  readonly isTrusted: boolean;
}

/** What goes to the service as it came: who the client is, and what it can read. */
const SENT_ON: ReadonlySet<string> = new Set([
  "accept",
  "accept-language",
  "authorization",
  "cookie",
  "origin",
  "referer",
  "user-agent",
  "x-requested-with",
]);

/**
 * The head of the question.
 *
 * @param target Path and query of the service.
 */
export function authRequest(target: string, asked: AskedRequest): Uint8Array {
  const { method, uri, fields, isTrusted } = asked;
  const said = (id: number): string | undefined =>
    isTrusted ? fields.text(id) : undefined;
  const scheme = said(FIELD.XForwardedProto) ?? asked.scheme;
  const host = said(FIELD.XForwardedHost) ?? asked.authority;
  const lines = [
    `GET ${target} HTTP/1.1`,
    "Host: service", // which is replaced by its own name
    `X-Forwarded-Method: ${method}`,
    `X-Forwarded-Proto: ${scheme}`,
    `X-Forwarded-Host: ${host}`,
    `X-Forwarded-Uri: ${uri}`,
    `X-Original-Method: ${method}`,
    `X-Original-URL: ${scheme}://${host}${uri}`,
  ];
  const list = said(FIELD.XForwardedFor);
  if (list !== undefined) lines.push(`X-Forwarded-For: ${list}`);
  for (let i = 0; i < fields.count; i++) {
    const name = fields.nameText(i);
    if (SENT_ON.has(name.toLowerCase())) {
      lines.push(`${name}: ${fields.valueText(i)}`);
    }
  }
  return bytesOf(`${lines.join("\r\n")}\r\n\r\n`);
}

/** What a client gets of the service's refusal. */
const PASSED_BACK: ReadonlySet<string> = new Set([
  "cache-control",
  "content-encoding",
  "content-language",
  "content-type",
  "location",
  "retry-after",
  "set-cookie",
  "www-authenticate",
]);

/** The header lines of a refusal that the client gets, each with its CRLF. */
export function refusalLines(fields: FieldSection): string {
  const lines = linesNamed(fields, PASSED_BACK);
  return fields.has(FIELD.CacheControl)
    ? lines
    : `${lines}Cache-Control: no-store\r\n`;
}

/** The lines with these names, which are in lower case, each with its CRLF. */
export function linesNamed(
  fields: FieldSection,
  names: ReadonlySet<string>,
): string {
  let lines = "";
  for (let i = 0; i < fields.count; i++) {
    const name = fields.nameText(i);
    if (names.has(name.toLowerCase())) {
      lines += `${name}: ${fields.valueText(i)}\r\n`;
    }
  }
  return lines;
}
