/**
 * The request as the origin gets it, for the selection of a stored response.
 *
 * Most fields go on as they came, and are read where they came. What sluice removes,
 * replaces or adds is read from the head that it would send: written to memory when it
 * is first asked for, so that no second account of these rules exists.
 */

import type { ExtraKeyRequest } from "../cache/policy/extra_key.ts";
import { selectingValue } from "../cache/policy/vary.ts";
import { NOMINATES } from "../http/connection.ts";
import {
  CONDITIONAL,
  FIELD,
  FIELD_FLAGS,
  foldedName,
  FORWARDING,
  FRAMING,
  HOP_BY_HOP,
  REQUEST_DROP,
} from "../http/field.ts";
import { ByteWriter } from "../http/byte_writer.ts";
import { LF } from "../http/bytes.ts";
import { namedLines, namedText } from "../http/named_field.ts";
import type { RequestHead } from "../http/request_head.ts";
import { FieldSection } from "../http/section.ts";
import { codingAsked } from "./asked_coding.ts";
import { isRemoved, writeOriginRequest } from "./origin_request.ts";
import type {
  ClientView,
  ForwardingPlan,
  OriginRequestOptions,
} from "./forwarding.ts";

const HEAD_BYTES = 1024;
const HEAD_BYTES_KEPT_MAX = 64 * 1024;
const UNBOUNDED = { fieldCountMax: Infinity };
/** Of fields with these flags, the origin gets something else than what the client sent. */
const TREATED = HOP_BY_HOP | FRAMING | FORWARDING | REQUEST_DROP | CONDITIONAL;
/** So it is with these. */
const TREATED_TOO: ReadonlySet<number> = new Set([
  FIELD.Expect,
  FIELD.Host,
  FIELD.MaxForwards,
  FIELD.Odd,
  FIELD.Via,
]);

/** See the module's comment; reusable through {@linkcode SentRequest.begin}. */
export class SentRequest implements ExtraKeyRequest {
  #request!: RequestHead; // these four are set by begin(), before anything reads them
  #route!: OriginRequestOptions;
  #client!: ClientView;
  #plan!: ForwardingPlan;
  #addedLine = "";
  /** The folded names that rules of the route concern. */
  #ruled: ReadonlySet<string> = new Set();
  readonly #head = new ByteWriter(HEAD_BYTES);
  readonly #sent = new FieldSection();
  #isWritten = false;
  /** Values that have been asked for: many stored responses may ask for the same. */
  readonly #values = new Map<string, string | undefined>();
  /** By their folded names: the names of the lines that go on; undefined until they are asked for. */
  #names: Map<string, Set<string>> | undefined;

  /**
   * Stands for another request; nothing is done yet.
   *
   * @param addedLine As for `writeOriginRequest`.
   */
  begin(
    request: RequestHead,
    route: OriginRequestOptions,
    client: ClientView,
    plan: ForwardingPlan,
    addedLine = "",
  ): void {
    if (route !== this.#route) {
      this.#ruled = new Set(route.requestRules.map(({ folded }) => folded));
    }
    this.#request = request;
    this.#route = route;
    this.#client = client;
    this.#plan = plan;
    this.#addedLine = addedLine;
    this.#isWritten = false;
    this.#names = undefined;
    if (this.#values.size > 0) this.#values.clear();
  }

  get fields(): FieldSection {
    return this.#request.fields;
  }

  get isTrusted(): boolean {
    return this.#client.isTrusted;
  }

  isOwn(id: number, folded: string): boolean {
    return (this.#request.options & NOMINATES) === 0 &&
      (FIELD_FLAGS[id]! & TREATED) === 0 && !TREATED_TOO.has(id) &&
      !(this.#ruled.size > 0 && this.#ruled.has(folded));
  }

  isKept(index: number): boolean {
    return !isRemoved(this.#request, index, this.#route, this.#plan);
  }

  hasLookAlike(name: string, id: number, folded: string): boolean {
    if (id !== FIELD.Odd && !this.fields.has(FIELD.Odd)) return false;
    this.#names ??= this.#namesKept();
    const names = this.#names.get(folded);
    return names !== undefined && (names.size > 1 || !names.has(name));
  }

  #namesKept(): Map<string, Set<string>> {
    const { fields } = this;
    const kept = new Map<string, Set<string>>();
    for (let i = 0; i < fields.count; i++) {
      if (!this.isKept(i)) continue;
      const name = fields.nameText(i).toLowerCase();
      const folded = foldedName(name);
      const names = kept.get(folded);
      if (names === undefined) kept.set(folded, new Set([name]));
      else names.add(name);
    }
    return kept;
  }

  value(name: string, id: number): string | undefined {
    if (this.#values.has(name)) return this.#values.get(name);
    const value = selectingValue(this.text(name, id), name, id);
    this.#values.set(name, value);
    return value;
  }

  text(name: string, id: number): string | undefined {
    const isTreated = !this.isOwn(id, foldedName(name));
    if (isTreated) return namedText(this.#sentFields(), name);
    if (id === FIELD.AcceptEncoding && this.#plan.asksFewCodings) {
      return codingAsked(this.fields) ?? this.fields.text(id);
    }
    return namedText(this.fields, name);
  }

  lines(name: string, id: number): readonly string[] {
    const isTreated = !this.isOwn(id, foldedName(name));
    const fields = isTreated ? this.#sentFields() : this.fields;
    return namedLines(fields, name);
  }

  /** The fields of the head that the origin gets. */
  #sentFields(): FieldSection {
    if (this.#isWritten) return this.#sent;
    this.#isWritten = true;
    const head = this.#head;
    head.reset(HEAD_BYTES_KEPT_MAX);
    writeOriginRequest(
      head,
      this.#request,
      this.#route,
      this.#client,
      this.#plan,
      this.#addedLine,
    );
    const start = head.bytes.indexOf(LF) + 1; // behind the request line
    this.#sent.begin(start, Infinity, UNBOUNDED);
    if (!this.#sent.parse(head.bytes, head.length)) {
      throw new RangeError("A head that is sent has no end");
    }
    return this.#sent;
  }
}
