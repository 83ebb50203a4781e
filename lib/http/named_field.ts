/** Fields that are looked for by a name that only the configuration knows (pure). */

import type { FieldSection } from "./section.ts";

/** Whether there is a line of this name, which is in lower case. */
export function hasNamed(fields: FieldSection, name: string): boolean {
  return indexOfNamed(fields, name, 0) >= 0;
}

/** The value of the one line of this name, which is in lower case; undefined if there is none, or more than one. */
export function singleValue(
  fields: FieldSection,
  name: string,
): string | undefined {
  const index = indexOfNamed(fields, name, 0);
  if (index < 0 || indexOfNamed(fields, name, index + 1) >= 0) return undefined;
  return fields.valueText(index);
}

function indexOfNamed(
  fields: FieldSection,
  name: string,
  from: number,
): number {
  for (let i = from; i < fields.count; i++) {
    if (fields.nameIs(i, name)) return i;
  }
  return -1;
}
