/**
 * Holds a configuration against the schema, and says what is wrong with it: every
 * mistake, each with its place.
 *
 * Only this file, and what makes documents of the schema, load the schema: a program
 * without a configuration file starts without it.
 */

import type * as z from "zod";
import { nearestNode, type Node, nodeAt, plainOf, problemAt } from "./node.ts";
import type { Problem, ValuePath } from "./place.ts";

type Issue = z.core.$ZodIssue;

/** What is wrong with a configuration; none if it is as the schema says. */
export async function validate(root: Node): Promise<Problem[]> {
  const { CONFIG } = await import("../schema/config_schema.ts");
  const { error } = CONFIG.safeParse(plainOf(root));
  return (error?.issues ?? []).flatMap((issue) => problemsOf(root, issue, []));
}

/** The problems that an issue stands for. */
function problemsOf(root: Node, issue: Issue, above: ValuePath): Problem[] {
  const path = [...above, ...issue.path as ValuePath];
  switch (issue.code) {
    case "unrecognized_keys": {
      const messages = issue.message.split("\n");
      return issue.keys.map((key, at) =>
        problem(root, [...path, key], messages[at]!, "name")
      );
    }
    case "invalid_union": {
      const chosen = chosenForm(issue.errors);
      return chosen === undefined
        ? [problem(root, path, issue.message, "value")]
        : chosen.flatMap((inner) => problemsOf(root, inner, path));
    }
    case "invalid_key":
      return issue.issues.map((inner) =>
        problem(root, path, inner.message, "name")
      );
    default: {
      const isName = issue.code === "custom" && issue.params?.isKey === true;
      return [problem(root, path, issue.message, isName ? "name" : "value")];
    }
  }
}

/**
 * The issues of the form that was probably meant: the one whose type the value has, and
 * of several the one whose keys are misspelled in it; or the one that has more to say
 * than what it expects.
 *
 * @returns Undefined if there is none.
 */
function chosenForm(
  forms: readonly (readonly Issue[])[],
): readonly Issue[] | undefined {
  const meant = forms.filter((issues) => !issues.some(isOfOtherType));
  const byDepth = meant.toSorted((a, b) => depthOf(b) - depthOf(a));
  return byDepth.find((issues) => issues.some(isMisspelled)) ?? byDepth[0] ??
    forms.find((issues) => issues.some(isSpecific));
}

/** Whether an issue says of the whole value what was probably meant, such as the unit of a number. */
function isSpecific({ code, path, message }: Issue): boolean {
  return path.length === 0 && code !== "invalid_union" &&
    !/^(?:expected |is missing)/.test(message);
}

/** Whether an issue says that the whole value has another type. */
function isOfOtherType(issue: Issue): boolean {
  if (issue.path.length > 0) return false;
  switch (issue.code) {
    case "invalid_type":
    case "invalid_value":
      return true;
    case "invalid_union":
      return chosenForm(issue.errors) === undefined;
    default:
      return false;
  }
}

/** Whether an issue, or one of the forms that it is about, knows what a key was meant to be. */
function isMisspelled(issue: Issue): boolean {
  return issue.code === "unrecognized_keys"
    ? /; did you mean /.test(issue.message)
    : issue.code === "invalid_union" &&
      issue.errors.some((issues) => issues.some(isMisspelled));
}

/** How far into the value the issues of a form lead: the form that goes further was meant. */
function depthOf(issues: readonly Issue[]): number {
  return Math.max(...issues.map((issue) => issue.path.length));
}

function problem(
  root: Node,
  path: ValuePath,
  message: string,
  what: "value" | "name",
): Problem {
  const node = nodeAt(root, path);
  if (node !== undefined) return problemAt(node, path, message, what);
  const nearest = nearestNode(root, path); // of what is missing, the object that lacks it
  return problemAt(nearest.node, path, message);
}
