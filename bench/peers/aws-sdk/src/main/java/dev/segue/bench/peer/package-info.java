/**
 * The AWS SDK's own clients as contenders of the object store benches, without any class of Segue:
 * they have a class path of their own, as the SDK brings another Netty.
 *
 * <pre>
 *   bench ── "get1g" ──► Worker ──► AwsSdkPeer ──► server
 *         ◄── "done wall=… cpu=… heap=…" ──
 * </pre>
 */
@NullMarked
package dev.segue.bench.peer;

import org.jspecify.annotations.NullMarked;
