/**
 * The HTTP/2 server beside nginx, h2o and nghttpd, each a process of its own, loaded by h2load.
 *
 * <pre>
 *   Comparison ──► Servers ──► Server (nginx | h2o | nghttpd | Http2Peer) ◄── H2Load
 * </pre>
 */
@NullMarked
package dev.segue.bench.http2;

import org.jspecify.annotations.NullMarked;
