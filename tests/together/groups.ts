/** Which files of tests share a runtime, and which groups begin first. Pure. */

/** Files that share a runtime. */
export interface Group {
  /** The folder, and a number. */
  readonly name: string;
  readonly files: readonly string[];
}

/** Files that take longest, most of it waiting: each begins first, alone. */
export const LONG = [
  "tests/e2e/fleet_failures_test.ts",
  "tests/e2e/disk_test.ts",
  "tests/cache/disk/disk_tier_test.ts",
  "tests/e2e/disk_large_test.ts",
  "tests/e2e/explain_agreement_test.ts",
  "tests/e2e/moving_names_test.ts",
  "tests/e2e/fleet_test.ts",
  "tests/e2e/fleet_refresh_test.ts",
  "tests/e2e/fleet_limits_test.ts",
  "tests/e2e/disk_arriving_test.ts",
  "tests/e2e/disk_full_test.ts",
  "tests/cache/store/place_contract_test.ts",
  "tests/e2e/replace_test.ts",
  "tests/e2e/demo_test.ts",
  "tests/e2e/upstream_faults_test.ts",
  "tests/e2e/config_file_test.ts",
];

/** Of one folder, in a group. */
const FILES_MAX = 12;
/** Folders with fewer files share groups. */
const FILES_MIN = 6;
/** The name of those groups. */
const SMALL = "rooms";

/** Puts each file into one group; the order is that in which they are to begin. */
export function groups(files: readonly string[]): Group[] {
  const all = new Set(files);
  const alone = LONG.filter((file) => all.has(file));
  const rest = files.filter((file) => !LONG.includes(file)).toSorted();
  const counts = Map.groupBy(rest, roomOf);
  const rooms = Map.groupBy(rest, (file) => {
    const room = roomOf(file);
    return counts.get(room)!.length < FILES_MIN ? SMALL : room;
  });
  return [
    ...alone.map((file) => ({ name: nameOf(file), files: [file] })),
    ...[...rooms].flatMap(([room, files]) => parts(room, files)),
  ];
}

/** The files of a room in parts that are as large as each other, by one file at most. */
function parts(room: string, files: readonly string[]): Group[] {
  const count = Math.ceil(files.length / FILES_MAX);
  return Array.from({ length: count }, (_, part) => ({
    name: count === 1 ? room : `${room}_${part + 1}`,
    files: files.filter((_, at) => at % count === part),
  }));
}

/** The first folder: `tests/cache/store/x_test.ts` is of `cache`. */
function roomOf(file: string): string {
  const folders = file.split("/").slice(1, -1);
  return folders[0] ?? "house";
}

function nameOf(file: string): string {
  return file.split("/").slice(1).join("_").replace(/_test\.ts$/, "");
}
