import { assertEquals, assertMatch } from "../support/assert.ts";
import { proxyStatusLine } from "../../lib/head/proxy_status.ts";
import { serverTimingLine } from "../../lib/head/server_timing.ts";
import { ERROR_CODES, type ErrorCode, ERRORS } from "../../lib/http/error.ts";
import { parseFieldRule } from "../../lib/http/field_rule.ts";

/** The registry of RFC 9209 §4. */
const REGISTRY =
  /^Proxy-Status: sluice; error=(?:dns_timeout|dns_error|destination_not_found|destination_unavailable|destination_ip_prohibited|destination_ip_unroutable|connection_refused|connection_terminated|connection_timeout|connection_read_timeout|connection_write_timeout|connection_limit_reached|tls_protocol_error|tls_certificate_error|tls_alert_received|http_request_error|http_request_denied|http_response_incomplete|http_response_header_section_size|http_response_header_size|http_response_body_size|http_response_trailer_section_size|http_response_trailer_size|http_response_transfer_coding|http_response_content_coding|http_response_timeout|http_upgrade_failed|http_protocol_error|proxy_internal_response|proxy_internal_error|proxy_configuration_error|proxy_loop_detected)\r\n$/;

Deno.test("every error that is the origin's fault has a type of the registry", () => {
  for (const code of ERROR_CODES) {
    const line = proxyStatusLine(code, []);
    if (ERRORS[code].fault === "origin" || line !== "") {
      assertMatch(line, REGISTRY, code);
    }
  }
});

Deno.test("a few errors, and their types", () => {
  const rows: readonly (readonly [ErrorCode, string])[] = [
    ["origin_refused", "connection_refused"],
    ["origin_timeout", "http_response_timeout"],
    ["origin_name_not_found", "dns_error"],
    ["origin_certificate_expired", "tls_certificate_error"],
    ["origin_bad_message", "http_protocol_error"],
    ["overloaded", "connection_limit_reached"],
    ["rate_limited", "http_request_denied"],
    ["bad_framing", "http_request_error"],
    ["loop_detected", "proxy_loop_detected"],
    ["no_route", "destination_not_found"],
  ];
  for (const [code, type] of rows) {
    assertEquals(
      proxyStatusLine(code, []),
      `Proxy-Status: sluice; error=${type}\r\n`,
    );
  }
});

Deno.test("where sluice is the origin, or the operator decides, nothing is said", () => {
  assertEquals(proxyStatusLine("not_found", []), "");
  assertEquals(
    proxyStatusLine("origin_refused", [parseFieldRule("-Proxy-Status")]),
    "",
  );
});

Deno.test("Server-Timing has what is known", () => {
  const none = { cacheStatus: "", queueMs: -1, connectMs: -1, originMs: -1 };
  const rows = [
    [none, ""],
    [{ ...none, cacheStatus: "hit" }, "cache;desc=hit"],
    [
      { cacheStatus: "miss", queueMs: 0, connectMs: 1.23456, originMs: 45 },
      "cache;desc=miss, queue;dur=0, connect;dur=1.23, origin;dur=45",
    ],
  ] as const;
  for (const [timing, value] of rows) {
    assertEquals(
      serverTimingLine(timing),
      value === "" ? "" : `Server-Timing: ${value}\r\n`,
    );
  }
});
