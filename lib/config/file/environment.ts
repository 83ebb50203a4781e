/** `${NAME}` in texts: values of the environment. */

import type { Content, Node } from "./node.ts";
import { problemAt } from "./node.ts";
import type { Problem, ValuePath } from "./place.ts";

/**
 * Looks a variable up.
 *
 * @returns Undefined if it is not set.
 * @throws {Error} if it may not be read: its message says why.
 */
export type Environment = (name: string) => string | undefined;

/** `$${`, `${NAME}` or `${NAME:-default}`, or the beginning of something else. */
const REFERENCE = /\$\$\{|\$\{([A-Za-z_]\w*)(?::-([^{}]*))?\}|\$\{/g;

/** The same nodes with variables in the place of their names. */
export function substituteAll(
  node: Node,
  environment: Environment,
  problems: Problem[],
): Node {
  const visit = (node: Node, path: ValuePath): Node => {
    const content = substituted(node, path);
    return content === node.content ? node : { ...node, content };
  };
  const substituted = (node: Node, path: ValuePath): Content => {
    const { content } = node;
    switch (content.kind) {
      case "list":
        return {
          kind: "list",
          items: content.items.map((item, at) => visit(item, [...path, at])),
        };
      case "object":
        return {
          kind: "object",
          members: new Map(
            [...content.members].map((
              [name, member],
            ) => [name, visit(member, [...path, name])]),
          ),
        };
      case "scalar": {
        const { value } = content;
        if (typeof value !== "string" || !value.includes("${")) return content;
        const say = (message: string): void => {
          problems.push(problemAt(node, path, message));
        };
        return { kind: "scalar", value: substitute(value, environment, say) };
      }
    }
  };
  return visit(node, []);
}

function substitute(
  text: string,
  environment: Environment,
  say: (message: string) => void,
): string {
  return text.replace(REFERENCE, (
    whole: string,
    name: string | undefined,
    fallback: string | undefined,
  ) => {
    if (whole === "$${") return "${";
    if (name === undefined) {
      say(
        "${ is followed by a name and }, as in ${NAME} or ${NAME:-default}; a literal one is written $${",
      );
      return whole;
    }
    try {
      const value = environment(name);
      if (value !== undefined) return value;
    } catch (error) {
      say((error as Error).message);
      return whole;
    }
    if (fallback === undefined) {
      say(`the environment variable ${name} is not set`);
      return whole;
    }
    return fallback;
  });
}
