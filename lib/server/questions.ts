/**
 * What the main thread asks a worker that has a whole site, and how it waits for the
 * answer: each question has an id, a deadline, and there are only so many at a time.
 */

import { UnavailableError } from "../admin/administered.ts";
import type { Proofs } from "../proxy/phases.ts";
import type { FleetPurge } from "../cache/fleet/purge_text.ts";
import type { PurgeOrder } from "../handlers/cache/purge_order.ts";
import type { Explanation } from "../explain/explanation.ts";
import type { Question as ExplainedRequest } from "../explain/question.ts";
import type { Clock } from "../net/clock.ts";

/** By kind: what is asked, and what is answered. All of it can be posted to a thread. */
export interface Questions {
  /** To show these proofs from now on, and no others. */
  readonly proofs: { readonly asked: Proofs; readonly answer: null };
  /** To have every route in maintenance from now on, or to end that. */
  readonly maintenance: { readonly asked: boolean; readonly answer: null };
  /** To carry out a purge, for all workers; how many stored responses it has hit. */
  readonly purge: { readonly asked: PurgeOrder; readonly answer: number };
  /** To carry out purges that the fleet has told this node of, for all workers. */
  readonly fleet: {
    readonly asked: readonly FleetPurge[];
    readonly answer: null;
  };
  /** What becomes of a request, and why. */
  readonly explain: {
    readonly asked: ExplainedRequest;
    readonly answer: Explanation;
  };
}

/** A question of any kind. */
export type Question = {
  readonly [Kind in keyof Questions]: {
    readonly kind: Kind;
    readonly asked: Questions[Kind]["asked"];
  };
}[keyof Questions];

/** What was answered, or why there is no answer. */
export type Answer =
  | { readonly answer: unknown }
  | { readonly failure: string };

/** Somebody who answers questions. */
export interface Asked {
  /** @throws {UnavailableError} if nobody can answer now. */
  ask<Kind extends keyof Questions>(
    kind: Kind,
    asked: Questions[Kind]["asked"],
  ): Promise<Questions[Kind]["answer"]>;
}

/** Questions without an answer, of all workers. */
const WAITING_MAX = 64;
/** For an answer, in ms. */
const ANSWER_MS = 10_000;

interface Waiting {
  /** Whom it was put to. */
  readonly worker: number;
  readonly settle: (answer: Answer) => void;
}

/** The questions of the main thread that wait for their answers. */
export class OpenQuestions {
  readonly #clock: Clock;
  readonly #waiting = new Map<number, Waiting>();
  #lastId = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  /**
   * Puts a question to a worker.
   *
   * @param post Sends it, with its id.
   * @throws {UnavailableError} if there is no answer in time, or will be none.
   */
  async put(worker: number, post: (id: number) => void): Promise<unknown> {
    if (this.#waiting.size >= WAITING_MAX) {
      throw new UnavailableError(
        `${WAITING_MAX} questions wait for the workers already`,
      );
    }
    const id = ++this.#lastId;
    const { promise, resolve } = Promise.withResolvers<Answer>();
    const cancel = this.#clock.after(
      ANSWER_MS,
      () => resolve({ failure: "the worker did not answer in time" }),
    );
    this.#waiting.set(id, { worker, settle: resolve });
    post(id);
    const answer = await promise;
    cancel();
    this.#waiting.delete(id);
    if ("failure" in answer) throw new UnavailableError(answer.failure);
    return answer.answer;
  }

  /** A worker has answered; an answer that nobody waits for any more is dropped. */
  answered(id: number, answer: Answer): void {
    this.#waiting.get(id)?.settle(answer);
  }

  /** A worker has gone, or, without a number, all of them: none will answer. */
  forget(worker?: number): void {
    for (const waiting of this.#waiting.values()) {
      if (worker === undefined || waiting.worker === worker) {
        waiting.settle({ failure: "the worker has stopped" });
      }
    }
  }
}
