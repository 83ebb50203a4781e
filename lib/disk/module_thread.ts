/** A thread that evaluates one configuration module, and tells what it exports. */

import { formatPath } from "../config/file/place.ts";
import { readValue } from "../config/file/plain_value.ts";
import type { FromModule, ToModule } from "./module_messages.ts";

/** The part of a worker's global scope that is needed here: the type checker knows the main thread's only. */
interface ThreadScope {
  postMessage(message: FromModule): void;
  onmessage: (event: MessageEvent<ToModule>) => void;
}

const scope = globalThis as unknown as ThreadScope;

scope.onmessage = async ({ data }): Promise<void> => {
  const send = scope.postMessage.bind(scope); // as it was before the module ran
  send(await answer(data.specifier));
};

async function answer(specifier: string): Promise<FromModule> {
  try {
    const exported = await import(specifier) as { readonly default?: unknown };
    const value = exported.default;
    if (value === undefined) {
      return failed("it has no default export: write export default { … }");
    }
    const source = { name: "", folder: "", text: undefined };
    const [problem] = readValue(source, value).problems;
    return problem === undefined ? { kind: "value", value } : failed(
      [formatPath(problem.path), problem.message].filter((part) => part !== "")
        .join(": "),
    );
  } catch (error) {
    if (!(error instanceof Error)) return failed(`it threw ${shown(error)}`);
    const { stack, message } = error;
    return failed(stack?.includes(message) ? stack : String(error));
  }
}

/** What was thrown that is no error; what cannot be shown has no say in it. */
function shown(thrown: unknown): string {
  try {
    return String(thrown);
  } catch {
    return "something that is no error";
  }
}

function failed(message: string): FromModule {
  return { kind: "failed", message };
}
