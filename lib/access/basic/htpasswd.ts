/** A file of users and hashes of their passwords, as `htpasswd -B` makes it (pure). */

/** By name: the hash. */
export type Users = ReadonlyMap<string, string>;

/** Users of a file; more are a mistake. */
const USERS_MAX = 100_000;
const BCRYPT = /^\$2[aby]\$(\d\d)\$[./A-Za-z0-9]{53}$/;
/** The cost of a hash doubles with each step: 10 takes 0.1 s, and 14 more than a second. */
const COST_MAX = 14;
// deno-lint-ignore no-control-regex -- names become values of headers
const BAD_NAME = /^\s|\s$|[\x00-\x1f\x7f]|^$/;

/** By the beginning of a hash that cannot be used: what it is. */
const OTHERS: readonly (readonly [prefix: string, what: string])[] = [
  ["$apr1$", "MD5 ($apr1$), htpasswd's default"],
  ["{SHA}", "SHA-1 without a salt"],
  ["$1$", "MD5"],
  ["$5$", "SHA-256 (crypt)"],
  ["$6$", "SHA-512 (crypt)"],
  ["$argon2", "Argon2"],
];

/**
 * Reads a file of users.
 *
 * @throws {SyntaxError} that names the line: what is wrong with it. No hash is in the message.
 */
export function parseHtpasswd(text: string): Users {
  const users = new Map<string, string>();
  for (const [index, line] of text.split(/\r?\n/).entries()) {
    if (line.trim() === "" || line.startsWith("#")) continue;
    const fault = faultOf(line, users);
    if (fault !== "") throw new SyntaxError(`line ${index + 1}: ${fault}`);
    const colon = line.indexOf(":");
    users.set(line.slice(0, colon), line.slice(colon + 1));
  }
  return users;
}

function faultOf(line: string, users: Users): string {
  const colon = line.indexOf(":");
  if (colon < 0) return "expected name:hash";
  const name = line.slice(0, colon);
  if (BAD_NAME.test(name)) return "this is not a user name";
  if (users.has(name)) return `the user "${name}" is given twice`;
  if (users.size >= USERS_MAX) return `more than ${USERS_MAX} users`;
  return hashFault(line.slice(colon + 1), name);
}

function hashFault(hash: string, name: string): string {
  const cost = BCRYPT.exec(hash)?.[1];
  const make = `make it with: htpasswd -B FILE ${name}`;
  if (cost === undefined) {
    const other = OTHERS.find(([prefix]) => hash.startsWith(prefix));
    const what = other?.[1] ?? "not a bcrypt hash";
    return `the password of "${name}" is ${what}, which cannot be used; ${make}`;
  }
  return Number(cost) < 4 || Number(cost) > COST_MAX
    ? `the password of "${name}" has cost ${cost}: expected 4 to ${COST_MAX}`
    : "";
}
