/** What a busy server would say a thousand times is said once. */

import { assertEquals } from "../support/assert.ts";
import { HttpError } from "../../lib/http/error.ts";
import { TestClock } from "../support/clock.ts";
import { Incidents, type IncidentSink } from "../../lib/observe/incidents.ts";
import { OriginFailures } from "../../lib/observe/origin_failures.ts";

class Lines implements IncidentSink {
  readonly told: string[] = [];
  report({ reason, count }: { reason: string; count: number }): void {
    this.told.push(`${reason} ${count}`);
  }
  recovered(text: string): void {
    this.told.push(text);
  }
}

const incident = (reason: string, lasts = false, count = 1) => ({
  reason,
  lasts,
  count,
  text: "",
});

Deno.test("an incident is told once in ten seconds, with the count of the others", () => {
  const lines = new Lines();
  const clock = new TestClock();
  const incidents = new Incidents(clock, lines);
  for (let i = 0; i < 1000; i++) incidents.report(incident("a"));
  incidents.report(incident("b"));
  clock.pass(9_999);
  incidents.report(incident("a", false, 7)); // seven of a worker's
  clock.pass(1);
  incidents.report(incident("a"));
  incidents.report(incident("a"));
  assertEquals(lines.told, ["a 1", "b 1", "a 1007"]);
});

Deno.test("the end of what lasts is told once, and only if it was told itself", () => {
  const lines = new Lines();
  const incidents = new Incidents(new TestClock(), lines);
  incidents.recovered("over");
  incidents.report(incident("a"));
  incidents.recovered("over");
  incidents.report(incident("b", true));
  incidents.recovered("over");
  incidents.recovered("over"); // another worker's
  assertEquals(lines.told, ["a 1", "b 1", "over"]);
});

Deno.test("a failure counts once: where the connection failed, or where the request did", () => {
  const lines = new Lines();
  const failures = new OriginFailures("app:1", lines);
  failures.dialed();
  const refused = new HttpError("origin_refused", "No");
  failures.dialFailed(refused);
  failures.requestFailed(refused);
  failures.requestFailed(new HttpError("not_validated", "No", refused));
  failures.dialed();
  failures.dialed();
  const late = new HttpError("origin_timeout", "No");
  failures.requestFailed(late);
  failures.requestFailed(new HttpError("not_validated", "No", late));
  failures.requestFailed(new HttpError("bad_host", "The client's fault"));
  assertEquals(lines.told, [
    "origin_refused 1",
    "upstream app:1: connected again",
    "origin_timeout 1",
    "origin_timeout 1",
  ]);
});
