/** WordPress behind nginx with FPM, and MariaDB: visitors, a user, a comment, and what nobody needs. */

import { FPM, phpLines, startFpm, startNginx } from "./nginx.ts";
import { type Recipe, type Trial, until } from "./trial.ts";

/** Where Debian's package puts it. */
const SOURCE = "/usr/share/wordpress";
const HOST = "blog.example";

/** See the module's comment. */
export const wordpress: Recipe = {
  name: "wordpress",
  programs: ["nginx", FPM, "mariadbd", "mariadb-install-db"],
  async try(trial): Promise<void> {
    await startDatabase(trial);
    await startFpm(trial);
    await trial.run("cp", ["-rL", SOURCE, "www"]);
    await trial.write({ "www/wp-config.php": configFor(trial.folder) });
    await trial.run("chown", ["-R", "www-data", "www"]);
    const root = `${trial.folder}/www`;
    await startNginx(
      trial,
      8080,
      `root ${root}; location / { try_files $uri $uri/ /index.php?$args; }
       ${phpLines(trial.folder)}`,
    );
    const version = await Deno.readTextFile(`${root}/wp-includes/version.php`);
    trial.versions.unshift(
      `WordPress ${/wp_version = '([^']+)'/.exec(version)?.[1]}`,
    );
    await trial.sluice("wordpress/sluice.json", "--listen", "127.0.0.1:0");
    await install(trial);
    await asVisitor(trial);
    const cookie = await asUser(trial);
    await comment(trial, cookie);
    for (
      const [path, status] of [["/xmlrpc.php", 403], [
        "/wp-config.php",
        404,
      ]] as const
    ) {
      await trial.look({ path, host: HOST }, status, "");
    }
  },
};

async function startDatabase(trial: Trial): Promise<void> {
  const { folder } = trial;
  await Deno.chmod(folder, 0o755);
  await Deno.mkdir(`${folder}/run`);
  await Deno.chmod(`${folder}/run`, 0o777); // for the users of database and PHP
  await trial.run("mariadb-install-db", [
    "--user=mysql",
    `--datadir=${folder}/db`,
    "--auth-root-authentication-method=normal",
  ]);
  const version = await trial.run("mariadbd", ["--version"]);
  trial.versions.push(`MariaDB ${/Ver ([\d.]+)/.exec(version)?.[1]}`);
  await trial.start(undefined, "mariadbd", [
    "--no-defaults",
    "--user=mysql",
    `--datadir=${folder}/db`,
    `--socket=${folder}/run/sock`,
    "--skip-networking",
  ]);
  await until("the database", async () => {
    try {
      await sql(trial, "CREATE DATABASE IF NOT EXISTS blog");
      return true;
    } catch {
      return false; // it starts
    }
  });
  await sql(trial, "CREATE USER wp IDENTIFIED BY 'wp'");
  await sql(trial, "CREATE USER wp@localhost IDENTIFIED BY 'wp'");
  await sql(trial, "GRANT ALL ON blog.* TO wp@localhost");
}

async function sql(trial: Trial, statement: string): Promise<void> {
  const socket = `--socket=${trial.folder}/run/sock`;
  await trial.run("mariadb", [
    "--no-defaults",
    socket,
    "-uroot",
    "-e",
    statement,
  ]);
}

function configFor(folder: string): string {
  return `<?php
define('DB_NAME', 'blog'); define('DB_USER', 'wp'); define('DB_PASSWORD', 'wp');
define('DB_HOST', 'localhost:${folder}/run/sock'); define('DB_CHARSET', 'utf8mb4'); define('DB_COLLATE', '');
define('WP_HTTP_BLOCK_EXTERNAL', true); define('DISABLE_WP_CRON', true); define('AUTOMATIC_UPDATER_DISABLED', true);
foreach (['AUTH', 'SECURE_AUTH', 'LOGGED_IN', 'NONCE'] as $n) { define($n . '_KEY', $n); define($n . '_SALT', $n); }
$table_prefix = 'wp_';
if (!defined('ABSPATH')) define('ABSPATH', __DIR__ . '/');
require_once ABSPATH . 'wp-settings.php';
`;
}

async function post(
  trial: Trial,
  path: string,
  fields: Readonly<Record<string, string>>,
  cookie = "",
): ReturnType<Trial["ask"]> {
  return await trial.ask({
    path,
    method: "POST",
    host: HOST,
    headers: {
      "content-type": "application/x-www-form-urlencoded",
      ...(cookie === "" ? {} : { cookie }),
    },
    body: new URLSearchParams(fields).toString(),
  });
}

async function install(trial: Trial): Promise<void> {
  const { status, text } = await post(
    trial,
    "/wp-admin/install.php?step=2",
    {
      weblog_title: "A blog",
      user_name: "ann",
      admin_password: "a long password",
      admin_password2: "a long password",
      pw_weak: "1",
      admin_email: "ann@blog.example",
      blog_public: "0",
      language: "",
    },
  );
  const isDone = text.includes("wp-login.php");
  trial.expect(
    "POST /wp-admin/install.php",
    `${status}  ${isDone ? "installed" : text.slice(0, 300)}`,
    "200  installed",
  );
}

/** Visitors get what is kept. */
async function asVisitor(trial: Trial): Promise<void> {
  await trial.look({ path: "/", host: HOST }, 200, /fwd=uri-miss/);
  const { text } = await trial.look(
    { path: "/", host: HOST },
    200,
    /hit; ttl=/,
  );
  const style = /\/wp-(?:includes|content)\/[^"'?]+\.(?:css|js)/.exec(text)
    ?.[0];
  if (style === undefined) throw new Error(text.slice(0, 2000));
  await trial.ask({ path: style, host: HOST });
  await trial.look(
    { path: style, host: HOST },
    200,
    /hit; ttl=86\d\d\d/,
    "a style or script, the second time",
  );
}

/** A user gets pages of her own, which nobody else gets. Tells her cookies. */
async function asUser(trial: Trial): Promise<string> {
  const { status, header } = await post(
    trial,
    "/wp-login.php",
    { log: "ann", pwd: "a long password", testcookie: "1" },
    "wordpress_test_cookie=WP%20Cookie%20check",
  );
  const cookies = [...(header("set-cookie") ?? "").matchAll(
    /(wordpress_[^=;, ]+)=([^;]+)/g,
  )].map(([, name, value]) => `${name}=${value}`);
  trial.expect("POST /wp-login.php", `${status}`, "302");
  const cookie = cookies.join("; ");
  const own = await trial.look(
    { path: "/", host: HOST, headers: { cookie } },
    200,
    "",
    "GET / as a user who has logged in",
  );
  trial.expect(
    "  the bar of a user",
    own.text.includes("wpadminbar") ? "is there" : "is missing",
    "is there",
  );
  const other = await trial.ask({ path: "/", host: HOST });
  trial.expect(
    "  and for a visitor after her",
    other.text.includes("wpadminbar") ? "is there, too" : "is not",
    "is not",
  );
  await trial.look(
    { path: "/wp-admin/", host: HOST, headers: { cookie } },
    200,
    "",
  );
  return cookie;
}

/** A comment takes its page out of the cache, by the Location of the answer. */
async function comment(trial: Trial, cookie: string): Promise<void> {
  const page = { path: "/?p=1", host: HOST };
  await trial.ask(page);
  await trial.look(page, 200, /hit; ttl=/);
  const { status } = await post(
    trial,
    "/wp-comments-post.php",
    { comment: "first words", comment_post_ID: "1", comment_parent: "0" },
    cookie,
  );
  trial.expect("POST /wp-comments-post.php", `${status}`, "302");
  const { text } = await trial.look(page, 200, /fwd=uri-miss/);
  trial.expect(
    "  and the comment",
    text.includes("first words") ? "is there" : "is missing",
    "is there",
  );
}
