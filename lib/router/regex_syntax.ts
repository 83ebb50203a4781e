/** Reads regular expressions as a tree: a part of their syntax, and nothing in a wrong way (pure). */

/** A set of characters: one bit for each below U+0100, and one for all others. */
export type CharacterSet = bigint;

const OTHER = 256;
/** Every character. */
export const ALL: CharacterSet = (1n << BigInt(OTHER + 1)) - 1n;

/** A part of a regular expression. */
export type Node =
  | { readonly kind: "set"; readonly set: CharacterSet }
  | { readonly kind: "sequence"; readonly nodes: readonly Node[] }
  | { readonly kind: "choice"; readonly nodes: readonly Node[] }
  | {
    readonly kind: "repeat";
    readonly node: Node;
    readonly min: number;
    readonly max: number;
  }
  | { readonly kind: "start" }
  | { readonly kind: "assertion" };

function bit(code: number): CharacterSet {
  return 1n << BigInt(Math.min(code, OTHER));
}

function range(from: number, to: number): CharacterSet {
  let set = 0n;
  for (let code = from; code <= Math.min(to, OTHER); code++) set |= bit(code);
  return set;
}

function setOf(test: RegExp): CharacterSet {
  let set = 0n;
  for (let code = 0; code < OTHER; code++) {
    if (test.test(String.fromCharCode(code))) set |= bit(code);
  }
  return set;
}

const CLASSES: Readonly<Record<string, CharacterSet>> = {
  d: setOf(/\d/),
  w: setOf(/\w/),
  s: setOf(/\s/) | bit(OTHER),
  D: ALL & ~setOf(/\d/),
  W: ALL & ~setOf(/\w/),
  S: ALL & ~setOf(/\s/),
};
const CONTROLS: Readonly<Record<string, number>> = {
  t: 9,
  n: 10,
  v: 11,
  f: 12,
  r: 13,
  0: 0,
};

/** Reads one regular expression; throws a SyntaxError on syntax that it does not know. */
export class Parser {
  readonly #source: string;
  readonly #isCaseless: boolean;
  #at = 0;

  /** Takes what a `RegExp` has. */
  constructor(source: string, flags: string) {
    if (/[muv]/.test(flags)) throw new SyntaxError(`Flags ${flags}`);
    this.#source = source;
    this.#isCaseless = flags.includes("i");
  }

  /** The whole as a tree. */
  parse(): Node {
    const node = this.#choice();
    if (this.#at < this.#source.length) this.#fail();
    return node;
  }

  #fail(): never {
    throw new SyntaxError(`Cannot read /${this.#source}/ at ${this.#at}`);
  }

  #takes(text: string): boolean {
    if (!this.#source.startsWith(text, this.#at)) return false;
    this.#at += text.length;
    return true;
  }

  #choice(): Node {
    const nodes = [this.#sequence()];
    while (this.#takes("|")) nodes.push(this.#sequence());
    return nodes.length === 1 ? nodes[0]! : { kind: "choice", nodes };
  }

  #sequence(): Node {
    const nodes: Node[] = [];
    while (this.#at < this.#source.length) {
      if ("|)".includes(this.#source[this.#at]!)) break;
      nodes.push(this.#repeated(this.#atom()));
    }
    return { kind: "sequence", nodes };
  }

  #repeated(node: Node): Node {
    const match = /^(?:([*+?])|\{(\d+)(?:(,)(\d*))?\})\??/.exec(
      this.#source.slice(this.#at),
    );
    if (match === null) return node;
    this.#at += match[0].length;
    const [, sign, least, comma, most] = match;
    if (sign !== undefined) {
      const min = sign === "+" ? 1 : 0;
      return { kind: "repeat", node, min, max: sign === "?" ? 1 : Infinity };
    }
    const min = Number(least);
    const max = comma === undefined
      ? min
      : most === ""
      ? Infinity
      : Number(most);
    return { kind: "repeat", node, min, max };
  }

  #atom(): Node {
    if (this.#takes("^")) return { kind: "start" };
    if (this.#takes("$")) return { kind: "assertion" };
    if (this.#takes("\\b")) return { kind: "assertion" };
    if (/^\((?:\?<?[=!])/.test(this.#source.slice(this.#at))) {
      return this.#lookaround();
    }
    if (this.#takes("(")) {
      const group = /^\?(?::|<\w+>)/.exec(this.#source.slice(this.#at));
      this.#at += group?.[0].length ?? 0;
      const node = this.#choice();
      if (!this.#takes(")")) this.#fail();
      return node;
    }
    return { kind: "set", set: this.#folded(this.#set()) };
  }

  #lookaround(): Node {
    this.#at += this.#source[this.#at + 2] === "<" ? 4 : 3;
    const from = this.#at;
    this.#choice();
    // It is tried wherever the engine comes by: without repetition it is a step.
    if (/[^\\][*+]/.test(this.#source.slice(from, this.#at))) this.#fail();
    if (!this.#takes(")")) this.#fail();
    return { kind: "assertion" };
  }

  #set(): CharacterSet {
    if (this.#takes("[")) return this.#class();
    if (this.#takes(".")) return ALL & ~(bit(10) | bit(13));
    if (this.#takes("\\")) return this.#escape();
    const character = this.#source[this.#at++]!;
    if ("*+?{}".includes(character)) this.#fail();
    return bit(character.charCodeAt(0));
  }

  #escape(): CharacterSet {
    const character = this.#source[this.#at++]!;
    const hex = /^(?:x([\da-f]{2})|u([\da-f]{4}))/i.exec(
      this.#source.slice(this.#at - 1),
    );
    if (hex !== null) {
      this.#at += hex[0].length - 1;
      return bit(parseInt(hex[1] ?? hex[2]!, 16));
    }
    // A backreference, or what would be read as the letter itself.
    if (
      !(character in CLASSES || character in CONTROLS) && /\w/.test(character)
    ) {
      this.#fail();
    }
    return CLASSES[character] ??
      bit(CONTROLS[character] ?? character.charCodeAt(0));
  }

  #class(): CharacterSet {
    const isNegated = this.#takes("^");
    let set = 0n;
    while (!this.#takes("]")) {
      const from = this.#member();
      const isRange = this.#source[this.#at] === "-" &&
        this.#source[this.#at + 1] !== "]";
      if (!isRange) {
        set |= from;
        continue;
      }
      this.#at++;
      set |= range(lowest(from), lowest(this.#member()));
    }
    return isNegated ? ALL & ~set : set;
  }

  #member(): CharacterSet {
    if (this.#at >= this.#source.length) this.#fail();
    return this.#takes("\\")
      ? this.#escape()
      : bit(this.#source[this.#at++]!.charCodeAt(0));
  }

  #folded(set: CharacterSet): CharacterSet {
    if (!this.#isCaseless) return set;
    let folded = set;
    for (let upper = 0x41; upper <= 0x5a; upper++) {
      const both = bit(upper) | bit(upper + 0x20);
      if ((set & both) !== 0n) folded |= both;
    }
    return folded;
  }
}

function lowest(set: CharacterSet): number {
  let code = 0;
  while ((set & bit(code)) === 0n) code++;
  return code;
}
