/** What differs between two values of a configuration, in words. */

import { isSecretHeader } from "../http/secret_header.ts";
import { MASK, printed } from "./print.ts";

/** Characters of one value in a line; of a longer one, the beginning is shown. */
const VALUE_LENGTH_MAX = 60;
/** Members of a list that are shown. */
const MEMBERS_MAX = 5;

/** By key of the configuration in force: what a file calls it, where that is something else. */
const NAMES: Readonly<Record<string, string>> = {
  "bodyBytesMax": "body",
  "cache.bytesMax": "cache.memory",
  "cache.disk.bytesMax": "cache.disk.size",
  "cache.disk.objectBytesMax": "cache.disk.maxObject",
  "cache.keyParts.cookies": "cache.key, cookies",
  "cache.keyParts.fields": "cache.key, headers",
  "cache.objectBytesMax": "cache.maxObject",
  "cache.passesTags": "cache.tags",
  "cache.sliceBytes": "cache.slice",
  "compress.bytesMin": "compress.min",
  "connections.connectionsMax": "connections.max",
  "connections.idleMax": "connections.idle",
  "connections.queueMax": "connections.queue",
  "connections.queueMs": "connections.queueTimeout",
  "idleMs": "keepAlive",
  "limits": "limit",
  "limits.connectionsMax": "limits.maxConnections",
  "limits.fieldCountMax": "limits.maxFields",
  "limits.headBytesMax": "limits.maxHead",
  "limits.headerMs": "limits.headerTimeout",
  "limits.idleMs": "limits.idleTimeout",
  "limits.perClient": "limits.maxConnectionsPerClient",
  "limits.responseFieldCountMax": "limits.maxResponseFields",
  "limits.responseHeadBytesMax": "limits.maxResponseHead",
  "limits.targetBytesMax": "limits.maxTarget",
  "limits.tunnelsMax": "limits.maxTunnels",
  "limits.uploadRate.bytesPerSecond": "limits.minUploadRate",
  "limits.uploadRate.graceMs": "limits.minUploadGrace",
  "retry.budgetPercent": "retry.budget",
};

/** By key: the member that stands for the whole, where there is a whole on one side only. */
const CHIEF: Readonly<Record<string, string>> = {
  "auth": "kind",
  "cache": "ttlMs",
  "cache.disk": "path",
  "cache.shared": "url",
  "compress": "codings",
  "health": "path",
  "maintenance": "when",
  "mirror": "upstream",
  "sticky": "cookie",
};

/** Whether two values of a configuration are the same. */
export function isSameValue(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (!isObject(a) || !isObject(b)) return false;
  if (a instanceof Map && b instanceof Map) {
    return isSameValue([...a], [...b]);
  }
  const keys = Object.keys(a);
  return Array.isArray(a) === Array.isArray(b) &&
    keys.every((key) => isSameValue(a[key], b[key])) &&
    Object.keys(b).every((key) => key in a || b[key] === undefined);
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}

/**
 * What differs between two values: `cache.ttl 5m → 10m`, `compress.codings + br, - gzip`.
 *
 * @param key What it is called; empty for an object whose members have names of their own.
 */
export function valueChanges(
  key: string,
  before: unknown,
  after: unknown,
): string[] {
  if (isTree(before) && isTree(after)) {
    const changes: string[] = [];
    for (const member of Object.keys({ ...before, ...after })) {
      const [old, now] = [before[member], after[member]];
      if (old === now) continue;
      const name = key === "" ? member : `${key}.${member}`;
      changes.push(...valueChanges(name, old, now));
    }
    return changes;
  }
  if (isSameValue(before, after)) return [];
  if (Array.isArray(before) && Array.isArray(after)) {
    return [`${nameOf(key)} ${listChange(before, after)}`];
  }
  const old = shownWhole(key, before, after);
  const now = shownWhole(key, after, before);
  // What is masked, cut or left out is the difference.
  return [`${nameOf(key)} ${old === now ? "changed" : `${old} → ${now}`}`];
}

/** What is in one list and not in the other: `+ a, - b`. */
export function listChange(
  before: readonly unknown[],
  after: readonly unknown[],
): string {
  const old = new Set(before.map(canonical));
  const now = new Set(after.map(canonical));
  const changes = [
    ...after.filter((member) => !old.has(canonical(member)))
      .map((member) => `+ ${shown(member)}`),
    ...before.filter((member) => !now.has(canonical(member)))
      .map((member) => `- ${shown(member)}`),
  ];
  if (changes.length === 0) return "in another order";
  const more = changes.length - MEMBERS_MAX;
  return changes.slice(0, MEMBERS_MAX).join(", ") +
    (more > 0 ? ` and ${more} more` : "");
}

/** Whether it is an object with members of its own, and no address, block or secret. */
function isTree(value: unknown): value is Record<string, unknown> {
  return isObject(value) && !Array.isArray(value) &&
    !("prefixBits" in value) && !("transport" in value) &&
    !("socket" in value) && value.kind !== "text" && value.kind !== "file";
}

function shownWhole(key: string, value: unknown, other: unknown): string {
  const chief = CHIEF[key];
  if (value === undefined && !isTree(other)) return "none";
  if (!isTree(value)) return shown(value, key);
  const member = chief === undefined ? undefined : value[chief];
  return chief === undefined || !member ? "on" : shown(member, chief);
}

/** A value as a file would have it, without secrets, and not too long. */
export function shown(value: unknown, key = ""): string {
  const text = textOf(printed(value, key.split(".").at(-1)), key);
  return text.length <= VALUE_LENGTH_MAX
    ? text
    : `${text.slice(0, VALUE_LENGTH_MAX)}...`;
}

/** The name of a header whose value stands at a key such as `health.headers.Cookie`; empty for none. */
function headerIn(key: string): string {
  const parts = key.split(".");
  const at = parts.findIndex((part) => /^[a-z]*[hH]eaders?$/.test(part));
  return at < 0 ? "" : parts.slice(at + 1).join(".");
}

/** @param key Where it stands: of headers with some names, the value is a secret. */
function textOf(value: unknown, key: string): string {
  if (isSecretHeader(headerIn(key))) return MASK;
  if (value === undefined || value === false) return "off";
  if (value === true) return "on";
  if (value === "") return "none";
  if (Array.isArray(value)) {
    return value.map((member) => textOf(member, key)).join(", ") || "none";
  }
  if (typeof value !== "object" || value === null) return String(value);
  const members = value as Record<string, unknown>;
  const { action, name, value: content } = members;
  if (action === "remove") return `${name} (removed)`;
  if (action !== undefined) {
    return `${name}: ${content}${action === "add" ? " (added)" : ""}`;
  }
  const { address, ...rest } = members;
  return [
    ...address === undefined ? [] : [String(address)],
    ...Object.entries(rest).filter(([, member]) =>
      member !== undefined && member !== false && member !== 1
    ).map(([member, content]) =>
      content === true
        ? member
        : `${member} ${textOf(content, `${key}.${member}`)}`
    ),
  ].join(" ");
}

/** What a file calls a key. */
function nameOf(key: string): string {
  return NAMES[key] ?? key.replace(/^timeouts\./, "timeout.")
    .replace(/^errors\.pages\./, "errors.").replace(/Ms$/, "");
}

/** A text that is the same for the same values only. */
function canonical(value: unknown): string {
  return JSON.stringify(value, (_, member: unknown) => {
    if (typeof member === "number") return String(member);
    if (member instanceof Map) return [...member];
    if (member instanceof Uint8Array) return [...member].join();
    if (typeof member === "string") return `"${member}`;
    if (typeof member !== "object" || member === null) return member;
    if (Array.isArray(member)) return member;
    return Object.entries(member).filter(([, inner]) => inner !== undefined)
      .sort(([a], [b]) => a < b ? -1 : 1);
  }) ?? "undefined";
}
