/** Content for tests. */

/** Content in which every octet depends on its place. */
export function contentOf(length: number): string {
  let text = "";
  for (let i = 0; text.length < length; i++) text += `${i},`;
  return text.slice(0, length);
}
