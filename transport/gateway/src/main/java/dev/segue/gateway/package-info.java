/**
 * Zenoh topics and object stores on HTTP/2, for browsers and any HTTP client.
 *
 * <pre>
 *   Zenoh ──► Subscriber ──► Topics ──► latest value of each key ──► GET /topics/KEY
 *                               │
 *                               └─────► StreamPump, one a stream ──► GET /topics/KEY?stream
 *   PUT /topics/KEY ──► body in its pieces ──► Session.put
 *   GET, PUT /objects/NAME/KEY ◄──► ranges and writers of an ObjectStore
 * </pre>
 *
 * <p>Payloads are lent to the DATA frames where the core put them, and released when the frames
 * have left or the stream has ended.
 *
 * <p>Words: a <i>topic</i> is a key that a sample was seen of; its <i>value</i> is the newest
 * sample of it; a <i>stream</i> is a response that goes on with each sample; its <i>backlog</i> are
 * the samples that wait for a slow client.
 */
@NullMarked
package dev.segue.gateway;

import org.jspecify.annotations.NullMarked;
