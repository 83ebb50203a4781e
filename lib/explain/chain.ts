/** The chain of decisions about one request, as it grows. */

import type { Exchange } from "../exchange/exchange_state.ts";
import type { HttpError } from "../http/error.ts";
import {
  type Explanation,
  refused,
  type Result,
  type Step,
  type StepName,
} from "./explanation.ts";
import type { Question } from "./question.ts";

/** See the module's comment. */
export class Chain {
  /** The step that is being taken: where the chain ends, if it does. */
  at: StepName = "request";
  result: Result = "refused";
  status: number | null = null;
  reason = "";
  cacheStatus = "";
  readonly #question: Question;
  readonly #steps: Step[] = [];

  constructor(question: Question) {
    this.#question = question;
  }

  add(...steps: readonly Step[]): void {
    this.#steps.push(...steps);
  }

  /** The request is refused where the chain stands. */
  refuse(error: HttpError, x: Exchange): void {
    const hasPage = x.route.errorPages?.has(error.status) === true;
    // The router has said so already, by the table's reason.
    const isTold = this.#steps.at(-1)?.facts.status === error.status;
    const page = { page: hasPage || undefined };
    if (!isTold) this.add(refused(this.at, error, page));
    this.result = "refused";
    this.status = error.status || null;
    this.reason = error.code;
  }

  get explanation(): Explanation {
    const { method, url, client } = this.#question;
    const { result, status, reason, cacheStatus } = this;
    const request = { method, url, client };
    return { request, result, status, reason, cacheStatus, steps: this.#steps };
  }
}
