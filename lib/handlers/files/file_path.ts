/**
 * From the path of a URL to the name of a file below a root (pure).
 *
 * The path is canonical: unreserved characters are decoded, dot segments resolved. What
 * is percent-encoded still is decoded here, once, as UTF-8. A name that is not what it
 * seems is none: with a slash or a backslash in it, a control character, a byte that is
 * not UTF-8, empty between two slashes, or longer than file systems have.
 */

/** Bytes of a name: what Linux, macOS and Windows allow. */
const NAME_BYTES_MAX = 255;
/** Bytes of a whole path below the root. */
const PATH_BYTES_MAX = 4096 - 256;
/** The one hidden folder that is public by its definition (RFC 8615). */
const WELL_KNOWN = ".well-known";
// deno-lint-ignore no-control-regex -- control characters are what it finds
const ODD = /[\x00-\x1f\x7f/\\]/;
/** What means more than a name on Windows: drives, streams, short names, devices, what is dropped at the end. */
const ODD_ON_WINDOWS =
  /[<>:"|?*~]|[. ]$|^(?:con|prn|aux|nul|com\d|lpt\d)(?:\.|$)/i;

const encoder = new TextEncoder();

/** Which names are refused. */
export interface NameRules {
  /** Whether names that begin with a dot are let through. */
  readonly dotfiles: boolean;
  readonly isWindows: boolean;
}

/**
 * The path of a file below the root; undefined if no file can be meant.
 *
 * @param path Canonical, it begins with a slash.
 * @returns It begins with a slash, too, and ends with one if `path` does.
 */
export function filePathOf(
  path: string,
  rules: NameRules,
): string | undefined {
  const segments = path.split("/");
  let decoded = "";
  for (let i = 1; i < segments.length; i++) {
    const isLast = i === segments.length - 1;
    const name = isLast && segments[i] === "" ? "" : nameOf(segments[i]!);
    if (name === undefined || (!isLast || name !== "") && !mayBe(name, rules)) {
      return undefined;
    }
    decoded += `/${name}`;
  }
  return encoder.encode(decoded).length <= PATH_BYTES_MAX ? decoded : undefined;
}

function nameOf(segment: string): string | undefined {
  if (!segment.includes("%")) return segment;
  try {
    return decodeURIComponent(segment); // which is strict: no overlong forms, no surrogates
  } catch {
    return undefined; // not UTF-8
  }
}

/** Whether it may be the name of a file that is sent. */
export function mayBe(
  name: string,
  { dotfiles, isWindows }: NameRules,
): boolean {
  if (name === "" || name === "." || name === "..") return false;
  if (ODD.test(name) || isWindows && ODD_ON_WINDOWS.test(name)) return false;
  if (name.startsWith(".") && !dotfiles && name !== WELL_KNOWN) return false;
  return name.length <= NAME_BYTES_MAX &&
    encoder.encode(name).length <= NAME_BYTES_MAX;
}

/**
 * The paths that stand in for one where there is nothing.
 *
 * @param fallback Paths below the root; `{path}` in them is the path.
 * @param path As `filePathOf` gives it.
 */
export function fallbackPaths(
  fallback: readonly string[],
  path: string,
  rules: NameRules,
): readonly string[] {
  const bare = path.endsWith("/") ? path.slice(0, -1) : path;
  return fallback
    .filter((template) => bare !== "" || !template.includes("{path}"))
    .map((template) => template.replaceAll("{path}", () => bare))
    .map((made) => `/${made.replace(/^\/+/, "")}`)
    .filter((made) =>
      made.slice(1).split("/").every((name) => mayBe(name, rules))
    );
}

/**
 * Where a folder is, for a redirect there: the path with a slash behind it. Never the
 * name of another host, which two slashes would be.
 *
 * @param path Canonical.
 * @param query With its `?`, or empty.
 */
export function folderLocation(path: string, query: string): string {
  return `/${path.replace(/^[/\\]+/, "")}/${query}`;
}
