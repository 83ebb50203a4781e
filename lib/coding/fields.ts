/** The changes that a content coding makes to the fields of a response (RFC 9110 §8.4, §8.8.1, §12.5.5; pure). */

/** `Vary` with `Accept-Encoding` among its members. */
export function varyWithCoding(vary: string | undefined): string {
  if (vary === undefined || vary.trim() === "") return "Accept-Encoding";
  const names = vary.toLowerCase().split(",").map((name) => name.trim());
  return names.includes("*") || names.includes("accept-encoding")
    ? vary
    : `${vary}, Accept-Encoding`;
}

/** The entity tag of the coded representation: weak, because its bytes differ. */
export function weakened(etag: string): string {
  return etag.startsWith("W/") ? etag : `W/${etag}`;
}
