/**
 * Values of a configuration file that no flag has: each function reads one text, and
 * throws a {@linkcode SyntaxError} that says what is accepted.
 */

import { isToken } from "../http/bytes.ts";
import { isOurs } from "../http/field_rule.ts";
import {
  parseRedirect,
  parseTemplate,
  PLACEHOLDERS,
  type Template,
} from "../http/template.ts";
import { compileRewrite } from "../router/rewrite.ts";
import { parseUpstream } from "./address_values.ts";
import { didYouMean, nearest } from "./nearest.ts";

const EDITS_MAX = 2;
const HOST_LENGTH_MAX = 253;

/** Reads a template, and says what a misspelled name was probably meant to be. */
export function parseTemplateText(
  text: string,
  parse: (text: string) => Template = parseTemplate,
): Template {
  try {
    return parse(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    if (error.message.includes("did you mean")) throw error;
    const [, wrong] = [...text.matchAll(/\{\$?([\w.]+)\}/g)]
      .find(([whole]) => !PLACEHOLDERS.some((name) => whole === `{${name}}`)) ??
      [];
    const meant = wrong === undefined ? undefined : templateNameMeant(wrong);
    const hint = didYouMean(meant === undefined ? undefined : `{${meant}}`);
    throw new SyntaxError(error.message + hint, { cause: error });
  }
}

/** What other servers call the values. */
const TEMPLATE_SYNONYMS: Readonly<Record<string, string>> = {
  "request_uri": "uri",
  "remote_addr": "client",
  "args": "query",
  "query_string": "query",
  "server_port": "port",
  "request_method": "method",
  "request_id": "id",
  "hostname": "host",
};

function templateNameMeant(name: string): string | undefined {
  const word = name.toLowerCase().replace(/^http\.request\./, "");
  return Object.hasOwn(TEMPLATE_SYNONYMS, word)
    ? TEMPLATE_SYNONYMS[word]
    : nearest(word, PLACEHOLDERS, EDITS_MAX);
}

/** Reads where a redirect leads: a template that is a path or an absolute URL. */
export function parseRedirectTarget(text: string): Template {
  return parseTemplateText(text, parseRedirect);
}

/** The name of a header. */
export function parseHeaderName(text: string): string {
  if (!isToken(text)) {
    throw new SyntaxError(`"${text}" is not the name of a header`);
  }
  return text.toLowerCase();
}

/** The name of a header that sluice can be told to send: not one that it writes itself. */
export function parseSentHeader(text: string): string {
  const name = parseHeaderName(text);
  if (isOurs(name)) throw new SyntaxError(`sluice writes ${name} itself`);
  return name;
}

/** `name` or `+name`, the key of a header rule: a header that sluice does not write itself. */
export function parseHeaderKey(text: string): string {
  const name = text.replace(/^\+/, "");
  parseHeaderName(name);
  if (name.startsWith("-")) {
    throw new SyntaxError(
      `"${name}" is not the name of a header; to remove one, write "${
        name.slice(1)
      }": null`,
    );
  }
  if (isOurs(name)) {
    const hint = /^host$/i.test(name) ? '; see "host"' : "";
    throw new SyntaxError(`sluice writes ${name} itself${hint}`);
  }
  return text;
}

/** The value of a header: a template. */
export function parseHeaderValue(text: string): Template {
  const parts = parseTemplateText(text);
  if (!/^[\t\x20-\x7e\x80-\xff]*$/.test(text)) {
    throw new SyntaxError(
      `${JSON.stringify(text)} has characters that a header cannot have`,
    );
  }
  return parts;
}

/** `header:NAME`, `cookie:NAME`, or one of the words: what is counted or chosen by. */
export function parseBy(words: readonly string[]): (text: string) => string {
  return (text) => {
    const [, kind, name = ""] = /^(header|cookie):(.+)$/.exec(text) ?? [];
    if (words.includes(text) || (kind !== undefined && isToken(name))) {
      return text;
    }
    throw new SyntaxError(
      `"${text}" is not ${words.join(", ")}, header:NAME or cookie:NAME` +
        didYouMean(nearest(text, words, EDITS_MAX)),
    );
  };
}

/** A part of a name between dots. Underscores are not for hosts, but people have them. */
const LABEL = /^[a-z0-9_](?:[a-z0-9_-]*[a-z0-9_])?$/;
const LABEL_LENGTH_MAX = 63;
const IPV6_HOST = /^\[[0-9a-f:.]+\]$/;

/** The names of a key of `hosts`: exact names, `*.name` or `*`, with commas; in lower case, without a final dot. */
export function parseHostNames(text: string): string[] {
  const names = text.split(",").map((name) => parseHostName(name.trim()));
  const twice = names.find((name, at) => names.indexOf(name) !== at);
  if (twice === undefined) return names;
  throw new SyntaxError(`"${twice}" is given twice in "${text}"`);
}

/** One name, in lower case, without a final dot; no wildcard. */
export function parseOneHost(text: string): string {
  const name = text.includes(",") ? "" : parseHostName(text);
  if (name !== "" && !name.includes("*")) return name;
  throw new SyntaxError(`"${text}" is not one host: write a name without *`);
}

function isHostName(name: string): boolean {
  return name.split(".").every((label) =>
    label.length <= LABEL_LENGTH_MAX && LABEL.test(label)
  );
}

function parseHostName(text: string): string {
  const name = asciiName(text.toLowerCase().replace(/(?<=.)\.$/, ""));
  if (name === "*") return name;
  const bare = name.startsWith("*.") ? name.slice(2) : name;
  if (
    bare.length <= HOST_LENGTH_MAX &&
    (isHostName(bare) ||
      (IPV6_HOST.test(bare) && URL.canParse(`http://${bare}`)))
  ) {
    return name;
  }
  throw new SyntaxError(
    `"${text}" is not a host: write a name, *.name or *` + hostHint(name),
  );
}

/** The form of a name that requests have (RFC 5890 §2.3.2.1); the name itself if it is none. */
function asciiName(name: string): string {
  if (!/[^\0-\x7f]/.test(name) || /[\0-\x20/:?#@\\]/.test(name)) return name;
  const bare = name.replace(/^\*\./, "");
  const ascii = URL.parse(`http://${bare}/`)?.hostname;
  return ascii === undefined ? name : name.slice(0, -bare.length) + ascii;
}

function hostHint(name: string): string {
  const [, inUrl] = /^\w+:\/\/([^/]+)/.exec(name) ?? [];
  const host = inUrl ?? name;
  const [, withoutPort] = /^(.*[^:]):\d+$/.exec(host) ?? [];
  const meant = (withoutPort ?? host).replace(/^\./, "*.");
  const isHost = isHostName(meant.replace(/^\*\./, ""));
  const why = withoutPort === undefined ? "" : "; ports do not count";
  return why + didYouMean(isHost && meant !== name ? meant : undefined);
}

/** The pattern of a path: it begins with a slash, `*` stands for characters without one, `/*` at the end for all below. */
export function parsePathPattern(text: string): string {
  const refuse = (why: string, meant?: string): never => {
    throw new SyntaxError(
      `"${text}" is not the pattern of a path: ${why}` + didYouMean(meant),
    );
  };
  if (!text.startsWith("/")) refuse("it begins with /", `/${text}`);
  if (/[?#]/.test(text)) {
    refuse("it has no query; use when.query", text.replace(/[?#].*/s, ""));
  }
  if (text.includes("**")) {
    refuse("/* at the end is everything below", text.replace(/\*+/g, "*"));
  }
  if (/[\0- \x7f\\]/.test(text)) {
    refuse("spaces, controls and \\ are written as %XX");
  }
  if (/%(?![0-9a-f]{2})/i.test(text)) refuse("% is followed by two hex digits");
  if (/\/\.{1,2}(?:\/|$)/.test(text.replaceAll(/%2e/gi, "."))) {
    refuse('no path has "." or ".." between slashes when it is compared');
  }
  return text;
}

/** A list of conditions on a status: `2xx`, `404`, `2xx-3xx`, `200-299`; with commas. */
export function parseStatusRanges(
  text: string,
): { readonly first: number; readonly last: number }[] {
  return text.split(",").map((part) => {
    const [, from, to] =
      /^\s*([1-5](?:xx|\d\d))(?:\s?-\s?([1-5](?:xx|\d\d)))?\s*$/.exec(part) ??
        [];
    const first = Number(from?.replace("xx", "00"));
    const last = Number((to ?? from)?.replace("xx", "99"));
    if (from === undefined || last < first) {
      throw new SyntaxError(
        `"${part.trim()}" is not a status: write it like 200, 2xx, 200-299 or 2xx-3xx`,
      );
    }
    return { first, last };
  });
}

/** A key of `errors`: a status from 400, or `4xx` or `5xx`. */
export function parseErrorStatus(text: string): string {
  if (/^[45](?:xx|\d\d)$/.test(text)) return text;
  throw new SyntaxError(
    `"${text}" is not the status of an error: write it like 404 or 5xx` +
      didYouMean(
        /^[45](?:XX|\*{1,2}|00s)$/.test(text) ? `${text[0]}xx` : undefined,
      ),
  );
}

/** The name of an upstream, which cannot be mistaken for an address. */
export function parseUpstreamName(text: string): string {
  if (/^[A-Za-z_][\w-]{0,63}$/.test(text) && text !== "off") return text;
  throw new SyntaxError(
    `"${text}" is not the name of an upstream: write letters, digits, - and _, a letter first`,
  );
}

/** Whether a text names an upstream, rather than being an address. */
export function isUpstreamName(text: string): boolean {
  return /^[A-Za-z_][\w-]*$/.test(text) && text !== "localhost";
}

/** What `proxy` says as text: the name of an upstream, or an address. */
export function parseProxy(text: string): string {
  if (!isUpstreamName(text)) parseUpstream(text);
  return text;
}

/** An http or https URL that may have a path and a query. */
export function parseHttpUrl(text: string): URL {
  const url = URL.parse(text);
  if (url === null || !/^https?:$/.test(url.protocol) || url.hash !== "") {
    throw new SyntaxError(`"${text}" is not a URL like https://host/path`);
  }
  return url;
}

/** A regular expression that is looked for in a path: one that is proven to take linear time. */
export function parseRegex(text: string): string {
  compileRewrite({ match: text, to: "/" });
  return text;
}

/** A path on disk: any text without NUL. */
export function parsePath(text: string): string {
  if (text === "" || text.includes("\0")) {
    throw new SyntaxError(`${JSON.stringify(text)} is not the path of a file`);
  }
  return text;
}

/** A method, in capital letters as it is sent. */
export function parseMethod(text: string): string {
  if (!isToken(text)) throw new SyntaxError(`"${text}" is not a method`);
  const upper = text.toUpperCase();
  if (upper === text) return text;
  throw new SyntaxError(`"${text}" is not a method` + didYouMean(upper));
}

/** An absolute path on a server, such as `/healthz`, with or without a query. */
export function parseUrlPath(text: string): string {
  if (/^\/[!-~]*$/.test(text) && !text.includes("#")) return text;
  throw new SyntaxError(
    `"${text}" is not a path on a server: it begins with /` +
      didYouMean(/^[\w.-]+$/.test(text) ? `/${text}` : undefined),
  );
}

/** The name of a cookie. */
export function parseCookieName(text: string): string {
  if (isToken(text)) return text;
  throw new SyntaxError(`"${text}" is not the name of a cookie`);
}

/** A media type such as `text/html; charset=utf-8`. */
export function parseMediaType(text: string): string {
  if (/^[\w.+-]+\/[\w.+-]+(?:\s*;[\t\x20-\x7e]*)?$/.test(text)) return text;
  throw new SyntaxError(`"${text}" is not a media type like text/html`);
}

/** An origin as browsers name it: `https://app.example`, `*` or `https://*.app.example`. */
export function parseCorsOrigin(text: string): string {
  if (text === "*" || text === "null") return text;
  const url = URL.parse(text.replace("://*.", "://"));
  if (
    url === null || url.origin !== text.replace("://*.", "://") ||
    url.origin === "null"
  ) {
    const meant = url === null || url.origin === "null"
      ? undefined
      : url.origin;
    throw new SyntaxError(
      `"${text}" is not an origin like https://app.example` + didYouMean(meant),
    );
  }
  return text;
}
