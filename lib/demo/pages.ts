/** The sample origin's pages: plain HTML that loads nothing from other hosts. */

/** One thing to see, on the index page. */
interface Sight {
  readonly target: string;
  readonly what: string;
  /** The arguments of a `curl` that shows it. */
  readonly curl: string;
  /** The target for `curl`, if it differs from the one for browsers. */
  readonly curlTarget?: string;
}

const SIGHTS: readonly Sight[] = [
  {
    target: "/second",
    what:
      "A page with an entity tag. Request it twice: the second is answered from the cache.",
    curl: "-i",
  },
  {
    target: "/api/time",
    what: "The time, as JSON that no cache may store.",
    curl: "-i",
  },
  {
    target: "/api/echo",
    what:
      "Your request as the origin received it, with the headers that sluice added.",
    curl: "-d hello",
  },
  {
    target: "/slow",
    what: "Ten lines, one at a time: each arrives as soon as it is written.",
    curl: "-N",
  },
  {
    target: "/events.html",
    what: "Server-sent events, one each second (the stream is /events).",
    curl: "-N",
    curlTarget: "/events",
  },
  {
    target: "/ws.html",
    what: "A WebSocket that echoes what you send (at /ws).",
    curl:
      "-i -N -H 'Connection: Upgrade' -H 'Upgrade: websocket' -H 'Sec-WebSocket-Version: 13' -H 'Sec-WebSocket-Key: c2x1aWNlIGRlbW8ga2V5IQ=='",
    curlTarget: "/ws",
  },
  {
    target: "/large",
    what: "4 MiB of text, streamed.",
    curl: "-o /dev/null",
  },
  {
    target: "/cache/minute",
    what: "Fresh for one minute: the time in it stands still.",
    curl: "-i",
  },
  {
    target: "/cache/stale",
    what:
      "Fresh for 5 s. For 30 s more you get the stale one while sluice fetches a new one.",
    curl: "-i",
  },
  {
    target: "/cache/vary",
    what: "One stored response for each Accept-Language.",
    curl: "-i -H 'Accept-Language: de'",
  },
  {
    target: "/private",
    what: "For one client only: a shared cache does not store it.",
    curl: "-i",
  },
  { target: "/status/503", what: "Any status from 200 to 599.", curl: "-i" },
];

/** The style sheet of all pages. */
export const STYLE = `:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 2.2rem; margin-bottom: 0; }
li { margin: .8rem 0; }
code, pre { font: .85rem/1.4 ui-monospace, monospace; background: #8882; padding: .1rem .3rem; border-radius: 4px; }
a { color: #06c; } @media (prefers-color-scheme: dark) { a { color: #6bf; } }
`;

function document(title: string, content: string): string {
  return `<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title}</title>
<link rel="stylesheet" href="/style.css">
</head>
<body>
${content}
</body>
</html>
`;
}

/**
 * The index page, with links to all others.
 *
 * @param address The address that the reader used: `http://host:port`.
 */
export function indexPage(address: string): string {
  const items = SIGHTS.map(({ target, what, curl, curlTarget = target }) =>
    `<li><a href="${target}">${target}</a>: ${what}<br>
<code>curl ${curl} ${address}${curlTarget}</code></li>`
  );
  return document(
    "sluice",
    `<h1>sluice</h1>
<p>This page comes from a sample origin, through the proxy. There is more:</p>
<ul>
${items.join("\n")}
</ul>
<p>The proxy's access log, on its standard output, shows what it did.</p>`,
  );
}

/** A page that can be validated. */
export function secondPage(): string {
  return document(
    "sluice: a second page",
    `<h1>A second page</h1>
<p>It has an <code>ETag</code> and is good for five minutes.</p>
<p><a href="/">Back</a></p>`,
  );
}

/** A page that shows the event stream. */
export function eventsPage(): string {
  return document(
    "sluice: events",
    `<h1>Events</h1>
<pre id="log">waiting …</pre>
<p><a href="/">Back</a></p>
<script>
const log = document.getElementById("log");
const source = new EventSource("/events");
source.onopen = () => log.textContent = "";
source.onmessage = (event) => log.textContent += event.lastEventId + " " + event.data + "\\n";
</script>`,
  );
}

/** A page that talks to the WebSocket. */
export function webSocketPage(): string {
  return document(
    "sluice: WebSocket",
    `<h1>WebSocket</h1>
<form><input autofocus placeholder="say something"> <button>Send</button></form>
<pre id="log"></pre>
<p><a href="/">Back</a></p>
<script>
const log = document.getElementById("log");
const socket = new WebSocket(location.href.replace(/^http/, "ws").replace(".html", ""));
const say = (line) => log.textContent += line + "\\n";
socket.onopen = () => say("open");
socket.onmessage = (event) => say(event.data);
socket.onclose = () => say("closed");
document.forms[0].onsubmit = (event) => {
  event.preventDefault();
  socket.send(document.forms[0][0].value);
  document.forms[0].reset();
};
</script>`,
  );
}
