/** The media type of a file, by its extension. */

/** What is known of a file whose extension is unknown. */
const UNKNOWN = "application/octet-stream";
/** Types that the table gives to other things than the files that web servers have. */
const OWN: Readonly<Record<string, string>> = {
  ts: "text/typescript", // not a video
  tsx: "text/tsx",
  jsx: "text/jsx",
  cjs: "text/javascript",
};

/** Finds the type of an extension with its dot; the table is that of IANA, Apache and nginx (`mime-db`). */
type Table = (extension: string) => string | undefined;

let table: Promise<Table> | undefined;

/** The table, which takes a while to load: only who sends files waits for it. */
async function loadTable(): Promise<Table> {
  const { typeByExtension } = await import(
    "@std/media-types/type-by-extension"
  );
  return typeByExtension as Table;
}

/** The extension of a path in lower case, without its dot; empty for none. */
function extensionOf(path: string): string {
  const name = path.slice(path.lastIndexOf("/") + 1);
  const dot = name.lastIndexOf(".");
  return dot <= 0 ? "" : name.slice(dot + 1).toLowerCase();
}

/** Whether text of the type is UTF-8 unless it says otherwise, and browsers have to be told. */
function isText(type: string): boolean {
  return type.startsWith("text/") && !type.includes(";");
}

/**
 * The value of `Content-Type` for a file.
 *
 * @param types By extension; they come before all others, and stay as they are.
 */
export async function mediaTypeOf(
  path: string,
  types: Readonly<Record<string, string>>,
): Promise<string> {
  const extension = extensionOf(path);
  if (extension === "") return UNKNOWN;
  if (Object.hasOwn(types, extension)) return types[extension]!;
  const own = Object.hasOwn(OWN, extension) ? OWN[extension] : undefined;
  const find = await (table ??= loadTable());
  const type = own ?? find(extension) ?? UNKNOWN;
  return isText(type) ? `${type}; charset=utf-8` : type;
}
