/**
 * Which names of parameters and cookies some origin reads as the same one (pure).
 *
 * Origins differ: they decode names or do not, take `a[]` and `a[0]` as parts of `a`
 * (PHP, Rack), `.`, spaces and a `[` without a `]` as `_` (PHP), cut names at a NUL (C),
 * ignore case (ASP.NET). To take two names as one that are two costs a miss; to take one
 * as two could give a client what is another's.
 */

const PLAIN = /^[0-9a-z]*$/;
const NOT_ASCII = "\x80";
/** A name with parts of it in brackets, and nothing between or behind those. */
const IN_ORDER = /^[^[\]]+(?:\[[^[\]]*\])*$/;

/** What is left of a name: names that any origin may read as the same one agree in it. */
export function looseName(name: string): string {
  if (PLAIN.test(name)) return name;
  const [text = ""] = decoded(name).split("\0", 1);
  const open = text.indexOf("[");
  return (open >= 0 && text.includes("]", open) ? text.slice(0, open) : text)
    .toLowerCase()
    .replace(/[\x80-\xff]+/g, NOT_ASCII)
    .replace(/[^0-9a-z\x80]/g, "");
}

/**
 * Whether origins read different names in it because of its brackets: in `[a]` or `a[b`,
 * some find an `a` (`qs`, Rack), others do not.
 */
export function hasOddBrackets(name: string): boolean {
  if (PLAIN.test(name)) return false;
  const text = decoded(name);
  return /[[\]]/.test(text) && !IN_ORDER.test(text);
}

function decoded(name: string): string {
  return name.replace(
    /%([0-9A-Fa-f]{2})/g,
    (_, digits) => String.fromCharCode(parseInt(digits, 16)),
  );
}
