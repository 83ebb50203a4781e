/** Lists a folder: what a client could get by its name, and nothing else. */

import { type OwnResponse, ownResponse } from "../../head/own_response.ts";
import type { FilesRoot } from "./files_root.ts";
import { mayBe } from "./file_path.ts";
import type { FileShelf, FoundFolder } from "./file_shelf.ts";
import {
  inOrder,
  jsonOf,
  type ListedName,
  pageOf,
  prefersJson,
} from "./listing.ts";

/** Names of a folder that are looked at; the page says so if there are more. */
const NAMES_MAX = 4096;
/** Names that are looked at together. */
const TOGETHER = 32;

const PAGE = "Content-Type: text/html; charset=utf-8\r\n" +
  "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'\r\n";
const JSON_TYPE = "Content-Type: application/json\r\n";
const BOTH = "Vary: Accept\r\nCache-Control: no-cache\r\n" +
  "X-Content-Type-Options: nosniff\r\n";

/**
 * The response that lists a folder; undefined if it has gone meanwhile.
 *
 * @param accept The client's `Accept`; empty for none.
 * @throws {HttpError} `forbidden`, `overloaded`, `file_unreadable`.
 */
export async function folderPage(
  { root, rules }: FileShelf,
  { path, info }: FoundFolder,
  accept: string,
): Promise<OwnResponse | undefined> {
  const found = await root.namesIn(path, info, NAMES_MAX);
  if (found === undefined) return undefined;
  const candidates = found.names.filter((name) => mayBe(name, rules));
  const names: ListedName[] = [];
  for (let i = 0; i < candidates.length; i += TOGETHER) {
    const some = candidates.slice(i, i + TOGETHER);
    const looks = await Promise.all(
      some.map((name) => lookAt(root, path, name, found.isCertain)),
    );
    names.push(...looks.filter((name) => name !== undefined));
  }
  const listing = {
    path,
    names: inOrder(names),
    isPart: found.names.length === NAMES_MAX,
  };
  return prefersJson(accept)
    ? ownResponse(200, JSON_TYPE + BOTH, jsonOf(listing))
    : ownResponse(200, PAGE + BOTH, pageOf(listing));
}

/** What there is by a name; undefined for what no client could get. */
async function lookAt(
  root: FilesRoot,
  folder: string,
  name: string,
  isCertain: boolean,
): Promise<ListedName | undefined> {
  const path = `${folder}${name}`;
  try {
    const info = await root.stat(path);
    if (info === undefined || !info.isFile && !info.isDirectory) return;
    const isLink = (await Deno.lstat(root.nameOf(path))).isSymlink;
    // A link may lead out: then there is nothing by its name.
    const isInDoubt = isLink || !isCertain || root.hasHiddenName(name);
    if (isInDoubt && !await root.holds(path, info)) return;
    const { isDirectory, size, mtime } = info;
    const changedMs = mtime?.getTime() ?? 0;
    return { name, isFolder: isDirectory, size, changedMs };
  } catch {
    return undefined; // it may not be read, or has gone
  }
}
