/** What a key holds of a query in which the order of parameters, or some of them, does not count (pure). */

import { hasOddBrackets, looseName } from "./parameter_name.ts";

/** What origins read in more than one way: `;` may part parameters, `%` without digits is anything. */
const AMBIGUOUS = /;|%(?![0-9A-Fa-f]{2})/;

/**
 * Sorts the parameters of a query by their names. Those of one name keep their
 * order, which means something: many origins take the first, or the last, or a list.
 * A query that cannot be split without doubt stays as it came.
 */
export function sortedQuery(query: string): string {
  const parameters = parametersOf(query);
  if (parameters === undefined) return query;
  return parameters
    .map((text) => ({ text, name: looseName(nameOf(text)) }))
    .sort((a, b) => a.name < b.name ? -1 : a.name > b.name ? 1 : 0)
    .map(({ text }) => text)
    .join("&");
}

/**
 * The parameters with certain names, in their order. A query that cannot be split
 * without doubt stays as it came, and so does a parameter that some origin may read
 * as one of them.
 *
 * @param names As `looseName` makes them.
 */
export function queryOf(query: string, names: ReadonlySet<string>): string {
  const parameters = parametersOf(query);
  if (parameters === undefined) return query;
  return parameters
    .filter((text) => names.has(looseName(nameOf(text))))
    .join("&");
}

/** Undefined if origins read the query in more than one way. */
function parametersOf(query: string): string[] | undefined {
  if (AMBIGUOUS.test(query)) return undefined;
  const parameters = query.split("&");
  return parameters.some((text) => hasOddBrackets(nameOf(text)))
    ? undefined
    : parameters;
}

function nameOf(parameter: string): string {
  const at = parameter.indexOf("=");
  return at < 0 ? parameter : parameter.slice(0, at);
}
