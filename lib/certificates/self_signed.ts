/** A certificate of our own making, for development: browsers and curl do not trust it until they are told to. */

import { parseIp } from "../net/cidr.ts";
import type { CertificateText } from "./certificate.ts";
import {
  bits,
  context,
  integer,
  objectId,
  octets,
  sequence,
  set,
  tagged,
  time,
  utf8,
  yes,
} from "./der.ts";

const ECDSA_WITH_SHA256 = "1.2.840.10045.4.3.2";
const COMMON_NAME = "2.5.4.3";
const SUBJECT_ALT_NAME = "2.5.29.17";
const BASIC_CONSTRAINTS = "2.5.29.19";
const EXTENDED_KEY_USAGE = "2.5.29.37";
const SERVER_AUTHENTICATION = "1.3.6.1.5.5.7.3.1";
const DAY_MS = 86_400_000;
/** How long it is valid; browsers take no more than 398 days. */
const LIFE_MS = 397 * DAY_MS;
const ALGORITHM = { name: "ECDSA", namedCurve: "P-256", hash: "SHA-256" };

/** What it is for by default: this machine. */
const LOCAL_NAMES: readonly string[] = [
  "localhost",
  "*.localhost",
  "127.0.0.1",
  "::1",
];

/**
 * Makes a certificate.
 *
 * @param nowMs The time, in ms since the epoch.
 * @param names Names and addresses that it is for; `localhost` and all below it by default.
 */
export async function makeSelfSigned(
  nowMs: number,
  names: readonly string[] = LOCAL_NAMES,
): Promise<CertificateText> {
  const pair = await crypto.subtle.generateKey(ALGORITHM, true, [
    "sign",
    "verify",
  ]) as CryptoKeyPair;
  const publicKey = await crypto.subtle.exportKey("spki", pair.publicKey);
  const algorithm = sequence(objectId(ECDSA_WITH_SHA256));
  const name = sequence(
    set(sequence(objectId(COMMON_NAME), utf8("sluice, for development"))),
  );
  const serial = crypto.getRandomValues(new Uint8Array(16));
  const body = sequence(
    context(0, integer(Uint8Array.of(2))), // version 3
    integer(serial),
    algorithm,
    name,
    sequence(time(nowMs - DAY_MS), time(nowMs + LIFE_MS)),
    name,
    new Uint8Array(publicKey),
    context(3, extensions(names)),
  );
  const signature = await crypto.subtle.sign(
    ALGORITHM,
    pair.privateKey,
    new Uint8Array(body),
  );
  const certificate = sequence(
    body,
    algorithm,
    bits(derSignature(new Uint8Array(signature))),
  );
  const key = await crypto.subtle.exportKey("pkcs8", pair.privateKey);
  return {
    cert: pem("CERTIFICATE", certificate),
    key: pem("PRIVATE KEY", new Uint8Array(key)),
    source: "internal",
  };
}

function extensions(names: readonly string[]): Uint8Array {
  const written = sequence(...names.map((name) => {
    const address = parseIp(name);
    return address === undefined
      ? tagged(0x82, new TextEncoder().encode(name))
      : tagged(0x87, address);
  }));
  return sequence(
    sequence(objectId(SUBJECT_ALT_NAME), octets(written)),
    sequence(objectId(BASIC_CONSTRAINTS), yes(), octets(sequence())),
    sequence(
      objectId(EXTENDED_KEY_USAGE),
      octets(sequence(objectId(SERVER_AUTHENTICATION))),
    ),
  );
}

/** Two numbers one after the other, as DER has them. */
function derSignature(raw: Uint8Array): Uint8Array {
  const half = raw.length / 2;
  return sequence(integer(raw.subarray(0, half)), integer(raw.subarray(half)));
}

function pem(label: string, der: Uint8Array): string {
  const lines = der.toBase64().replace(/.{1,64}/g, "$&\n");
  return `-----BEGIN ${label}-----\n${lines}-----END ${label}-----\n`;
}
