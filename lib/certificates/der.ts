/** Writes ASN.1 in DER (X.690), as far as a certificate needs it (pure). */

const encoder = new TextEncoder();

/** A value with its tag and its length. */
export function tagged(
  tag: number,
  ...parts: readonly Uint8Array[]
): Uint8Array {
  const length = parts.reduce((sum, part) => sum + part.length, 0);
  const size = length < 0x80
    ? [length]
    : length < 0x100
    ? [0x81, length]
    : [0x82, length >> 8, length & 0xff];
  const whole = new Uint8Array(1 + size.length + length);
  whole.set([tag, ...size]);
  let at = 1 + size.length;
  for (const part of parts) {
    whole.set(part, at);
    at += part.length;
  }
  return whole;
}

/** A sequence. */
export function sequence(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0x30, ...parts);
}

/** A set. */
export function set(...parts: readonly Uint8Array[]): Uint8Array {
  return tagged(0x31, ...parts);
}

/** A positive integer. */
export function integer(bytes: Uint8Array): Uint8Array {
  let start = 0;
  while (start < bytes.length - 1 && bytes[start] === 0) start++;
  const rest = bytes.subarray(start);
  const needsZero = rest[0]! >= 0x80;
  return tagged(0x02, needsZero ? Uint8Array.of(0, ...rest) : rest);
}

/** An object identifier. */
export function objectId(text: string): Uint8Array {
  const [first = 0, second = 0, ...rest] = text.split(".").map(Number);
  const bytes = [first * 40 + second];
  for (const part of rest) {
    const groups = [part & 0x7f];
    for (let more = part >> 7; more > 0; more >>= 7) {
      groups.unshift(more & 0x7f | 0x80);
    }
    bytes.push(...groups);
  }
  return tagged(0x06, Uint8Array.from(bytes));
}

/** A string of bytes. */
export function octets(bytes: Uint8Array): Uint8Array {
  return tagged(0x04, bytes);
}

/** A string of whole bytes of bits. */
export function bits(bytes: Uint8Array): Uint8Array {
  return tagged(0x03, Uint8Array.of(0), bytes);
}

/** Text. */
export function utf8(text: string): Uint8Array {
  return tagged(0x0c, encoder.encode(text));
}

/** True. */
export function yes(): Uint8Array {
  return tagged(0x01, Uint8Array.of(0xff));
}

/** A time between 1950 and 2049, to the second. */
export function time(ms: number): Uint8Array {
  const text = new Date(ms).toISOString().replace(/^..|[-:T]|\.\d+/g, "");
  return tagged(0x17, encoder.encode(text));
}

/** An explicit tag around a value. */
export function context(number: number, value: Uint8Array): Uint8Array {
  return tagged(0xa0 | number, value);
}
