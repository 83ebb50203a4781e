/** The types of a configuration for editors, made from its JSON Schema. */

import type { JsonSchema } from "./json_schema.ts";

const HEADER = `/**
 * The configuration of sluice: made from its schema by \`sluice types\`.
 *
 * In a \`sluice.config.ts\`: \`export default { … } satisfies Config;\`
 */
`;

/** Keys that match these patterns, as a type of TypeScript has them. */
const KEY_TYPES: Readonly<Record<string, string>> = {
  "^/": "[path: `/${string}`]",
  "^[45]([0-9]{2}|xx)$": "[status: `${number}` | `${number}xx`]",
};

/** A module that declares \`Config\` and everything in it, and imports nothing. */
export function declarations(schema: JsonSchema): string {
  const { $defs = {} } = schema;
  const all = Object.entries({ Config: schema, ...$defs });
  return HEADER +
    all.map(([name, definition]) => declared(name, definition, $defs)).join("");
}

type Definitions = Readonly<Record<string, JsonSchema>>;

function declared(
  name: string,
  schema: JsonSchema,
  definitions: Definitions,
): string {
  const comment = commentOf(schema, "");
  return isInterface(schema)
    ? `\n${comment}export interface ${name} ${membersOf(schema, definitions)}\n`
    : `\n${comment}export type ${name} = ${typeOf(schema)};\n`;
}

/** Whether the members are known by name. */
function isInterface({ properties }: JsonSchema): boolean {
  return properties !== undefined;
}

function commentOf(
  { description, default: fallback }: JsonSchema,
  indent: string,
): string {
  const notes = [
    ...(description === undefined ? [] : [description]),
    ...(fallback === undefined ? [] : [`Default: \`${String(fallback)}\`.`]),
  ];
  return notes.length === 0 ? "" : `${indent}/** ${notes.join(" ")} */\n`;
}

/** A type as TypeScript writes it. */
export function typeOf(schema: JsonSchema): string {
  const { $ref, anyOf, items, type, additionalProperties } = schema;
  if ($ref !== undefined) return nameIn($ref);
  if (schema.const !== undefined) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) {
    return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  }
  if (anyOf !== undefined) {
    return [...new Set(anyOf.map((form) => typeOf(form)))].join(" | ");
  }
  if (items !== undefined) {
    const item = typeOf(items);
    return `readonly ${item.includes("|") ? `(${item})` : item}[]`;
  }
  if (additionalProperties) {
    return `{ readonly [name: string]: ${typeOf(additionalProperties)} }`;
  }
  return [type ?? "unknown"].flat()
    .map((name) => name === "integer" ? "number" : name).join(" | ");
}

function membersOf(
  { properties = {}, patternProperties = {}, required = [] }: JsonSchema,
  definitions: Definitions,
): string {
  const others = Object.entries(patternProperties).map(([pattern, member]) => {
    const { description } = definitions[nameIn(member.$ref!)]!;
    const comment = commentOf({ description: description! }, "  ");
    return `${comment}  readonly ${KEY_TYPES[pattern]}: ${typeOf(member)};\n`;
  });
  const named = Object.entries(properties).map(([name, member]) => {
    const mark = required.includes(name) ? "" : "?";
    const { description } = member.$ref === undefined
      ? member
      : definitions[nameIn(member.$ref)]!;
    const comment = commentOf({
      ...(description === undefined ? {} : { description }),
      ...member,
    }, "  ");
    return `${comment}  readonly ${name}${mark}: ${typeOf(member)};\n`;
  });
  return `{\n${others.join("")}${named.join("")}}`;
}

function nameIn(ref: string): string {
  return ref.slice("#/$defs/".length);
}
