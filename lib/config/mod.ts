/**
 * Configurations for users of the library: their type, and which route takes a request.
 *
 * The program imports the file that owns a name, never this one.
 *
 * @module
 */

export type { RouteReport } from "../router/route_report.ts";
export type { RequestOptions } from "../router/route_request.ts";
export { route } from "./route.ts";
export type * from "./types.ts";
