/**
 * Deadlines on a coarse timer wheel: one timer for all of them, none per request.
 *
 * Setting a deadline later than before is one store: an entry is checked when its slot
 * comes round, and moved on if its time has not come. Setting it earlier moves it
 * between two lists. A deadline fires up to two ticks late, never early.
 *
 * A deadline is for what a peer does. While the event loop stands still (a busy machine,
 * a suspended process), nobody looks at what peers have sent, and that time is not
 * theirs: a standstill counts as {@linkcode STANDSTILL_MS} at most.
 */

import type { Clock } from "./clock.ts";

/** Length of a tick in ms: how late a deadline may be noticed. */
export const TICK_MS = 50;
/**
 * What counts of a time in which the wheel could not tick. Not nothing: on a machine
 * that is busy all the time, deadlines are met later, but they are met. A deadline that
 * is set before the wheel knows of the standstill may be this much early.
 */
export const STANDSTILL_MS = 200;
/** Slots of the wheel; a deadline further away than all of them is checked in between. */
const SLOT_COUNT = 512;

/** Is notified that its deadline has passed. */
export interface DeadlineOwner {
  onDeadline(): void;
}

/** One entry of a wheel: at most one deadline at a time. */
export class Deadline {
  /** When it is due, in the wheel's own time; Infinity if it is not set. */
  dueMs = Infinity;
  /** The wheel's own: the tick that looks at the entry, and its neighbours in that slot. */
  tick = 0;
  next: Deadline | undefined = undefined;
  previous: Deadline | undefined = undefined;
  readonly owner: DeadlineOwner | undefined;
  readonly #wheel: DeadlineWheel;

  constructor(wheel: DeadlineWheel, owner?: DeadlineOwner) {
    this.#wheel = wheel;
    this.owner = owner;
  }

  /** Sets the deadline `afterMs` from now, in place of the one before; 0 clears it. */
  set(afterMs: number): void {
    if (afterMs === 0) this.dueMs = Infinity;
    else this.#wheel.schedule(this, afterMs);
  }

  /** Clears the deadline. */
  clear(): void {
    this.dueMs = Infinity;
  }

  /** Clears the deadline and leaves the wheel: the entry may be collected, the wheel may stop. */
  dispose(): void {
    this.dueMs = Infinity;
    this.#wheel.remove(this);
  }
}

/** The wheel; it ticks only while there is an entry. */
export class DeadlineWheel {
  /** The wheel that holds the deadlines. */
  readonly clock: Clock;
  /** By slot: the last entry added. */
  readonly #slots: (Deadline | undefined)[] = new Array(SLOT_COUNT).fill(
    undefined,
  );
  #count = 0;
  #tick = 0;
  #nowMs = 0;
  /** How much of the clock's time does not count: the wheel's own time is behind by that. */
  #lostMs = 0;
  #stop: (() => void) | undefined = undefined;

  constructor(clock: Clock) {
    this.clock = clock;
  }

  /** Coarse time in ms on a clock that never goes back, up to a tick behind. */
  now(): number {
    if (this.#stop === undefined) this.#nowMs = this.clock.monotonic();
    return this.#nowMs;
  }

  /** Sets `deadline` to `afterMs` from now. */
  schedule(deadline: Deadline, afterMs: number): void {
    const dueMs = this.now() - this.#lostMs + afterMs;
    deadline.dueMs = dueMs;
    if (deadline.previous === undefined) {
      if (this.#stop === undefined) this.#start();
      this.#insert(deadline, dueMs);
    } else if (dueMs < deadline.tick * TICK_MS) {
      this.#unlink(deadline);
      this.#insert(deadline, dueMs);
    }
  }

  /** Takes `deadline` off the wheel. */
  remove(deadline: Deadline): void {
    if (deadline.previous === undefined) return;
    this.#unlink(deadline);
    if (this.#count === 0) this.#halt();
  }

  #start(): void {
    this.#tick = Math.floor((this.#nowMs - this.#lostMs) / TICK_MS);
    this.#stop = this.clock.every(TICK_MS, () => this.#advance());
  }

  #halt(): void {
    this.#stop?.();
    this.#stop = undefined;
  }

  #insert(deadline: Deadline, dueMs: number): void {
    const dueTick = Math.ceil(dueMs / TICK_MS);
    const tick = Math.min(
      Math.max(dueTick, this.#tick + 1),
      this.#tick + SLOT_COUNT - 1,
    );
    const slot = tick % SLOT_COUNT;
    const last = this.#slots[slot];
    deadline.tick = tick;
    deadline.next = last;
    deadline.previous = deadline; // itself: linked, and first of its slot
    if (last !== undefined) last.previous = deadline;
    this.#slots[slot] = deadline;
    this.#count++;
  }

  #unlink(deadline: Deadline): void {
    const { next, previous } = deadline;
    if (previous === deadline) this.#slots[deadline.tick % SLOT_COUNT] = next;
    else previous!.next = next;
    if (next !== undefined) {
      next.previous = previous === deadline ? next : previous;
    }
    deadline.next = deadline.previous = undefined;
    this.#count--;
  }

  #advance(): void {
    const before = this.#nowMs;
    this.#nowMs = this.clock.monotonic();
    this.#lostMs += Math.max(0, this.#nowMs - before - STANDSTILL_MS);
    const nowMs = this.#nowMs - this.#lostMs;
    const until = Math.floor(nowMs / TICK_MS);
    const due: Deadline[] = [];
    while (this.#tick < until) this.#collect(++this.#tick, nowMs, due);
    for (const deadline of due) {
      if (deadline.dueMs > nowMs) continue; // set anew by an owner called before it
      deadline.dueMs = Infinity;
      deadline.owner?.onDeadline();
    }
    if (this.#count === 0) this.#halt();
  }

  #collect(tick: number, nowMs: number, due: Deadline[]): void {
    let deadline = this.#slots[tick % SLOT_COUNT];
    while (deadline !== undefined) {
      const { next } = deadline;
      this.#unlink(deadline);
      if (deadline.dueMs <= nowMs) due.push(deadline);
      else if (deadline.dueMs !== Infinity) {
        this.#insert(deadline, deadline.dueMs);
      }
      deadline = next;
    }
  }
}

/**
 * Waits for something to end, but not for long.
 *
 * @param withinMs How long, in ms; 0 for no limit.
 * @returns Whether it has ended.
 */
export async function endsWithin(
  end: Promise<void>,
  withinMs: number,
  wheel: DeadlineWheel,
): Promise<boolean> {
  let isLate = false;
  const late = Promise.withResolvers<void>();
  const deadline = new Deadline(wheel, {
    onDeadline(): void {
      isLate = true;
      late.resolve();
    },
  });
  deadline.set(withinMs);
  await Promise.race([end, late.promise]);
  deadline.dispose();
  return !isLate;
}
