// The service worker: it makes the app start with no network.
//
// - SHELL (the page and the keeper of its documents) is installed whole or not at all. LATER (the invoice reader)
//   follows when the page asks for it. Neither begins before the first page stands: a first visit stays small.
// - Each entry carries the hash of its content: a file of another version is never cached or handed out.
// - /api and /sync never pass through here. Documents live in IndexedDB, which this file never touches.
// - A new version waits until the page says 'skip': nobody loses a half-filled form to an update.
//
// precache: VERSION, SHELL and LATER are written here when the app is built.

const PREFIX = 'shell-';
const NAME = PREFIX + VERSION;
const KNOWN = new Map([...SHELL, ...LATER].map(entry => [entry.url, entry]));
const NOT_OURS = /^\/(api|sync)(\/|$)/;

const request = ({ url, integrity, cache }) => new Request(url, { integrity, cache });

addEventListener('install', event => event.waitUntil(install()));
addEventListener('activate', event => event.waitUntil(activate()));
addEventListener('message', event => {
  if (event.data === 'skip') event.waitUntil(skipWaiting());
  if (event.data === 'later') event.waitUntil(addMissing(LATER));
});
addEventListener('fetch', event => {
  const url = new URL(event.request.url);
  if (event.request.method !== 'GET' || url.origin !== location.origin || NOT_OURS.test(url.pathname)) return;
  const path = event.request.mode === 'navigate' ? '/' : url.pathname;
  if (KNOWN.has(path)) event.respondWith(answer(path));
});

async function install() {
  // An update has time: the version before it is working. It brings everything, so that a person who goes
  // offline right after it can still read invoices.
  const update = (await caches.keys()).some(name => name.startsWith(PREFIX));
  const cache = await caches.open(NAME);
  await cache.addAll((update ? [...SHELL, ...LATER] : SHELL).map(request));
}

async function activate() {
  for (const name of await caches.keys()) {
    if (name.startsWith(PREFIX) && name !== NAME) await caches.delete(name);
  }
  await clients.claim();
}

async function addMissing(entries) {
  const cache = await caches.open(NAME);
  for (const entry of entries) {
    if (!await cache.match(entry.url)) await cache.add(request(entry));
  }
}

async function answer(path) {
  const cache = await caches.open(NAME);
  const kept = await cache.match(path, { ignoreVary: true });
  if (kept) return kept;
  const fresh = await fetch(request(KNOWN.get(path)));
  if (fresh.ok) await cache.put(path, fresh.clone());
  return fresh;
}
