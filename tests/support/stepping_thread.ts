/**
 * A thread that stores responses, and halts before the step that it is told, until
 * it is told to go on. A step is a use of `Atomics`: what another thread can see of
 * the order of things.
 */

import type { SharedMemory } from "../../lib/cache/store/shared/shared_memory.ts";
import { SharedStore } from "../../lib/cache/store/shared/shared_store.ts";
import { bytesOf } from "../../lib/http/bytes.ts";
import { putUnder } from "./stored.ts";

/** Words of the memory by which such a thread is directed: each is counted up and notified. */
export const DIRECTION = { GoOn: 0, Halted: 1, Stored: 2 } as const;

/** What to store, and before which step to halt. */
export interface Order {
  readonly memory: SharedMemory;
  readonly direction: SharedArrayBuffer;
  readonly name: string;
  readonly hash: number;
  readonly length: number;
  readonly mark: number;
  readonly haltsBefore: number;
}

const scope = globalThis as unknown as {
  onmessage: (event: MessageEvent<Order>) => void;
};

const { add, load, notify, wait } = Atomics;

scope.onmessage = ({ data: order }) => {
  const { memory, direction, name, hash, haltsBefore } = order;
  const words = new Int32Array(direction);
  const store = new SharedStore(memory, 1);
  let steps = 0;
  const undo = onSteps(() => {
    if (steps++ !== haltsBefore) return;
    const turn = load(words, DIRECTION.GoOn);
    add(words, DIRECTION.Halted, 1);
    notify(words, DIRECTION.Halted);
    wait(words, DIRECTION.GoOn, turn);
  });
  putUnder(store, bytesOf(name), hash, { ...order, tags: [] });
  undo();
  add(words, DIRECTION.Stored, 1);
  add(words, DIRECTION.Halted, 1);
  notify(words, DIRECTION.Halted);
};

/**
 * Has this thread do something before each step that it takes.
 *
 * @param onWait Called before it waits for another thread.
 * @returns What ends that.
 */
export function onSteps(
  action: () => void,
  onWait: () => void = () => {},
): () => void {
  const { wait } = Atomics;
  const originals: Record<string, unknown> = { wait };
  Object.assign(Atomics, {
    wait(...operands: Parameters<typeof wait>): unknown {
      onWait();
      return wait(...operands);
    },
  });
  for (const name of ["add", "sub", "load", "store"] as const) {
    const original = Atomics[name] as (...operands: unknown[]) => unknown;
    originals[name] = original;
    Object.assign(Atomics, {
      [name]: (...operands: unknown[]): unknown => {
        action();
        return original(...operands);
      },
    });
  }
  return () => Object.assign(Atomics, originals);
}
