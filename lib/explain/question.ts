/** What is asked about: a request that is not sent (pure). */

import { isToken } from "../http/bytes.ts";
import { isIp } from "../net/cidr.ts";
import { parseHeaderArgument } from "../router/route_report.ts";
import { endsLine, splitUrl } from "../router/route_request.ts";

/** Bytes of a URL, and of all headers together; more is no request that sluice takes. */
const QUESTION_LENGTH_MAX = 64 * 1024;
/** Headers of a question. */
const HEADERS_MAX = 200;

/** See the module's comment. */
export interface Question {
  readonly method: string;
  /** `http://host/path?query`, or `https://…`. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** The address that the client is taken to have. */
  readonly client: string;
}

/** A question as it is written down. */
export interface WrittenQuestion {
  readonly url: string;
  readonly method?: string | undefined;
  /** Each as `name: value`. */
  readonly headers?: readonly string[];
  readonly client?: string | undefined;
}

/**
 * Reads a question.
 *
 * @throws {SyntaxError} One line that says what is wrong with it.
 */
export function readQuestion(
  { url, method = "GET", headers = [], client = "127.0.0.1" }: WrittenQuestion,
): Question {
  const length = url.length +
    headers.reduce((sum, { length }) => sum + length, 0);
  if (length > QUESTION_LENGTH_MAX || headers.length > HEADERS_MAX) {
    throw new SyntaxError(
      `The request is too long: at most ${QUESTION_LENGTH_MAX} characters and ${HEADERS_MAX} headers`,
    );
  }
  if (!/^https?:\/\//i.test(url)) {
    throw new SyntaxError(
      `Cannot read the URL ${shown(url)}: expected http://host/path`,
    );
  }
  if (endsLine(url)) {
    throw new SyntaxError(`The URL ${shown(url)} has a line break or a NUL`);
  }
  splitUrl(url);
  if (!isToken(method)) {
    throw new SyntaxError(
      `${shown(method)} is not a method: expected GET, for example`,
    );
  }
  if (!isIp(client)) {
    throw new SyntaxError(`${shown(client)} is not an IP address`);
  }
  const line = headers.find(endsLine);
  if (line !== undefined) {
    throw new SyntaxError(
      `The header ${shown(line)} has a line break or a NUL`,
    );
  }
  return { method, url, headers: headers.map(parseHeaderArgument), client };
}

/**
 * Reads a question from a value of JSON: `{ url, method, headers, client }`.
 *
 * @throws {SyntaxError} One line that says what is wrong with it.
 */
export function questionIn(value: unknown): Question {
  const expected = new SyntaxError(
    'expected { "url": "http://host/path", "method": "GET", "headers": ["name: value"], "client": "127.0.0.1" }',
  );
  if (typeof value !== "object" || value === null) throw expected;
  const { url, method, headers = [], client, ...rest } = value as Record<
    string,
    unknown
  >;
  const isText = (part: unknown): part is string | undefined =>
    part === undefined || typeof part === "string";
  const areTexts = Array.isArray(headers) &&
    headers.every((line) => typeof line === "string");
  if (
    typeof url !== "string" || !isText(method) || !isText(client) ||
    !areTexts || Object.keys(rest).length > 0
  ) throw expected;
  return readQuestion({ url, method, headers, client });
}

/** Reads a question from the query of a URL: `url`, `method`, `header` (any number), `client`. */
export function questionOf(query: URLSearchParams): Question {
  const known = ["url", "method", "header", "client"];
  for (const name of query.keys()) {
    if (known.includes(name)) continue;
    throw new SyntaxError(
      `Unknown parameter ${
        shown(name)
      }: expected url, method, header or client`,
    );
  }
  const url = query.get("url");
  if (url === null) {
    throw new SyntaxError(
      "The parameter url is missing: ?url=http://host/path",
    );
  }
  return readQuestion({
    url,
    method: query.get("method") ?? undefined,
    headers: query.getAll("header"),
    client: query.get("client") ?? undefined,
  });
}

function shown(text: string): string {
  return JSON.stringify(text.length > 100 ? `${text.slice(0, 100)}…` : text);
}
