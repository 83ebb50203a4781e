/** The names that a certificate is for (RFC 6125 §6.4, RFC 9525 §6.3). */

// deno-lint-ignore no-external-import -- a part of the runtime
import type { X509Certificate } from "node:crypto";
import { nodeModule } from "./node_module.ts";

/** In lower case: names, `*.name`, IP addresses; the common name only where there are no others. */
export function namesOf(
  { subjectAltName, subject }: X509Certificate,
): string[] {
  const names = (subjectAltName ?? "").split(", ").flatMap((entry) => {
    const [, name] = /^(?:DNS|IP Address):"?([^"]+)"?$/.exec(entry) ?? [];
    return name === undefined ? [] : [name.toLowerCase()];
  });
  const [, common] = /(?:^|\n)CN=([^\n]+)/.exec(subject) ?? [];
  if (names.length > 0 || common === undefined) return names;
  return [common.toLowerCase()];
}

/** The names in a certificate's bytes (DER); none if it is damaged. */
export function namesIn(der: Uint8Array): string[] {
  const { X509Certificate } = nodeModule("node:crypto");
  try {
    return namesOf(new X509Certificate(der));
  } catch {
    return [];
  }
}

/** Whether one of a certificate's names stands for this host, which is in lower case. A `*` is one label. */
export function coversName(names: readonly string[], host: string): boolean {
  const dot = host.indexOf(".");
  const wildcard = dot > 0 ? `*${host.slice(dot)}` : undefined;
  return names.some((name) => name === host || name === wildcard);
}
