/** Fields that are looked for by name (pure). */

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

/** The values of all lines of this name, which is in lower case, in order. */
export function namedLines(fields: FieldSection, name: string): string[] {
  const values: string[] = [];
  for (let i = 0; i < fields.count; i++) {
    if (fields.nameIs(i, name)) values.push(fields.valueText(i));
  }
  return values;
}

/**
 * The value of the field with this name, which is in lower case, registered or not: its
 * lines joined with commas (RFC 9110 §5.3); undefined if there is none.
 */
export function namedText(
  fields: FieldSection,
  name: string,
): string | undefined {
  let text: string | undefined;
  for (let i = 0; i < fields.count; i++) {
    if (!fields.nameIs(i, name)) continue;
    const value = fields.valueText(i);
    text = text === undefined ? value : `${text}, ${value}`;
  }
  return text;
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
