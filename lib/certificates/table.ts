/** The certificates that a server has, ready to be chosen from by name. */

import type { ServedCertificate, TlsTerms } from "../client/opening.ts";
import { coversName } from "../net/certificate_names.ts";
import { createTlsContext, type TlsContext } from "../net/tls_engine.ts";
import {
  type CertificateFacts,
  type CertificateText,
  readCertificate,
} from "./certificate.ts";
import { NameTable } from "./names.ts";

/** What TLS goes by: plain data. */
export interface TlsOptions {
  /** The first is the default. */
  readonly certificates: readonly CertificateText[];
  /** What a client gets if it asks for a name that no certificate has: the default, or nothing. */
  readonly unknown: "default" | "refuse";
  /** Whether clients must know TLS 1.3. */
  readonly needsTls13: boolean;
}

/** A certificate, ready. */
interface Ready extends ServedCertificate {
  readonly text: CertificateText;
  readonly facts: CertificateFacts;
}

/** See the module's comment. */
export class CertificateTable implements TlsTerms {
  readonly needsTls13: boolean;
  readonly #ready: readonly Ready[];
  readonly #byName = new NameTable<Ready>();
  readonly #refusesUnknown: boolean;

  /**
   * @param before Those that were in use: what stays need not be made ready again.
   * @throws {SyntaxError} A line for the operator: one of them is no good.
   */
  constructor(
    { certificates, unknown, needsTls13 }: TlsOptions,
    before?: CertificateTable,
  ) {
    this.needsTls13 = needsTls13;
    this.#refusesUnknown = unknown === "refuse";
    const old = before === undefined ? [] : before.#ready;
    const known = new Map(old.map((ready) => [identityOf(ready.text), ready]));
    this.#ready = certificates.map((text) =>
      known.get(identityOf(text)) ?? makeReady(text)
    );
    for (const ready of this.#ready) {
      this.#byName.add(ready.facts.names, ready);
    }
  }

  choose(serverName: string): ServedCertificate | undefined {
    const found = this.#byName.find(serverName);
    if (found !== undefined) return found;
    // Who sends no name asks for none that could be unknown.
    const isRefused = this.#refusesUnknown && serverName !== "";
    return isRefused ? undefined : this.#ready[0];
  }
}

function identityOf({ cert, key }: CertificateText): string {
  return cert + key;
}

function makeReady(text: CertificateText): Ready {
  let facts: CertificateFacts;
  let context: TlsContext;
  try {
    facts = readCertificate(text);
    context = createTlsContext(text.cert, text.key);
  } catch (error) {
    throw new SyntaxError(`${text.source}: ${(error as Error).message}`, {
      cause: error,
    });
  }
  const { names } = facts;
  return { text, facts, context, covers: (name) => coversName(names, name) };
}
