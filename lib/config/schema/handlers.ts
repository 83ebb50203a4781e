/** The schema of what answers a request: `proxy`, `files`, `redirect`, `respond`. */

import { compileRewrite } from "../../router/rewrite.ts";
import { defaultText as or } from "../defaults.ts";
import {
  parseHeaderKey,
  parseMediaType,
  parsePathPattern,
  parseRedirectTarget,
  parseRegex,
  parseUrlPath,
} from "../written.ts";
import {
  about,
  type Complaint,
  either,
  expected,
  list,
  type Members,
  mistakeOf,
  object,
  oneOrMore,
  onOff,
  type Schema,
  table,
  text,
  words,
} from "./kinds.ts";
import { BODY_TEXT, HEADER_VALUE, PATH, STATUS } from "./values.ts";
import * as z from "zod";

const REDIRECT_STATUSES = [301, 302, 303, 307, 308] as const;

const REDIRECT_TARGET: Schema = text({
  id: "RedirectTarget",
  accepts: "a path or URL like https://{host}{uri}",
  description:
    "Where a redirect leads: a path or a URL, in which `{uri}`, `{path}` and so on stand for values of the request.",
  read: parseRedirectTarget,
});

/** A redirect. */
export const REDIRECT: Schema = either(
  "a path or URL, or { to, status }",
  REDIRECT_TARGET,
  object({
    id: "RedirectOptions",
    description: "A redirect.",
    required: ["to"],
  }, {
    to: about("Where it leads.", REDIRECT_TARGET),
    status: about(
      "Its status.",
      z.literal(REDIRECT_STATUSES, {
        error: (issue) =>
          expected(`one of ${REDIRECT_STATUSES.join(", ")}`, issue),
      }),
      or("redirect.status"),
    ),
  }),
);

/** A response of sluice's own. */
export const RESPOND: Schema = either(
  "a status, or { status, body, type, headers }",
  STATUS,
  object({
    id: "Respond",
    description: "A response of sluice's own.",
    check: function* ({ status, body }): Iterable<Complaint> {
      if (body !== undefined && (status === 204 || status === 304)) {
        yield { at: "body", message: `a ${status} response has no body` };
      }
    },
  }, {
    status: about("Its status.", STATUS, "200"),
    body: about(
      "Its body: text, in which `{path}` and so on stand for values of the request.",
      BODY_TEXT,
    ),
    type: about(
      "Its media type.",
      text({ accepts: "a media type like text/html", read: parseMediaType }),
      "text/plain; charset=utf-8",
    ),
    headers: about(
      "More headers.",
      table({
        accepts: "an object from names of headers to texts",
        key: parseHeaderKey,
      }, HEADER_VALUE),
    ),
  }),
);

/** What may be in `files`, and beside it if that is a folder as text. */
export const FILES_MEMBERS: Members = {
  index: about(
    "What a folder is answered with.",
    oneOrMore(
      text({ accepts: "the name of a file", read: parseFileName }),
      "names of files",
    ),
    or("files.index"),
  ),
  fallback: about(
    "What is served when there is no such file: a path below the root, or a list, in which `{path}` stands for what was asked for.",
    oneOrMore(
      text({ accepts: "a path like /index.html", read: parseFallback }),
      "paths like /index.html",
    ),
  ),
  browse: about("Whether folders without index are listed.", onOff(), "false"),
  precompressed: about(
    "Which neighbours are served in place of a file: `a.js.br`, `a.js.gz`; or `false`.",
    either(
      "false, or a list of br, gzip",
      z.literal(false, { error: (issue) => expected("false", issue) }),
      list(words("br", "gzip"), "br, gzip"),
    ),
    "br, gzip",
  ),
  dotfiles: about(
    "Whether files whose names begin with a dot are served; `.well-known` always is.",
    onOff(),
    "false",
  ),
  types: about(
    "Media types by extension.",
    table({
      accepts: "an object from extensions to media types",
      key: parseExtension,
    }, text({ accepts: "a media type like text/html", read: parseMediaType })),
  ),
};

function parseFileName(name: string): void {
  if (name !== "" && !/[/\\\0]/.test(name) && name !== "." && name !== "..") {
    return;
  }
  throw new SyntaxError(`"${name}" is not the name of a file`);
}

function parseFallback(path: string): void {
  const inner = path.replaceAll("{path}", "/x");
  if (/^\/[^\\\0{}]*$/.test(inner) && !/(?:^|\/)\.\.(?:\/|$)/.test(inner)) {
    return;
  }
  throw new SyntaxError(
    `"${path}" is not a path below the root: write it like /index.html or {path}.html`,
  );
}

function parseExtension(extension: string): void {
  if (/^\.?[\w+-]{1,32}$/.test(extension)) return;
  throw new SyntaxError(`"${extension}" is not an extension like .html`);
}

/** Files of a folder. */
export const FILES: Schema = either(
  "a folder, or { root, index, fallback, … }",
  PATH,
  object({
    id: "FilesOptions",
    description: "Files of a folder.",
    required: ["root"],
  }, { root: about("The folder.", PATH), ...FILES_MEMBERS }),
);

/** The target that the handler gets. */
export const REWRITE: Schema = object({
  id: "Rewrite",
  description:
    "The target that the handler gets: `strip` and `prepend`, or `match` and `to`.",
  check: function* ({ strip, prepend, match, to }): Iterable<Complaint> {
    if ((match === undefined) !== (to === undefined)) {
      yield { message: "match and to go together" };
    } else if (
      match !== undefined && (strip !== undefined || prepend !== undefined)
    ) {
      yield { message: "has match and to, or strip and prepend, but not both" };
    } else if (
      match === undefined && strip === undefined && prepend === undefined
    ) {
      yield { message: "is empty: expected strip, prepend, or match and to" };
    }
    if (typeof match === "string" && typeof to === "string") {
      const message = mistakeOf(() => parseReplacement(match, to));
      if (message !== undefined) yield { at: "to", message };
    }
  },
}, {
  strip: about(
    "A prefix to take away.",
    text({ accepts: "a path like /api", read: parsePrefix }),
  ),
  prepend: about(
    "A prefix to put before.",
    text({ accepts: "a path like /v1", read: parsePrefix }),
  ),
  match: about(
    "A regular expression for the path.",
    text({ accepts: "a regular expression", read: parseRegex }),
  ),
  to: about(
    "What takes the place of the match; `$1` stands for its first group.",
    text({ accepts: "text like /new/$1", read: parseRewriteTo }),
  ),
});

function parsePrefix(prefix: string): void {
  parseUrlPath(prefix);
  parsePathPattern(prefix.replaceAll("*", "x"));
}

/** What is wrong with it, if there is no mistake in either alone. */
function parseReplacement(match: string, to: string): void {
  const isMistaken = mistakeOf(() => parseRegex(match)) ??
    mistakeOf(() => parseRewriteTo(to));
  if (isMistaken === undefined) compileRewrite({ match, to });
}

function parseRewriteTo(to: string): void {
  if (/^[!-~]*$/.test(to)) return;
  throw new SyntaxError(
    `"${to}" has spaces or characters beyond ASCII: write them as %XX`,
  );
}
