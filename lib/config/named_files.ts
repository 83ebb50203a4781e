/**
 * The files and folders that a configuration names: whether they are there, and are
 * what they must be.
 */

import { parseHtpasswd } from "../access/basic/htpasswd.ts";
import { parseKeySet } from "../access/jwt/key_set_text.ts";
import { checkCertificates } from "./certificates.ts";
import { type Disk, folderOf, pathFrom } from "./file/disk.ts";
import { type Node, problemAt } from "./file/node.ts";
import type { Problem, ValuePath } from "./file/place.ts";
import { visitValues } from "./file/visit.ts";
import { textOf } from "./resolve/written_values.ts";

/** The most bytes of a file of certificates. */
const CERTIFICATES_BYTES_MAX = 4 * 1024 * 1024;

/** The most bytes of a file of users. */
const USERS_BYTES_MAX = 1024 * 1024;

/** The most bytes of a file of keys for tokens. */
const KEYS_BYTES_MAX = 1024 * 1024;

/** What a path of the configuration must be. */
type Expectation =
  | "file"
  | "users"
  | "keys"
  | "folder"
  | "certificates"
  | "in a folder"
  | "a folder or new";

/** By the name of a key: what its path must be. */
const PATHS: Readonly<Record<string, Expectation>> = {
  "files": "folder",
  "files.root": "folder",
  "maintenance.page": "file",
  "auth.basic": "users",
  "auth.jwt.jwks": "keys",
  "tls.certificates": "certificates",
  "tls.certificates.cert": "certificates",
  "tls.certificates.key": "file",
  "tls.acme.ca": "certificates",
  "tls.acme.eab.key.file": "file",
  "upstream.tls.ca": "certificates",
  "upstream.tls.cert": "certificates",
  "upstream.tls.key": "file",
  "upstream.sticky.secret.file": "file",
  "admin.token.file": "file",
  "log.file": "in a folder",
  "cache.disk.path": "a folder or new",
  "cache.shared.tls.ca": "certificates",
  "cache.shared.tls.cert": "certificates",
  "cache.shared.tls.key": "file",
};

/** What is read before anything starts: without it, nothing does. */
const NEEDED: ReadonlySet<string> = new Set(
  Object.keys(PATHS).filter((name) =>
    /^(?:upstream|admin|cache\.shared|tls\.acme)\./.test(name)
  ),
);
/** What is only read, or written, when it is used. */
const USED_LATER: ReadonlySet<string> = new Set([
  "files",
  "files.root",
  "maintenance.page",
  "auth.basic",
  "auth.jwt.jwks",
]);

/** What is wrong with the files that a configuration names. */
export async function fileProblems(
  root: Node,
  disk: Disk,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  for await (const { problem } of faultsOf(root, disk, () => true)) {
    problems.push(problem);
  }
  return problems;
}

/**
 * The same for a start or a reload. What is read later may be there by then, and is
 * only warned of. Of the rest, files whose reader says itself what is wrong are left out.
 */
export async function startProblems(
  root: Node,
  disk: Disk,
): Promise<Problem[]> {
  const problems: Problem[] = [];
  const isLookedAt = (name: string): boolean =>
    NEEDED.has(name) || isUsedLater(name);
  for await (const { name, problem } of faultsOf(root, disk, isLookedAt)) {
    problems.push(
      isUsedLater(name) ? { ...problem, kind: "warning" } : problem,
    );
  }
  return problems;
}

function isUsedLater(name: string): boolean {
  return USED_LATER.has(name) || isErrorPage(name);
}

function isErrorPage(name: string): boolean {
  return /^errors\.\d/.test(name);
}

/** What is wrong with a file, and by which key it is named. */
interface FileFault {
  readonly name: string;
  readonly problem: Problem;
}

async function* faultsOf(
  root: Node,
  disk: Disk,
  isLookedAt: (name: string) => boolean,
): AsyncIterable<FileFault> {
  const named: {
    readonly node: Node;
    readonly path: ValuePath;
    readonly name: string;
    readonly expected: Expectation;
  }[] = [];
  visitValues(root, (node, path, name) => {
    const expected = isErrorPage(name)
      ? "file"
      : Object.hasOwn(PATHS, name)
      ? PATHS[name]
      : undefined;
    const isText = node.content.kind === "scalar" &&
      typeof node.content.value === "string";
    if (
      expected !== undefined && isText && !isAddress(textOf(node)) &&
      isLookedAt(name)
    ) named.push({ node, path, name, expected });
    return true;
  });
  const known = new Map<string, Promise<string | undefined>>();
  for (const { node, path, name, expected } of named) {
    const where = pathFrom(node.source.folder, textOf(node));
    const key = `${expected} ${where}`;
    const asked = known.get(key) ?? faultOf(where, expected, disk);
    known.set(key, asked);
    const fault = await asked;
    if (fault === undefined) continue;
    yield { name, problem: problemAt(node, path, fault) };
  }
}

function isAddress(text: string): boolean {
  return /^https?:\/\//.test(text);
}

/** Why a path is not what it must be; undefined if it is. */
async function faultOf(
  path: string,
  expected: Expectation,
  disk: Disk,
): Promise<string | undefined> {
  try {
    switch (expected) {
      case "file":
      case "folder":
        return await kindFault(path, expected, disk);
      case "in a folder": {
        const folder = folderOf(path);
        if (await disk.kindOf(folder) !== "folder") {
          return `there is no folder "${folder}"`;
        }
        return await disk.kindOf(path) === "folder"
          ? `"${path}" is a folder, not a file`
          : undefined;
      }
      case "a folder or new": {
        const kind = await disk.kindOf(path);
        return kind === "folder" || kind === "missing"
          ? undefined
          : `"${path}" is not a folder`;
      }
      case "users":
        return await kindFault(path, "file", disk) ??
          await textFault(path, USERS_BYTES_MAX, parseHtpasswd, disk);
      case "keys":
        return await kindFault(path, "file", disk) ??
          await textFault(path, KEYS_BYTES_MAX, parseKeySet, disk);
      case "certificates":
        return await certificateFault(path, disk);
    }
  } catch (error) {
    return (error as Error).message;
  }
}

/** Why a path is not a file, or a folder. */
async function kindFault(
  path: string,
  expected: "file" | "folder",
  disk: Disk,
): Promise<string | undefined> {
  const kind = await disk.kindOf(path);
  if (kind === expected) return undefined;
  return kind === "missing"
    ? `there is no ${expected} "${path}"`
    : `"${path}" is not a ${expected}`;
}

/**
 * Why the text of a file is not what it must be.
 *
 * @param parse Throws a {@linkcode SyntaxError} if it is not.
 */
async function textFault(
  path: string,
  bytesMax: number,
  parse: (text: string) => unknown,
  disk: Disk,
): Promise<string | undefined> {
  try {
    parse(await disk.readText(path, bytesMax));
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return `"${path}": ${error.message}`;
  }
}

/** Why the files of a pattern are not certificates. */
async function certificateFault(
  pattern: string,
  disk: Disk,
): Promise<string | undefined> {
  const files = await disk.expand(pattern);
  if (files.length === 0) return `there is no file "${pattern}"`;
  for (const file of files) {
    const fault = await textFault(
      file,
      CERTIFICATES_BYTES_MAX,
      checkCertificates,
      disk,
    );
    if (fault !== undefined) return fault;
  }
  return undefined;
}
