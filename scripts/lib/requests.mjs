import http from 'node:http';
import https from 'node:https';

/**
 * One request of each kind, and what has to come back: for `scripts/demo --once`.
 *
 * @param {{url: string, token: string, certificate?: string}} api over HTTPS its certificate is what is trusted, and nothing else
 * @returns {Promise<number>} how many answers were wrong
 */
export async function requestEachKind({ url, token, certificate }) {
  const authorization = `Bearer ${token}`;
  /** @type {[string, string, Record<string, string>, number, RegExp][]} */
  const kinds = [
    ['GET', '/', {}, 200, /<h1>Tabs API<\/h1>/],
    ['GET', '/tabs', {}, 200, /"tabs": \[/],
    ['POST', `/tabs?url=${encodeURIComponent(`${url}tabs`)}`, { authorization }, 201, /"url": "https?:/],
    ['POST', '/tabs?url=http://localhost/', {}, 401, /Authorization/],
    ['GET', '/nothing', {}, 404, /nothing here/],
    ['GET', '/tabs', { host: 'rebound.invalid' }, 421, /127\.0\.0\.1/],
    ['GET', '/tabs', { origin: 'https://elsewhere.invalid' }, 403, /origins/],
  ];
  let wrong = 0;
  for (const [method, path, headers, status, body] of kinds) {
    const answer = await request(new URL(path, url), method, headers, certificate);
    const right = answer.status === status && body.test(answer.body);
    if (!right) wrong += 1;
    const extra = Object.entries(headers).map(([name, value]) => ` ${name}: ${value.replace(token, '…')}`);
    console.log(`\n${method} ${path}${extra.join('')}`);
    console.log(`  ${answer.status}${right ? '' : `  WRONG: ${status} and ${body} was expected`}`);
    console.log(
      answer.body
        .replace(/\n<style>.*<\/style>/s, '')
        .replace(/^/gm, '  ')
        .trimEnd(),
    );
  }
  return wrong;
}

/**
 * By Node's own client, because `fetch` sets `Host` itself. The certificate is to be for the address, whatever `Host` says.
 *
 * @param {URL} url
 * @param {string} method
 * @param {Record<string, string>} headers
 * @param {string} [ca]
 * @returns {Promise<{status: number | undefined, body: string}>}
 */
function request(url, method, headers, ca) {
  return new Promise((resolve, reject) => {
    const { request } = ca ? https : http;
    const outgoing = request(
      url,
      { method, headers, timeout: 30_000, ...(ca && { ca, servername: url.hostname }) },
      (incoming) => {
        let body = '';
        incoming.setEncoding('utf8');
        incoming.on('data', (text) => {
          body += text;
        });
        incoming.on('end', () => resolve({ status: incoming.statusCode, body }));
        incoming.on('error', reject);
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error('no answer within 30 s')));
    outgoing.on('error', reject);
    outgoing.end();
  });
}
