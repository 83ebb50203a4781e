/** The page with the login form: it needs nothing but itself. */

const STYLE = `
:root { color-scheme: light dark; font: 1rem/1.5 system-ui, sans-serif }
body { display: grid; place-items: center; min-height: 90vh; margin: 0 }
form { display: grid; gap: .75rem; width: min(20rem, 90vw) }
h1 { font-size: 1.25rem; margin: 0 }
input, button { font: inherit; padding: .5rem .75rem }
p { margin: 0; color: light-dark(#b3261e, #ff8a80); min-height: 1.5em }
`;

/** The page; `{message}` stands for what went wrong. */
export const LOGIN_PAGE = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>sluice: log in</title>
<style>${STYLE}</style>
<form method="post" action="/login">
<h1>sluice</h1>
<label for="token">Token of the admin listener</label>
<input id="token" name="token" type="password" required autofocus autocomplete="current-password">
<button>Log in</button>
<p role="alert">{message}</p>
</form>
</html>
`;

/** What the page may load and do, as a header line with its CRLF. */
export const LOGIN_POLICY =
  "Content-Security-Policy: default-src 'none'; style-src 'unsafe-inline'; " +
  "form-action 'self'; frame-ancestors 'none'; base-uri 'none'\r\n";
