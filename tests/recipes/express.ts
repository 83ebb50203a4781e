/** Express with sessions: nobody gets the page of another, and a login is limited. */

import type { Recipe } from "./trial.ts";

const APP =
  `import express from "express"; import session from "express-session";
const app = express(); app.set("trust proxy", 1);
app.use(express.static("public", { maxAge: "1h" }));
app.use(session({ secret: "s", resave: false, saveUninitialized: true, name: "sid" }));
app.use(express.urlencoded({ extended: false }));
app.post("/login", (request, response) => { request.session.user = request.body.user; response.redirect("/me"); });
app.get("/me", (request, response) => response.send("you are " + (request.session.user ?? "nobody")));
app.get("/ip", (request, response) => response.send(request.ip));
app.listen(3000, "127.0.0.1");`;
/** How many log in and read at a time. */
const USERS = 30;

/** See the module's comment. */
export const express: Recipe = {
  name: "express",
  programs: ["npm"],
  async try(trial): Promise<void> {
    await trial.write({
      "app.mjs": APP,
      "public/style.css": "body { color: black }\n".repeat(50),
      "package.json": "{}",
    });
    await trial.npm("express@5.3.0", "express-session@1.19.0");
    await trial.start(3000, "node", ["app.mjs"]);
    await trial.sluice("express/sluice.json", "--listen", "127.0.0.1:0");
    const host = "app.example.com";
    const login = async (user: string): Promise<[number, string]> => {
      const { status, header } = await trial.ask({
        path: "/login",
        method: "POST",
        host,
        headers: { "content-type": "application/x-www-form-urlencoded" },
        body: `user=${user}`,
      });
      const cookie = header("set-cookie")?.split(";")[0] ?? "";
      return [status, cookie || header("retry-after") || ""];
    };
    const statuses: number[] = [];
    let retryAfter = "";
    const cookies: string[] = [];
    for (let count = 0; count < 7; count++) {
      const [status, value] = await login(`user${count}`);
      statuses.push(status);
      if (status === 302) cookies.push(value);
      else if (statuses.length === 6) retryAfter = value;
    }
    trial.expect(
      "POST /login, seven in a row",
      statuses.join(" "),
      "302 302 302 302 302 429 429",
    );
    trial.expect("  Retry-After of the sixth", retryAfter, /^1[012]$/);
    const pages = await Promise.all(
      Array.from({ length: USERS }, async (_, index) => {
        const cookie = cookies[index % cookies.length]!;
        const { text } = await trial.ask({
          path: "/me",
          host,
          headers: index % 3 === 0 ? {} : { cookie },
        });
        const expected = index % 3 === 0
          ? "you are nobody"
          : `you are user${index % cookies.length}`;
        return text === expected;
      }),
    );
    trial.expect(
      `GET /me, ${USERS} at a time, five users`,
      `${pages.filter(Boolean).length} right`,
      `${USERS} right`,
    );
    await trial.look({ path: "/me", host }, 200, /fwd=uri-miss; detail=/);
    await trial.ask({ path: "/style.css", host });
    await trial.look(
      { path: "/style.css", host, headers: { cookie: cookies[0]! } },
      200,
      /hit; ttl=3[56]\d\d/,
      "GET /style.css with a cookie",
    );
    const { text } = await trial.ask({ path: "/ip", host });
    trial.expect("  request.ip", text, "127.0.0.1");
  },
};
