/** Which servers a request may go to (pure). */

/** The state of a server. */
export interface Standing {
  /** Whether it serves only when no other can. */
  readonly isBackup: boolean;
  /** Whether it gets no new requests. */
  readonly isDraining: boolean;
  /** Whether it is out of use, by the operator's word. */
  readonly isDown?: boolean;
  /** Whether probes or failed requests have put it out. */
  readonly isOut: boolean;
}

/** The servers that may be asked, and whether one of them is worth another try. */
export interface Eligible<T> {
  /** At least one, if there is any that is in use. */
  readonly servers: readonly T[];
  /** Whether none of them has been tried. */
  readonly isUntried: boolean;
}

/**
 * The servers that a request may go to: those that are in; backups if none of these is
 * left; those that have failed this very request if there is nobody else. If all are
 * out, they are as good as each other, and all are asked (the panic rule).
 *
 * @param tried Those that have failed this request.
 */
export function eligible<T extends Standing>(
  servers: readonly T[],
  tried: ReadonlySet<T>,
): Eligible<T> {
  const used = servers.filter(({ isDown }) => isDown !== true);
  const present = used.filter(({ isDraining }) => !isDraining);
  const inService = present.filter(({ isOut }) => !isOut);
  const wanted = inService.length > 0
    ? inService
    : present.length > 0
    ? present
    : used;
  const fresh = tried.size === 0
    ? wanted
    : wanted.filter((server) => !tried.has(server));
  const isUntried = fresh.length > 0;
  const left = isUntried ? fresh : wanted;
  const primary = left.filter(({ isBackup }) => !isBackup);
  return { servers: primary.length > 0 ? primary : left, isUntried };
}

/** How much less a server gets at the beginning of its slow start. */
const START_FRACTION = 0.1;

/**
 * The part of its weight that a server has which is back since a while: it grows
 * steadily, so that cold caches and pools do not get everything at once.
 *
 * @param sinceMs How long it has been back.
 * @param slowStartMs How long it takes to its whole weight; 0 for none.
 */
export function startFraction(sinceMs: number, slowStartMs: number): number {
  if (sinceMs >= slowStartMs || sinceMs < 0) return 1;
  return Math.max(START_FRACTION, sinceMs / slowStartMs);
}
