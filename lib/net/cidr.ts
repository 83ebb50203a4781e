/** IP addresses and CIDR blocks (RFC 4632, RFC 4291). */

/** A block of IP addresses. */
export interface Cidr {
  /** 4 or 16 bytes; an IPv4 block has 4. */
  readonly bytes: Uint8Array;
  /** How many leading bits must agree. */
  readonly prefixBits: number;
}

const DOT = 0x2e;
const ZERO = 0x30;
const IPV4_LENGTH_MAX = 15;

/**
 * Reads `192.0.2.0/24`, `2001:db8::/32` or a single address.
 *
 * @throws {SyntaxError} if it is none of these.
 */
export function parseCidr(text: string): Cidr {
  const [address = "", prefix, ...rest] = text.split("/");
  const bytes = parseIp(address);
  const bits = prefix === undefined ? (bytes?.length ?? 0) * 8 : Number(prefix);
  if (
    bytes === undefined || rest.length > 0 ||
    (prefix !== undefined && !/^\d{1,3}$/.test(prefix)) ||
    bits > bytes.length * 8
  ) {
    throw new SyntaxError(
      `Cannot read "${text}": expected an IP address or a block like 10.0.0.0/8`,
    );
  }
  return { bytes, prefixBits: bits };
}

/** The addresses of this machine itself (RFC 1122 §3.2.1.3, RFC 4291 §2.5.3). */
export const LOOPBACK: readonly Cidr[] = [
  { bytes: Uint8Array.of(127, 0, 0, 0), prefixBits: 8 },
  { bytes: Uint8Array.of(...new Array(15).fill(0), 1), prefixBits: 128 },
];

/** Whether the IP address `address` lies in one of the blocks; false if it is not an IP address. */
export function isInBlocks(address: string, blocks: readonly Cidr[]): boolean {
  return blocks.length > 0 && matchesBlocks(parseIp(address), blocks);
}

/** Whether the IP address with these bytes lies in one of the blocks; false if there is none. */
export function matchesBlocks(
  bytes: Uint8Array | undefined,
  blocks: readonly Cidr[],
): boolean {
  if (bytes === undefined) return false;
  for (const block of blocks) if (isInBlock(bytes, block)) return true;
  return false;
}

/** Whether the text is an IP address. */
export function isIp(text: string): boolean {
  return parseIp(text) !== undefined;
}

function isInBlock(bytes: Uint8Array, block: Cidr): boolean {
  if (bytes.length !== block.bytes.length) return false;
  const whole = block.prefixBits >> 3;
  for (let i = 0; i < whole; i++) {
    if (bytes[i] !== block.bytes[i]) return false;
  }
  const mask = 0xff00 >> (block.prefixBits & 7) & 0xff; // of the byte that is in part
  return mask === 0 || ((bytes[whole]! ^ block.bytes[whole]!) & mask) === 0;
}

/** The bytes of an IP address, an IPv4-mapped one as IPv4; undefined if the text is not one. */
export function parseIp(text: string): Uint8Array | undefined {
  return text.includes(":") ? parseIpv6(text) : parseIpv4(text);
}

function parseIpv4(text: string): Uint8Array | undefined {
  if (text.length > IPV4_LENGTH_MAX) return undefined;
  const bytes = new Uint8Array(4);
  let part = 0;
  let value = 0;
  let digits = 0;
  for (let i = 0; i <= text.length; i++) {
    const code = i < text.length ? text.charCodeAt(i) : DOT;
    if (code >= ZERO && code <= ZERO + 9) {
      value = value * 10 + code - ZERO;
      digits++;
      continue;
    }
    const isPart = code === DOT && digits > 0 && digits <= 3 && value < 256;
    if (!isPart || part === 4) return undefined;
    bytes[part++] = value;
    value = digits = 0;
  }
  return part === 4 ? bytes : undefined;
}

function parseIpv6(text: string): Uint8Array | undefined {
  const url = URL.parse(`http://[${text}]/`); // the platform knows the grammar and writes it canonically
  if (url === null) return undefined;
  const [before = "", after] = url.hostname.slice(1, -1).split("::");
  const head = before === "" ? [] : before.split(":");
  const tail = after === undefined || after === "" ? [] : after.split(":");
  const groups = [
    ...head,
    ...new Array<string>(8 - head.length - tail.length).fill("0"),
    ...tail,
  ];
  const bytes = Uint8Array.from(groups.flatMap((group) => {
    const value = parseInt(group, 16);
    return [value >> 8, value & 0xff];
  }));
  const isMapped = bytes.subarray(0, 10).every((byte) => byte === 0) &&
    bytes[10] === 0xff &&
    bytes[11] === 0xff;
  return isMapped ? bytes.slice(12) : bytes;
}
