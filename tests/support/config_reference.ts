/** The reference of the configuration file, in Markdown, from its schema. */

import { typeOf } from "../../lib/config/schema/declarations.ts";
import {
  type JsonSchema,
  jsonSchema,
} from "../../lib/config/schema/json_schema.ts";

/** Objects that come first, in this order; the others follow as the schema has them. */
const FIRST = ["Host", "Route", "Upstream"];

/** Every object of the schema with a table of its keys, then the values that are written as text. */
export function configReference(): string {
  const { $defs = {}, ...config } = jsonSchema();
  const objects = Object.keys($defs).filter((name) =>
    $defs[name]!.properties !== undefined
  );
  const names = [...FIRST, ...objects.filter((name) => !FIRST.includes(name))];
  const others = Object.keys($defs).filter((name) => !objects.includes(name));
  return [
    "## The top of the file",
    "",
    ...tableOf(config, $defs),
    ...names.flatMap((name) => [
      "",
      `## ${name}`,
      "",
      $defs[name]!.description ?? "",
      "",
      ...tableOf($defs[name]!, $defs),
    ]),
    "",
    "## Values",
    "",
    "| name | written as | |",
    "| --- | --- | --- |",
    ...others.map((name) => {
      const definition = $defs[name]!;
      return `| ${name} | ${code(typeOf(definition))} | ${
        cell(definition.description ?? "")
      } |`;
    }),
  ].join("\n");
}

/** The keys of an object. */
function tableOf(
  { properties = {}, patternProperties = {}, required = [] }: JsonSchema,
  definitions: Readonly<Record<string, JsonSchema>>,
): string[] {
  const rows = Object.entries(properties).map(([name, member]) => {
    const { $ref, default: fallback } = member;
    const definition = $ref === undefined
      ? undefined
      : definitions[$ref.slice("#/$defs/".length)];
    const what = member.description ?? definition?.description ?? "";
    const note = required.includes(name) ? "required" : "";
    const shown = fallback === undefined ? note : code(String(fallback));
    return `| \`${name}\` | ${code(typeOf(member))} | ${shown} | ${
      cell(what)
    } |`;
  });
  for (const member of Object.values(patternProperties)) {
    const what = definitions[typeOf(member)]?.description ?? "";
    rows.unshift(`| others | ${code(typeOf(member))} | | ${cell(what)} |`);
  }
  return ["| key | value | default | |", "| --- | --- | --- | --- |", ...rows];
}

function code(text: string): string {
  return text.length > 100 ? "" : `\`${cell(text)}\``;
}

function cell(text: string): string {
  return text.replaceAll("|", "\\|");
}
