/**
 * HTTP/2 that sends memory from where it lies: regions of a buffer become DATA frames, bodies
 * arrive in the pieces they came in.
 *
 * <pre>
 *   region ──BodyWriter.write──► windows of stream and connection ──► [9-byte header][region] …
 *                                                                       │            │
 *                             clear text: one gathering write to the socket, no copy │
 *                             TLS: encrypted, half of it from where it lies ─────────┘
 *
 *   socket ──► DATA frames ──► BodyReader.read ──► BodyPiece ──close──► WINDOW_UPDATE
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (Http2Server server =
 *     Http2Server.builder(exchange -> exchange.respond(200, Headers.empty(), bytes)).start()) {
 *   Thread.sleep(Duration.ofHours(1));
 * }
 * }</pre>
 *
 * <p>Words, RFC 9113's: a <i>connection</i> carries <i>streams</i>; an <i>exchange</i> is a request
 * and its response on one of them; a <i>window</i> is how many bytes the receiver allows; a stream
 * is <i>reset</i> when an end gives it up. <i>Lend</i>, <i>copy</i>, <i>view</i> as in {@link
 * dev.segue.bytes}.
 *
 * <p>What is copied, and counted in the {@link dev.segue.bytes.CopyLedger}: {@code
 * http2.smallPieces}, pieces of up to 1 KiB on their way out; {@code http2.tlsRecords}, with TLS,
 * half of a large region; {@code http2.smallData}, pieces below 4 KiB on their way in; {@code
 * http2.webSocketUnmasked}, what a WebSocket client sends. Encryption is a transform, not a copy:
 * it reads the region once and writes the ciphertext.
 */
@NullMarked
package dev.segue.http2;

import org.jspecify.annotations.NullMarked;
