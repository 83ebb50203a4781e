/** Reads a configuration file with everything that it includes, and checks all of it. */

import type { Config } from "../types.ts";
import { nearest } from "../nearest.ts";
import { type Disk, folderOf, pathFrom } from "./disk.ts";
import { substituteAll } from "./environment.ts";
import { type Reading, readJson } from "./json_text.ts";
import { type Node, nodeAt, placeOf, plainOf, problemAt } from "./node.ts";
import {
  formatPath,
  formatPlace,
  type Problem,
  sortedProblems,
  type ValuePath,
} from "./place.ts";
import { readValue } from "./plain_value.ts";
import { validate } from "./validate.ts";

/** The most bytes of a configuration file. */
const CONFIG_BYTES_MAX = 16 * 1024 * 1024;
/** The most files that are included. */
const INCLUDED_MAX = 10_000;

/** What a file said. */
export interface ReadConfig {
  /** Valid by the schema; undefined if there is an error. */
  readonly config: Config | undefined;
  /** The values and where they stand; undefined if not even that could be read. */
  readonly root: Node | undefined;
  /** In the order of the files. */
  readonly problems: readonly Problem[];
  /** All files that were read, the first one first. */
  readonly files: readonly string[];
  /** Folders in which more files may appear that are included. */
  readonly folders: readonly string[];
}

/** Reads a file. What is wrong with it is in the result; nothing is thrown. */
export async function readConfig(
  path: string,
  disk: Disk,
): Promise<ReadConfig> {
  const files = [path];
  const problems: Problem[] = [];
  const first = await readFile(path, disk);
  problems.push(...first.problems);
  if (first.node === undefined) {
    return { config: undefined, root: undefined, problems, files, folders: [] };
  }
  const own = substituteAll(first.node, disk.environment, problems);
  const root = await withIncluded(own, disk, problems, files);
  // Of a text whose variables are wrong, nothing else is worth saying.
  const said = new Set(problems.map(({ path }) => formatPath(path)));
  const found = await validate(root);
  problems.push(...found.filter(({ path }) => !said.has(formatPath(path))));
  problems.push(...hostProblems(root, problems));
  const isBad = problems.length > 0;
  return {
    config: isBad ? undefined : plainOf(root) as Config,
    root,
    problems: sortedProblems(problems),
    files,
    folders: foldersOf(own),
  };
}

/** A configuration without hosts would answer nothing. */
function hostProblems(root: Node, problems: readonly Problem[]): Problem[] {
  const hosts = nodeAt(root, ["hosts"]);
  const isEmpty = hosts === undefined ||
    (hosts.content.kind === "object" && hosts.content.members.size === 0);
  const isSaid = root.content.kind !== "object" ||
    problems.some(({ path }) => path[0] === "hosts" || path[0] === "include");
  if (!isEmpty || isSaid) return [];
  const message =
    'there is no host: write { "hosts": { "*": { "proxy": "http://127.0.0.1:3000" } } }';
  return [problemAt(hosts ?? root, ["hosts"], message)];
}

async function readFile(path: string, disk: Disk): Promise<Reading> {
  const folder = folderOf(path);
  const isModule = /\.[cm]?[jt]sx?$/.test(path);
  if (!isModule && !/\.jsonc?$/.test(path)) {
    return failed(
      path,
      "is not a configuration: its name ends with .json, .jsonc, .ts or .js",
    );
  }
  try {
    if (isModule) {
      const value = await disk.evaluate(path);
      return readValue({ name: path, folder, text: undefined }, value);
    }
    const bytes = await disk.readText(path, CONFIG_BYTES_MAX);
    const text = bytes.replace(/^\ufeff/, " ");
    return readJson({ name: path, folder, text }, text);
  } catch (error) {
    return failed(path, (error as Error).message);
  }
}

function failed(file: string, message: string): Reading {
  return {
    node: undefined,
    problems: [{ kind: "error", place: { file }, path: [], message }],
  };
}

/** What an included file may have. */
const INCLUDABLE = ["hosts", "upstreams", "$schema"] as const;

/** Adds the hosts and upstreams of the files that are included. */
async function withIncluded(
  root: Node,
  disk: Disk,
  problems: Problem[],
  files: string[],
): Promise<Node> {
  const merged = root.content.kind === "object"
    ? new Map(root.content.members)
    : new Map<string, Node>();
  for (const { node, path } of includesOf(root)) {
    for (const file of await includedFiles(node, path, disk, problems)) {
      if (files.includes(file)) continue; // named twice, or the file itself
      if (files.length > INCLUDED_MAX) {
        problems.push(
          problemAt(node, path, `finds more than ${INCLUDED_MAX} files`),
        );
        return root;
      }
      files.push(file);
      const reading = await readFile(file, disk);
      problems.push(...reading.problems);
      if (reading.node === undefined) continue;
      const own = substituteAll(reading.node, disk.environment, problems);
      addMembers(merged, own, problems);
    }
  }
  return files.length === 1
    ? root
    : { ...root, content: { kind: "object", members: merged } };
}

/** The texts of `include`, if they are such. */
function includesOf(
  root: Node,
): { readonly node: Node; readonly path: ValuePath }[] {
  const include = nodeAt(root, ["include"]);
  const nodes = include?.content.kind === "list"
    ? include.content.items.map((node, at) => ({ node, path: ["include", at] }))
    : include === undefined
    ? []
    : [{ node: include, path: ["include"] }];
  return nodes.filter(({ node }) => textOf(node) !== undefined);
}

function textOf({ content }: Node): string | undefined {
  const value = content.kind === "scalar" ? content.value : undefined;
  return typeof value === "string" ? value : undefined;
}

/** The folders in which a pattern of `include` may find more files; those whose own names are patterns are not among them. */
function foldersOf(root: Node): string[] {
  const patterns = includesOf(root).map(({ node }) =>
    pathFrom(node.source.folder, textOf(node) ?? "")
  ).filter((pattern) => pattern.includes("*"));
  return [...new Set(patterns.map((pattern) => folderOf(pattern)))]
    .filter((folder) => !folder.includes("*"));
}

async function includedFiles(
  node: Node,
  path: ValuePath,
  disk: Disk,
  problems: Problem[],
): Promise<readonly string[]> {
  try {
    return await disk.expand(pathFrom(node.source.folder, textOf(node)!));
  } catch (error) {
    problems.push(problemAt(node, path, (error as Error).message));
    return [];
  }
}

/** Adds the hosts and upstreams of one file. */
function addMembers(
  merged: Map<string, Node>,
  { content, ...node }: Node,
  problems: Problem[],
): void {
  if (content.kind !== "object") {
    const whole = { ...node, content };
    problems.push(
      problemAt(whole, [], "expected an object with hosts or upstreams"),
    );
    return;
  }
  for (const [name, member] of content.members) {
    if (!INCLUDABLE.some((known) => known === name)) {
      const meant = nearest(name, INCLUDABLE, 2);
      const hint = meant === undefined ? "" : `; did you mean ${meant}?`;
      problems.push(
        problemAt(
          member,
          [name],
          `an included file has hosts and upstreams only${hint}`,
          "name",
        ),
      );
    } else if (name !== "$schema") {
      merged.set(name, together(merged.get(name), member, name, problems));
    }
  }
}

/** The members of both; a name that both have is an error. */
function together(
  ours: Node | undefined,
  theirs: Node,
  name: string,
  problems: Problem[],
): Node {
  if (ours === undefined || theirs.content.kind !== "object") return theirs;
  if (ours.content.kind !== "object") return ours;
  const members = new Map(ours.content.members);
  for (const [key, member] of theirs.content.members) {
    const first = members.get(key);
    if (first === undefined) {
      members.set(key, member);
      continue;
    }
    const where = formatPlace(placeOf(first, "name"));
    problems.push(
      problemAt(member, [name, key], `is in ${where} too`, "name"),
    );
  }
  return { ...ours, content: { kind: "object", members } };
}
