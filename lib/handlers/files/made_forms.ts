/**
 * Content codings of files in memory: each is made once, in the background, when it is
 * first asked for, and then kept beside the file.
 */

import { isEligible } from "../../coding/eligible.ts";
import { encode } from "../../coding/encoder.ts";
import type { Coding } from "../../coding/negotiate.ts";
import { acceptedCoding } from "../../coding/choose.ts";
import type { Exchange } from "../../exchange/exchange_state.ts";
import type { CodingPolicy } from "../../exchange/route.ts";
import { FIELD } from "../../http/field.ts";
import { FieldSection } from "../../http/section.ts";
import { CR } from "../../http/bytes.ts";
import type { FileMemory } from "./file_memory.ts";
import type { KeptFile } from "./kept_file.ts";

/** Bytes of the line ends after the status line. */
const CRLF_BYTES = 2;

/** See the module's comment. */
export class MadeForms {
  readonly #memory: FileMemory;
  /** The policy for which it is known whether a file may be encoded. */
  readonly #codable: WeakMap<KeptFile, readonly [CodingPolicy, boolean]> =
    new WeakMap();

  constructor(memory: FileMemory) {
    this.#memory = memory;
  }

  /** Begins to make what the client would rather have, if it is neither there nor on its way. */
  begin(x: Exchange, file: KeptFile): void {
    const { request: { fields }, route: { coding: policy }, site } = x;
    if (policy === undefined || !fields.has(FIELD.AcceptEncoding)) return;
    const { forms, tried, settledBytes } = file;
    if (settledBytes === undefined || fields.has(FIELD.Range)) return;
    const coding = acceptedCoding(fields, policy.offered);
    if (coding === undefined || tried.has(coding)) return;
    if (forms.codings.includes(coding) || !this.#isCodable(file, policy)) {
      return;
    }
    const lies = forms.hasNeighbours &&
      acceptedCoding(fields, forms.codings) !== undefined;
    if (lies) return; // one that has been made with more care
    if (!site.codingLoad.takesForms) return;
    tried.add(coding);
    site.codingLoad.enter(() =>
      this.#make(x.site.codingLoad.pace, file, settledBytes, coding, policy)
    );
  }

  #isCodable(file: KeptFile, policy: CodingPolicy): boolean {
    const known = this.#codable.get(file);
    if (known?.[0] === policy) return known[1];
    const { bytes, length } = file.head;
    const fields = new FieldSection();
    fields.begin(bytes.indexOf(CR) + CRLF_BYTES, Infinity, {
      fieldCountMax: Infinity,
    });
    fields.parse(bytes, bytes.length);
    const isCodable = isEligible(200, fields, length, policy);
    this.#codable.set(file, [policy, isCodable]);
    return isCodable;
  }

  /** Makes a form; never rejects. */
  async #make(
    pace: Exchange["site"]["codingLoad"]["pace"],
    file: KeptFile,
    bytes: Uint8Array,
    coding: Coding,
    policy: CodingPolicy,
  ): Promise<void> {
    try {
      const made = await encode(bytes, coding, { pace });
      if (made.length >= bytes.length) return;
      this.#memory.grow(file, () => file.addForm(coding, made, policy.offered));
    } catch {
      // The server stops, or the encoder fails: it is encoded as it is sent, which tells.
    }
  }
}
