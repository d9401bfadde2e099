const style = `
:root { color-scheme: light dark; 
  --line: color-mix(in srgb, currentColor 15%, transparent); --dim: color-mix(in srgb, currentColor 65%, transparent); }
* { box-sizing: border-box; }
body { max-width: 60rem; margin: 0 auto; padding: 2.5rem 1.25rem; font: 16px/1.5 system-ui, sans-serif; }
h1 { margin: 0; font-size: 1.6rem; font-weight: 600; }
h2 { margin: 2.5rem 0 .5rem; font-size: 1.05rem; font-weight: 600; }
p { margin: .25rem 0; color: var(--dim); }
table { width: 100%; border-collapse: collapse; table-layout: fixed; }
th, td { padding: .5rem .75rem .5rem 0; border-bottom: 1px solid var(--line); text-align: left; vertical-align: top; }
th { font-size: .8rem; font-weight: 500; color: var(--dim); }
td { overflow-wrap: anywhere; }
.short { width: 8rem; font-variant-numeric: tabular-nums; }
a { color: inherit; text-underline-offset: .2em; text-decoration-color: var(--dim); }
small { display: block; color: var(--dim); }
pre { padding: .9rem 1rem; border: 1px solid var(--line); border-radius: .5rem; overflow-x: auto; font-size: .85rem; }
`;

/**
 * The page needs one style sheet and nothing else, so its policy allows exactly this one, by its hash.
 *
 * @returns {Promise<Record<string, string>>}
 */
export async function pageHeaders() {
  const hash = await crypto.subtle.digest('SHA-256', new TextEncoder().encode(style));
  const base64 = btoa(String.fromCharCode(...new Uint8Array(hash)));
  return {
    'Content-Type': 'text/html; charset=utf-8',
    'Content-Security-Policy':
      `default-src 'none'; style-src 'sha256-${base64}'; img-src data:; ` +
      "base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  };
}

/**
 * @param {import('./routes.js').Tab[]} tabs
 * @param {{peer: string, since: Date, requests: number}[]} connections
 * @param {string} address where the server is, without a path
 */
export function page(tabs, connections, address) {
  const windows = [...new Set(tabs.map((tab) => tab.windowId))];
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>Tabs API</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<h1>Tabs API</h1>
<p>This page is served by the browser extension itself. <a href="/">Reload</a> · <a href="/tabs">JSON</a></p>
<h2>${count(tabs.length, 'open tab')}</h2>
<table>
<thead><tr><th>Tab</th><th class="short">Window</th></tr></thead>
<tbody>
${tabs.map((tab) => tabRow(tab, windows.indexOf(tab.windowId) + 1)).join('\n')}
</tbody>
</table>
<h2>${count(connections.length, 'live connection')}</h2>
<table>
<thead><tr><th>Client</th><th class="short">Requests</th><th class="short">Since (UTC)</th></tr></thead>
<tbody>
${connections.map(connectionRow).join('\n')}
</tbody>
</table>
<h2>Open a tab</h2>
<p>The token stands where the address of this page was printed.</p>
<pre>curl -X POST -H "Authorization: Bearer $TOKEN" "${escapeHtml(address)}/tabs?url=https://example.com/"</pre>
</body>
</html>
`;
}

/**
 * @param {import('./routes.js').Tab} tab
 * @param {number} window counted from 1, because the browser's own numbers are ten digits long
 */
function tabRow({ title, url, active }, window) {
  const name = escapeHtml(title || url || 'Untitled');
  // Only what leads to the web becomes a link: a `javascript:` address must stay text.
  const link = /^https?:/.test(url) ? `<a href="${escapeHtml(url)}" rel="noreferrer">${name}</a>` : name;
  const where = `${window}${active ? ', in front' : ''}`;
  return `<tr><td>${link}<small>${escapeHtml(url)}</small></td><td class="short">${where}</td></tr>`;
}

/** @param {{peer: string, since: Date, requests: number}} connection */
function connectionRow({ peer, since, requests }) {
  const time = since.toISOString();
  return (
    `<tr><td>${escapeHtml(peer || '…')}</td><td class="short">${requests}</td>` +
    `<td class="short"><time datetime="${time}">${time.slice(11, 19)}</time></td></tr>`
  );
}

/**
 * @param {number} number
 * @param {string} noun
 */
const count = (number, noun) => `${number} ${noun}${number === 1 ? '' : 's'}`;

/** @type {Record<string, string>} */
const entities = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** @param {string} text anything at all, such as the title a page gave itself */
export function escapeHtml(text) {
  return text.replace(/[&<>"']/g, (character) => entities[character]);
}
