/**
 * An HTTP client for the AWS SDK and for Azure's whose response bodies are read from the socket
 * straight into the memory that a request names, and whose request bodies leave as the regions they
 * are.
 *
 * <pre>
 *   S3AsyncClient ──execute──► DirectHttpClient ──one thread per exchange──► socket
 *        ▲                          │ ScopedValue: "where does the body go?"
 *        └── RegionSink ◄───────────┘ region ◄── read(2) straight into it ── socket
 *   RegionBody ── regions, never joined ── writev(2) ─────────────────────► socket
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * S3AsyncClient s3 = S3AsyncClient.builder().httpClient(DirectHttpClient.builder().build()).build();
 * s3.getObject(request, RegionSink.into(arena.allocate(byteSize))).join();
 * }</pre>
 *
 * <p>{@link dev.segue.objectstore.http.AzureHttpClient} and {@link
 * dev.segue.objectstore.http.AzureRegionSink} are the same for azure-core; the sink travels in the
 * request's context.
 *
 * <p>Words:
 *
 * <ul>
 *   <li><i>exchange</i>: one request and its response, on one connection, by one thread;
 *   <li><i>region</i>: a run of off-heap memory that a body is read into or written from;
 *   <li><i>wire</i>: the bytes to and from one server, plain or under TLS.
 * </ul>
 *
 * <p>With plain HTTP no byte of a body is copied in user space but those that arrive in the same
 * read as the response head (at most 1 KiB per response, site {@code objectstore.http.head}); with
 * TLS each byte is decrypted once, into the region.
 */
@NullMarked
package dev.segue.objectstore.http;

import org.jspecify.annotations.NullMarked;
