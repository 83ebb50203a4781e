/** nginx as the server behind sluice: it serves files, and hands scripts to FPM. */

import type { Trial } from "./trial.ts";

/** Starts nginx with these lines in its one server; and FPM at `fpm.sock`, if its program is named. */
export async function startNginx(
  trial: Trial,
  port: number,
  lines: string,
): Promise<void> {
  const { folder } = trial;
  await trial.write({
    "nginx.conf": `daemon off; worker_processes 1; pid ${folder}/nginx.pid;
error_log ${folder}/nginx.log; user root;
events { worker_connections 512; }
http {
  include /etc/nginx/mime.types; access_log off; client_max_body_size 100m;
  client_body_temp_path ${folder}/tmp1; proxy_temp_path ${folder}/tmp2;
  fastcgi_temp_path ${folder}/tmp3; uwsgi_temp_path ${folder}/tmp4; scgi_temp_path ${folder}/tmp5;
  server { listen 127.0.0.1:${port}; ${lines} }
}`,
  });
  const version = await trial.run("sh", ["-c", "nginx -v 2>&1"]);
  trial.versions.push(`nginx ${/\/([\d.]+)/.exec(version)?.[1]}`);
  await trial.start(port, "nginx", [
    "-c",
    `${folder}/nginx.conf`,
    "-p",
    folder,
  ]);
}

/** The lines that hand scripts of PHP to FPM. */
export function phpLines(folder: string): string {
  return `index index.php index.html;
    location ~ \\.php$ { include /etc/nginx/fastcgi_params; fastcgi_pass unix:${folder}/fpm.sock;
      fastcgi_param SCRIPT_FILENAME $document_root$fastcgi_script_name; }`;
}

/** The program of FPM, as Debian calls it. */
export const FPM = "php-fpm8.2";

/** Starts FPM. */
export async function startFpm(trial: Trial): Promise<void> {
  const { folder } = trial;
  await trial.write({
    "fpm.conf": `[global]
daemonize = no
error_log = ${folder}/fpm.log
[www]
user = www-data
group = www-data
listen = ${folder}/fpm.sock
listen.owner = root
listen.mode = 0666
pm = static
pm.max_children = 4
php_admin_value[upload_max_filesize] = 64M
php_admin_value[post_max_size] = 64M
php_admin_value[session.save_path] = ${folder}/sessions
php_admin_value[upload_tmp_dir] = ${folder}/sessions
`,
  });
  await Deno.mkdir(`${folder}/sessions`);
  await Deno.chmod(folder, 0o755);
  await Deno.chmod(`${folder}/sessions`, 0o777);
  const version = await trial.run(FPM, ["-v"]);
  trial.versions.push(`PHP ${/PHP ([\d.]+)/.exec(version)?.[1]} (FPM)`);
  await trial.start(undefined, FPM, ["-y", `${folder}/fpm.conf`, "-R"]);
}
