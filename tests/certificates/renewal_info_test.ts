/** What an authority says of a renewal: RFC 9773, row by row. */

import {
  readRenewalInfo,
  renewalId,
  suggestedMs,
} from "../../lib/certificates/renewal_info.ts";
import { makeSelfSigned } from "../../lib/certificates/self_signed.ts";
import { assert, assertEquals } from "../support/assert.ts";
import { CERTIFICATE_PEM } from "../support/certificate.ts";

/** The certificate of RFC 9773, appendix A. */
const OF_THE_RFC = `-----BEGIN CERTIFICATE-----
MIIBQzCB66ADAgECAgUAh2VDITAKBggqhkjOPQQDAjAVMRMwEQYDVQQDEwpFeGFt
cGxlIENBMCIYDzAwMDEwMTAxMDAwMDAwWhgPMDAwMTAxMDEwMDAwMDBaMBYxFDAS
BgNVBAMTC2V4YW1wbGUuY29tMFkwEwYHKoZIzj0CAQYIKoZIzj0DAQcDQgAEeBZu
7cbpAYNXZLbbh8rNIzuOoqOOtmxA1v7cRm//AwyMwWxyHz4zfwmBhcSrf47NUAFf
qzLQ2PPQxdTXREYEnKMjMCEwHwYDVR0jBBgwFoAUaYhba4dGQEHhs3uEe6CuLN4B
yNQwCgYIKoZIzj0EAwIDRwAwRAIge09+S5TZAlw5tgtiVvuERV6cT4mfutXIlwTb
+FYN/8oCIClDsqBklhB9KAelFiYt9+6FDj3z4KGVelYM5MdsO3pK
-----END CERTIFICATE-----
`;

Deno.test("a certificate is called by its authority's key and its number", async () => {
  assertEquals(renewalId(OF_THE_RFC), "aYhba4dGQEHhs3uEe6CuLN4ByNQ.AIdlQyE");
  const chain = `${CERTIFICATE_PEM}${OF_THE_RFC}`;
  assertEquals(renewalId(chain), renewalId(CERTIFICATE_PEM));
  assertEquals(renewalId((await makeSelfSigned(0)).cert), undefined);
});

Deno.test("a damaged certificate has no name, wherever it is damaged", () => {
  const [, base64 = ""] = /-----BEGIN CERTIFICATE-----([^-]*)/.exec(
    OF_THE_RFC,
  )!;
  const der = Uint8Array.fromBase64(base64);
  for (let length = 0; length < der.length; length++) {
    const cut = der.subarray(0, length).toBase64();
    assertEquals(renewalId(`-----BEGIN CERTIFICATE-----${cut}`), undefined);
  }
  for (let at = 0; at < der.length; at++) {
    for (const byte of [0, 0x7f, 0x80, 0x84, 0xff]) {
      const other = Uint8Array.from(der);
      other[at] = byte;
      const id = renewalId(`-----BEGIN CERTIFICATE-----${other.toBase64()}`);
      assert(id === undefined || id.includes("."), id);
    }
  }
  assertEquals(renewalId("nonsense"), undefined);
});

const NOW = Date.parse("2026-01-01T00:00:00Z");
const HOUR = 3_600_000;
const WINDOW = { start: "2026-02-01T00:00:00Z", end: "2026-02-02T00:00:00Z" };

Deno.test("when to ask again has bounds", () => {
  for (
    const [retryAfter, hours] of [
      [undefined, 6],
      ["21600", 6],
      ["1", 1 / 60],
      ["999999", 24],
      ["Thu, 01 Jan 2026 02:00:00 GMT", 2],
      ["Thu, 01 Jan 2015 02:00:00 GMT", 1 / 60],
      ["soon", 6],
    ] as const
  ) {
    const info = readRenewalInfo({ suggestedWindow: WINDOW }, retryAfter, NOW);
    assertEquals(info?.againMs, NOW + hours * HOUR, retryAfter);
  }
});

Deno.test("what is no window is no answer", () => {
  const { start, end } = WINDOW;
  for (
    const answer of [
      undefined,
      null,
      "text",
      {},
      { suggestedWindow: { start } },
      { suggestedWindow: { start: end, end: start } },
      { suggestedWindow: { start: start, end: start } },
      { suggestedWindow: { start: {}, end: [] } },
    ]
  ) {
    assertEquals(readRenewalInfo(answer, undefined, NOW), undefined);
  }
});

Deno.test("the time is one of the window, and never the last hours of a life", () => {
  const facts = {
    names: ["a.test"],
    notBeforeMs: NOW,
    notAfterMs: NOW + 100 * HOUR,
  };
  const at = (startHour: number, endHour: number, random: number): number => {
    const startMs = NOW + startHour * HOUR;
    const endMs = NOW + endHour * HOUR;
    return (suggestedMs({ startMs, endMs, againMs: 0 }, facts, random) - NOW) /
      HOUR;
  };
  assertEquals(at(10, 20, 0), 10);
  assertEquals(at(10, 20, 0.5), 15);
  assertEquals(at(-20, -10, 0.5), -15);
  assertEquals(at(200, 300, 0.5), 95);
});
