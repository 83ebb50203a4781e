/**
 * The JSON Schema of the configuration file (draft 2020-12), for editors; and what
 * the types and the reference page are made of.
 */

import * as z from "zod";
import { CONFIG } from "./config_schema.ts";
import { PATTERNS } from "./kinds.ts";
import { ROUTES } from "./routes.ts";

/** A JSON Schema, as far as ours goes. */
export interface JsonSchema {
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, JsonSchema>>;
  readonly type?: string;
  readonly description?: string;
  readonly default?: unknown;
  readonly const?: unknown;
  readonly enum?: readonly unknown[];
  readonly anyOf?: readonly JsonSchema[];
  readonly items?: JsonSchema;
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly patternProperties?: Readonly<Record<string, JsonSchema>>;
  readonly additionalProperties?: JsonSchema | false;
  readonly required?: readonly string[];
}

/** The JSON Schema. */
export function jsonSchema(): JsonSchema {
  // What stands only behind a pattern of keys is named here, so that it is defined too.
  const everything = z.strictObject({ config: CONFIG, routes: ROUTES });
  const { $defs = {}, $schema } = z.toJSONSchema(everything, {
    io: "input",
    override({ zodSchema, jsonSchema }): void {
      const also = PATTERNS.get(zodSchema);
      if (also !== undefined) {
        jsonSchema.patternProperties = {
          [also.pattern]: { $ref: `#/$defs/${also.definition}` },
        };
        jsonSchema.additionalProperties = false;
      }
      // A default is written as text: here it has its own type.
      const { type, default: fallback } = jsonSchema;
      if (type === "boolean" || type === "integer") {
        if (typeof fallback === "string") {
          jsonSchema.default = JSON.parse(fallback);
        }
      }
      // Only what an editor can check with ease: patterns of names are checked by sluice.
      delete jsonSchema.propertyNames;
    },
  }) as { $schema?: string; $defs?: Record<string, JsonSchema> };
  const { Config: config, ...others } = $defs;
  return {
    ...($schema === undefined ? {} : { $schema }),
    title: "The configuration of sluice",
    ...config,
    $defs: others,
  } as JsonSchema;
}
