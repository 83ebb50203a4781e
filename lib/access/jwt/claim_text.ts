/** Claims as values of headers (pure). */

/**
 * The text of a claim: texts, numbers and truth values as they are, lists of them with
 * commas. Undefined for anything else, and for a member of a list that holds a comma.
 */
export function claimText(
  claims: Readonly<Record<string, unknown>>,
  name: string,
): string | undefined {
  if (!Object.hasOwn(claims, name)) return undefined;
  const value = claims[name];
  if (!Array.isArray(value)) return plainText(value);
  const texts = value.map(plainText);
  const isPlain = texts.every((text) =>
    text !== undefined && !text.includes(",")
  );
  return isPlain ? texts.join(",") : undefined;
}

function plainText(value: unknown): string | undefined {
  return ["string", "number", "boolean"].includes(typeof value)
    ? String(value)
    : undefined;
}
