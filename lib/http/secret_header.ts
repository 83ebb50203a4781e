/** Headers whose values are secret (pure): they are shown masked. */

/** Parts of their names. */
const SECRET_WORDS: readonly string[] = [
  "authorization",
  "cookie",
  "token",
  "secret",
  "password",
  "api-key",
  "apikey",
];

/** Whether the value of a header with this name is a secret. */
export function isSecretHeader(name: string): boolean {
  const lower = name.toLowerCase();
  return SECRET_WORDS.some((word) => lower.includes(word));
}
