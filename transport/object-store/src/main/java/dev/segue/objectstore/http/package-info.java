/**
 * An HTTP/1.1 engine that doesn't depend on an SDK: response bodies are read from the socket
 * straight into the memory that a request names, and request bodies leave as the regions they are.
 * The artifacts for S3 and Azure build the clients of their SDKs on it.
 *
 * <pre>
 *   an SDK ──► HttpCall ──execute──► HttpEngine ──one thread per exchange──► socket
 *     ▲                                 │ HttpExchange.current(): "where does the body go?"
 *     └──── who transforms the body ◄───┘ region ◄── read(2) straight into it ── socket
 *   RegionBody ── regions, never joined ── writev(2) ──────────────────────► socket
 * </pre>
 *
 * <p>Words:
 *
 * <ul>
 *   <li><i>exchange</i>: one request and its response, on one connection, by one thread;
 *   <li><i>region</i>: a run of off-heap memory that a body is read into or written from;
 *   <li><i>wire</i>: the bytes to and from one server, plain or with TLS.
 * </ul>
 *
 * <p>With plain HTTP, no byte of a body is copied in user space except those that arrive in the
 * same read as the response head (at most 1 KiB per response, site {@code objectstore.http.head});
 * with TLS each byte is decrypted once, into the region.
 */
@NullMarked
package dev.segue.objectstore.http;

import org.jspecify.annotations.NullMarked;
