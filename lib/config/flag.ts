/** A flag of the command line, and the kinds of flags. */

/** One flag of the command line. */
export interface Flag<Value> {
  readonly group: string;
  /** What the value is, for the help text; empty for a switch. */
  readonly placeholder: string;
  /** The default as a user would type it; undefined if there is none. */
  readonly fallback: string | undefined;
  readonly repeatable: boolean;
  readonly help: string;
  /** Reads the texts given (for a switch: none or one `"true"`). */
  readonly read: (texts: readonly string[]) => Value;
}

/** The description of a flag with a value. */
export interface FlagText {
  readonly placeholder: string;
  readonly fallback?: string;
  readonly help: string;
}

/** A flag with a value: the last one given counts. */
export function one<Value>(
  group: string,
  { placeholder, fallback, help }: FlagText,
  parse: (text: string) => Value,
): Flag<Value> {
  return {
    group,
    placeholder,
    fallback,
    help,
    repeatable: false,
    // A wrapper puts its flags first and those of its user after them: the last one counts.
    read: (texts) => parse(texts.at(-1) ?? fallback ?? ""),
  };
}

/** A flag that may be given only once. */
export function single<Value>(
  group: string,
  text: FlagText,
  parse: (text: string) => Value,
  why: string,
): Flag<Value> {
  const flag = one(group, text, parse);
  return {
    ...flag,
    read(texts): Value {
      const [first, second] = texts;
      if (second === undefined) return flag.read(texts);
      throw new SyntaxError(`"${first}" and "${second}" are given: ${why}`);
    },
  };
}

/** A flag that may be given several times. */
export function many<Value>(
  group: string,
  { placeholder, fallback, help }: FlagText,
  parse: (text: string) => Value,
): Flag<Value[]> {
  return {
    group,
    placeholder,
    fallback,
    help,
    repeatable: true,
    read: (texts) =>
      (texts.length > 0 || fallback === undefined ? texts : [fallback]).map((
        text,
      ) => parse(text)),
  };
}

/** A flag without a value. */
export function onOff(group: string, help: string): Flag<boolean> {
  return {
    group,
    placeholder: "",
    fallback: undefined,
    help,
    repeatable: false,
    read: (texts) => texts.at(-1) === "true",
  };
}
