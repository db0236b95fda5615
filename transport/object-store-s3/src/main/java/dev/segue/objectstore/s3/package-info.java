/**
 * Buckets of S3 as {@link dev.segue.objectstore.ObjectStore}s, and the HTTP client for any client
 * of the AWS SDK.
 *
 * <pre>
 *   S3AsyncClient ──execute──► DirectHttpClient ──one thread per exchange──► socket
 *        ▲                          │ "where does the body go?"
 *        └── RegionSink ◄───────────┘ region ◄── read(2) straight into it ── socket
 *   AwsRegionBody ── regions, never joined ── writev(2) ──────────────────► socket
 * </pre>
 *
 * <p>The smallest program of the client alone:
 *
 * <pre>{@code
 * S3AsyncClient s3 = S3AsyncClient.builder().httpClient(DirectHttpClient.builder().build()).build();
 * s3.getObject(request, RegionSink.into(arena.allocate(byteSize))).join();
 * }</pre>
 */
@NullMarked
package dev.segue.objectstore.s3;

import org.jspecify.annotations.NullMarked;
