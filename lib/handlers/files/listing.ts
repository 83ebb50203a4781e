/** What a folder holds, as a page or as JSON (pure). */

/** A name in a folder. */
export interface ListedName {
  readonly name: string;
  readonly isFolder: boolean;
  /** Bytes of a file. */
  readonly size: number;
  /** When it was changed, in ms since the epoch. */
  readonly changedMs: number;
}

/** What is listed. */
export interface Listing {
  /** The folder's path below the root, which is decoded and ends with a slash. */
  readonly path: string;
  /** In the order in which they are shown. */
  readonly names: readonly ListedName[];
  /** Whether there are more names than these. */
  readonly isPart: boolean;
}

const ESCAPES: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};
const UNITS = ["B", "KiB", "MiB", "GiB", "TiB"];

const STYLE = `:root{color-scheme:light dark}
body{font:16px/1.5 system-ui,sans-serif;margin:2rem auto;max-width:60rem;padding:0 1rem}
h1{font-size:1.25rem;overflow-wrap:anywhere}
table{border-collapse:collapse;width:100%}
th,td{padding:.25rem .5rem;text-align:left;border-bottom:1px solid #8884}
td:first-child{overflow-wrap:anywhere}
th:nth-child(n+2),td:nth-child(n+2){text-align:right;white-space:nowrap;font-variant-numeric:tabular-nums}
a{text-decoration:none}a:hover{text-decoration:underline}`;

/** Folders first, then by name, in the same order for every language. */
export function inOrder(names: readonly ListedName[]): readonly ListedName[] {
  return names.toSorted((a, b) =>
    Number(b.isFolder) - Number(a.isFolder) ||
    (a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
  );
}

function escaped(text: string): string {
  return text.replaceAll(/[&<>"']/g, (character) => ESCAPES[character]!);
}

/** A link to a name in the folder: never to another scheme or host. */
function linkTo({ name, isFolder }: ListedName): string {
  const written = encodeURIComponent(name.toWellFormed())
    .replaceAll("'", "%27");
  return `./${written}${isFolder ? "/" : ""}`;
}

function sizeText(bytes: number): string {
  let unit = 0;
  let size = bytes;
  while (size >= 1024 && unit < UNITS.length - 1) {
    size /= 1024;
    unit++;
  }
  return `${unit === 0 ? size : size.toFixed(1)} ${UNITS[unit]}`;
}

/** As on a clock in Greenwich. */
function timeText(ms: number): string {
  return new Date(ms).toISOString().slice(0, 16).replace("T", " ");
}

function rowOf(item: ListedName): string {
  const name = escaped(item.name) + (item.isFolder ? "/" : "");
  const size = item.isFolder ? "" : sizeText(item.size);
  return `<tr><td><a href="${linkTo(item)}">${name}</a></td><td>${size}</td>` +
    `<td>${timeText(item.changedMs)}</td></tr>`;
}

/** The page of a folder: small, without scripts and without anything from elsewhere. */
export function pageOf({ path, names, isPart }: Listing): string {
  const title = escaped(path);
  const up = path === "/"
    ? ""
    : '<tr><td><a href="../">../</a></td><td></td><td></td></tr>\n';
  const rest = isPart ? `<p>Only ${names.length} names are listed.</p>\n` : "";
  return `<!DOCTYPE html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${title}</title>
<style>
${STYLE}
</style>
<h1>${title}</h1>
<table>
<thead><tr><th>Name</th><th>Size</th><th>Changed (UTC)</th></tr></thead>
<tbody>
${up}${names.map(rowOf).join("\n")}
</tbody>
</table>
${rest}</html>
`;
}

/** The same for programs: a list of objects. */
export function jsonOf({ names }: Listing): string {
  const list = names.map(({ name, isFolder, size, changedMs }) => ({
    name,
    type: isFolder ? "directory" : "file",
    ...(isFolder ? {} : { size }),
    modified: new Date(changedMs).toISOString(),
  }));
  return `${JSON.stringify(list)}\n`;
}

const WEIGHT = /;[\t ]*q=([\d.]+)/i;

/** Whether a client would rather have JSON than a page, by its `Accept` (RFC 9110 §12.5.1). */
export function prefersJson(accept: string): boolean {
  return weightOf(accept, "application/json") > weightOf(accept, "text/html");
}

/** The weight of a media type that is named; 0 for one that is not. */
function weightOf(accept: string, type: string): number {
  for (const member of accept.split(",")) {
    const name = member.split(";")[0]!.trim().toLowerCase();
    if (name === type) return Number(WEIGHT.exec(member)?.[1] ?? 1);
  }
  return 0;
}
