/**
 * The kinds of values that the schema is made of.
 *
 * A text is read by the same function as the value of a flag, so that a flag and a
 * file say the same of a wrong one. Each kind carries what the JSON Schema, the types
 * for editors and the reference page need: a name, a description, what is accepted.
 */

import * as z from "zod";
import { choice } from "../flag_values.ts";
import { type Elsewhere, unknownKey } from "./unknown_key.ts";

/** Any part of the schema. */
export type Schema = z.ZodType;

/** The most characters of a text, unless its kind says otherwise. */
const TEXT_LENGTH_MAX = 4096;
/** A wrong value is shown up to this length. */
const SHOWN_LENGTH_MAX = 60;

/** A value that is written as one text, or perhaps as a number. */
export interface TextKind {
  /** Its name in the JSON Schema and in the types, such as `Duration`. */
  readonly id?: string;
  /** What is accepted, in words: `a duration like 30s`. */
  readonly accepts: string;
  readonly description?: string;
  /** Throws a {@linkcode SyntaxError} if the text is none. */
  readonly read: (text: string) => unknown;
  /** Whether a bare number may be written too. */
  readonly takesNumbers?: boolean;
  readonly lengthMax?: number;
}

/** A value that is written as text, and read by a parser. */
export function text(kind: TextKind): Schema {
  const { id, description, lengthMax = TEXT_LENGTH_MAX } = kind;
  const error = (issue: { readonly input?: unknown }): string =>
    typeof issue.input === "number"
      ? mistakeOf(() => kind.read(String(issue.input))) ??
        expected(kind.accepts, issue)
      : expected(kind.accepts, issue);
  const base = kind.takesNumbers === true
    ? z.union([z.string({ error }), z.number({ error })], { error })
    : z.string({ error });
  return base.superRefine((value, context) => {
    const written = String(value);
    const message = written.length > lengthMax
      ? `is too long: at most ${lengthMax} characters`
      : mistakeOf(() => kind.read(written));
    if (message !== undefined) context.addIssue({ code: "custom", message });
  }).meta({
    ...(id === undefined ? {} : { id }),
    ...(description === undefined ? {} : { description }),
  });
}

/** What a parser says of a text; undefined if it takes it. */
export function mistakeOf(read: () => void): string | undefined {
  try {
    read();
    return undefined;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    return error.message;
  }
}

/** `expected a duration, not 5`; of what is not there, only what was expected. */
export function expected(
  accepts: string,
  { input }: { readonly input?: unknown },
): string {
  return input === undefined
    ? `is missing: expected ${accepts}`
    : `expected ${accepts}, not ${shown(input)}`;
}

/** A wrong value as it is shown in a message. */
function shown(value: unknown): string {
  if (Array.isArray(value)) return value.length === 0 ? "[]" : "a list";
  if (typeof value === "object" && value !== null) return "an object";
  const json = JSON.stringify(value) ?? String(value);
  return json.length <= SHOWN_LENGTH_MAX
    ? json
    : `${json.slice(0, SHOWN_LENGTH_MAX)}…`;
}

/** One of these words. */
export function words(...names: readonly [string, ...string[]]): Schema {
  const accepts = names.length === 1
    ? `"${names[0]}"`
    : `one of ${names.join(", ")}`;
  return z.enum(names as [string, ...string[]], {
    error: ({ input }) =>
      names.length > 1 && typeof input === "string" &&
        input.length <= SHOWN_LENGTH_MAX
        ? mistakeOf(() => choice(names)(input))!
        : expected(accepts, { input }),
  });
}

/** `true` or `false`. */
export function onOff(): Schema {
  return z.boolean({ error: (issue) => expected("true or false", issue) });
}

/** Only `true`. */
export function yes(): Schema {
  return z.literal(true, { error: (issue) => expected("true", issue) });
}

/** A whole number in a range. */
export function whole(accepts: string, min: number, max: number): Schema {
  const error = (issue: { readonly input?: unknown }): string =>
    expected(accepts, issue);
  return z.int({ error }).min(min, { error }).max(max, { error });
}

/** A list of at least one. */
export function list(item: Schema, accepts: string): Schema {
  return z.array(item, { error: (issue) => expected(accepts, issue) })
    .min(1, { error: () => `is empty: expected ${accepts}` });
}

/** One value, or a list of at least one. */
export function oneOrMore(item: Schema, accepts: string): Schema {
  return either(`${accepts}, or a list of them`, item, list(item, accepts));
}

/**
 * One of several forms, which differ by their type.
 *
 * @param accepts All forms in words, for a value that has the type of none.
 */
export function either(accepts: string, ...forms: readonly Schema[]): Schema {
  return z.union(forms, { error: (issue) => expected(accepts, issue) });
}

/** The members of an object by name. */
export type Members = Readonly<Record<string, Schema>>;

/** Says something about a member, and gives its default as a user would write it. */
export function about(
  description: string,
  schema: Schema,
  fallback?: string,
): Schema {
  return schema.optional().meta({
    description,
    ...(fallback === undefined ? {} : { default: fallback }),
  });
}

/** What an object is called, and what must be in it. */
export interface ObjectText {
  readonly id: string;
  readonly description?: string;
  /** Members that must be there. */
  readonly required?: readonly string[];
  /** What to say of keys that belong into another object. */
  readonly elsewhere?: Elsewhere;
  /** Looks at members together: yields what is wrong, with the member that it is about. */
  readonly check?: (value: Record<string, unknown>) => Iterable<Complaint>;
}

/** What is wrong with an object, and at which of its members; undefined for the whole. */
export interface Complaint {
  readonly at?: string;
  readonly message: string;
  /** Whether it is about the member's name. */
  readonly isName?: boolean;
}

/** An object with these members and no others. */
export function object(
  { id, description, required = [], elsewhere, check }: ObjectText,
  members: Members,
): Schema {
  const known = Object.keys(members);
  const shape = Object.fromEntries(
    Object.entries(members).map(([name, schema]) => [
      name,
      required.includes(name) && schema instanceof z.ZodOptional
        ? withMetaOf(schema)
        : schema,
    ]),
  );
  const schema = z.strictObject(shape, {
    // One line for each key: the reader of issues splits them again.
    error: (issue) =>
      issue.code === "unrecognized_keys"
        ? issue.keys.map((key) => unknownKey(key, known, elsewhere)).join("\n")
        : expected(`an object with ${listed(known)}`, issue),
  });
  return checked(schema, check).meta({
    id,
    ...(description === undefined ? {} : { description }),
  });
}

/** The same member without being optional. */
function withMetaOf(schema: z.ZodOptional): Schema {
  return (schema.unwrap() as Schema).meta(
    schema.meta() as Record<string, unknown>,
  );
}

/**
 * The schema with a look at its members together. It is taken even if one of them is
 * wrong, so that all mistakes are found at once: a check must not rely on types.
 */
function checked(schema: Schema, check: ObjectText["check"]): Schema {
  if (check === undefined) return schema;
  return schema.check(always(({ value, issues }) => {
    for (const { at, message, isName } of check(value)) {
      issues.push({
        code: "custom",
        message,
        path: at === undefined ? [] : [at],
        ...(isName === true ? { params: KEY } : {}),
        input: value,
      });
    }
  }));
}

/** An object that is being looked at, and what was found. */
interface Looked {
  readonly value: Record<string, unknown>;
  readonly issues: z.core.$ZodRawIssue[];
}

/** A check of objects that runs whatever was found before. */
function always<Value>(
  look: (looked: Looked) => void,
): z.core.$ZodCheck<Value> {
  const check = z.check<Value>(({ value, issues }) => {
    if (typeof value === "object" && value !== null && !Array.isArray(value)) {
      look({ value: value as Record<string, unknown>, issues });
    }
  });
  check._zod.def.when = () => true;
  return check;
}

/** The first names, so that a line stays a line. */
function listed(names: readonly string[]): string {
  const first = names.slice(0, 6).join(", ");
  return names.length > 6 ? `${first}, …` : first;
}

/** An object whose keys are chosen by the user. */
export function table(
  { id, description, accepts, key, check }: {
    readonly id?: string;
    readonly description?: string;
    /** What it maps from and to, in words. */
    readonly accepts: string;
    /** Throws a {@linkcode SyntaxError} if a key cannot be used. */
    readonly key: (text: string) => unknown;
    readonly check?: ObjectText["check"];
  },
  value: Schema,
): Schema {
  const schema = z.record(z.string(), value, {
    error: (issue) => expected(accepts, issue),
  });
  return checked(schema, function* (members): Iterable<Complaint> {
    for (const at of Object.keys(members)) {
      const message = mistakeOf(() => key(at));
      if (message !== undefined) yield { at, message, isName: true };
    }
    if (check !== undefined) yield* check(members);
  }).meta({
    ...(id === undefined ? {} : { id }),
    ...(description === undefined ? {} : { description }),
  });
}

/** Marks an issue that is about the name of a member, not about its value. */
export const KEY: { readonly isKey: true } = { isKey: true };

/** By object that also has keys of a pattern: the pattern and the name of the definition of their values. */
export const PATTERNS: WeakMap<
  object,
  { readonly pattern: string; readonly definition: string }
> = new WeakMap();

/** The members of an object that the user names. */
export interface OtherMembers {
  /** What they are, in words. */
  readonly says: string;
  /** Whether a key is meant to be one of them. */
  readonly isKey: (key: string) => boolean;
  /** Throws a {@linkcode SyntaxError} if it cannot be one. */
  readonly readKey: (key: string) => unknown;
  /** The same for the JSON Schema. */
  readonly pattern: string;
  /** The name under which the JSON Schema has their values. */
  readonly definition: string;
  readonly value: Schema;
}

/** An object with these members, and others whose names match a pattern. */
export function objectAnd(
  { id, description, elsewhere, check }: ObjectText,
  members: Members,
  others: OtherMembers,
): Schema {
  const known = [others.says, ...Object.keys(members)];
  const schema = z.looseObject(members, {
    error: (issue) => expected(`an object with ${listed(known)}`, issue),
  }).check(always(({ value, issues }) => {
    for (const [key, member] of Object.entries(value)) {
      if (!Object.hasOwn(members, key)) {
        issues.push(
          ...otherIssues(
            key,
            member,
            unknownKey(key, known, elsewhere),
            others,
          ),
        );
      }
    }
  }));
  const whole = checked(schema, check).meta({
    id,
    ...(description === undefined ? {} : { description }),
  });
  PATTERNS.set(whole, others);
  return whole;
}

function* otherIssues(
  key: string,
  member: unknown,
  unknown: string,
  { isKey, readKey, value }: OtherMembers,
): Iterable<z.core.$ZodRawIssue> {
  if (!isKey(key)) {
    yield {
      code: "unrecognized_keys",
      keys: [key],
      input: {},
      message: unknown,
    };
    return;
  }
  const message = mistakeOf(() => readKey(key));
  if (message !== undefined) {
    yield { code: "custom", message, path: [key], params: KEY, input: member };
  }
  for (const issue of value.safeParse(member).error?.issues ?? []) {
    yield { ...issue, path: [key, ...issue.path], input: member } as never;
  }
}
