/** What answers the requests of a route. */

import type { Coding } from "../../coding/negotiate.ts";
import type { Node } from "../file/node.ts";
import { plainOf } from "../file/node.ts";
import type {
  FilesHandler,
  HostHeader,
  RedirectHandler,
  ResolvedHandler,
  ResolvedRewrite,
  RespondHandler,
} from "../resolved_route.ts";
import { membersOf } from "./layers.ts";
import { headerRule } from "./options.ts";
import {
  hostHeaderOf,
  isTrue,
  numberOf,
  pathOf,
  read,
  readOptional,
  textOf,
  textsByName,
  textsOf,
  textsOr,
} from "./written_values.ts";

/** Finds or makes the upstream that `proxy` says. */
export type FindUpstream = (
  node: Node,
) => { readonly name: string; readonly host: HostHeader };

const HTML_TEXT = "text/plain; charset=utf-8";
/** What is looked for beside a file, the better first. */
const PRECOMPRESSED: readonly Coding[] = ["br", "gzip"];

/** The handler of a route, or of a host that is one. */
export function handlerOf(
  route: Node,
  findUpstream: FindUpstream,
): ResolvedHandler {
  const at = membersOf(route);
  const redirect = at.get("redirect");
  if (redirect !== undefined) return redirectOf(redirect);
  const respond = at.get("respond");
  if (respond !== undefined) return respondOf(respond);
  const rewrite = rewriteOf(at.get("rewrite"));
  const files = at.get("files");
  if (files !== undefined) return filesOf(files, route, rewrite);
  const { name, host } = findUpstream(at.get("proxy")!);
  const own = at.get("host");
  return {
    kind: "proxy",
    upstream: name,
    host: own === undefined ? host : hostHeaderOf(own),
    rewrite,
  };
}

function redirectOf(node: Node): RedirectHandler {
  const at = membersOf(node);
  return {
    kind: "redirect",
    to: textOf(at.get("to") ?? node),
    status: numberOf(at.get("status"), "redirect.status"),
  };
}

function respondOf(node: Node): RespondHandler {
  const at = membersOf(node);
  const status = node.content.kind === "object" ? at.get("status") : node;
  return {
    kind: "respond",
    status: readOptional(status, Number) ?? 200,
    body: readOptional(at.get("body"), String) ?? "",
    type: read(at.get("type"), String, { text: HTML_TEXT }),
    headers: [...membersOf(at.get("headers"))].map(([name, value]) =>
      headerRule(name, value)
    ),
  };
}

/** The other members are in `files`, or beside it if it is a folder. */
function filesOf(
  node: Node,
  route: Node,
  rewrite: ResolvedRewrite | undefined,
): FilesHandler {
  const isFolder = node.content.kind === "scalar";
  const at = membersOf(isFolder ? route : node);
  return {
    kind: "files",
    root: pathOf(isFolder ? node : at.get("root")!),
    index: textsOr(at.get("index"), "files.index"),
    fallback: textsOf(at.get("fallback")),
    browse: isTrue(at.get("browse")),
    precompressed: precompressedOf(at.get("precompressed")),
    dotfiles: isTrue(at.get("dotfiles")),
    types: Object.fromEntries(
      Object.entries(textsByName(at.get("types"))).map((
        [extension, type],
      ) => [extension.replace(/^\./, ""), type]),
    ),
    rewrite,
  };
}

function precompressedOf(node: Node | undefined): readonly Coding[] {
  if (node === undefined) return PRECOMPRESSED;
  return plainOf(node) === false ? [] : textsOf(node) as Coding[];
}

function rewriteOf(node: Node | undefined): ResolvedRewrite | undefined {
  if (node === undefined) return undefined;
  const at = membersOf(node);
  const match = at.get("match");
  return match === undefined
    ? {
      kind: "prefix",
      strip: readOptional(at.get("strip"), String) ?? "",
      prepend: readOptional(at.get("prepend"), String) ?? "",
    }
    : { kind: "match", match: textOf(match), to: textOf(at.get("to")!) };
}
