// Addresses of the gateway, relative to the page.

/** Null for a key that no address can have. */
export function topicAddress(key, query = '') {
  const chunks = key.split('/');
  const dots = chunks.some(chunk => chunk === '.' || chunk === '..');
  if (dots && chunks.length === 1) return null;
  // A browser would resolve dots between slashes.
  const path = dots ? encodeURIComponent(key) : chunks.map(encodeURIComponent).join('/');
  return `topics/${path}${query && '?'}${query}`;
}

export function hashOf(key) {
  return `#topic=${encodeURIComponent(key)}`;
}

/** The key that the page's address names, or null. */
export function keyOfHash(hash) {
  if (!hash.startsWith('#topic=')) return null;
  try {
    return decodeURIComponent(hash.slice('#topic='.length));
  } catch {
    return null;
  }
}
