/** The sample origin's pages: plain HTML that loads nothing from other hosts. */

/** The style sheet of all pages. */
export const STYLE = `:root { color-scheme: light dark; }
body { font: 1rem/1.5 system-ui, sans-serif; max-width: 44rem; margin: 3rem auto; padding: 0 1rem; }
h1 { font-size: 2.2rem; margin-bottom: 0; }
li { margin: .8rem 0; }
form { display: inline; } input, button { font: inherit; }
code, pre { font: .85rem/1.4 ui-monospace, monospace; background: #8882; padding: .1rem .3rem; border-radius: 4px; }
code { overflow-wrap: anywhere; }
pre { padding: .6rem; overflow: auto; }
details pre { max-height: 20rem; }
summary { margin: .8rem 0; }
a { color: #06c; } @media (prefers-color-scheme: dark) { a { color: #6bf; } }
`;

/** A whole page. */
export function document(title: string, content: string): string {
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
