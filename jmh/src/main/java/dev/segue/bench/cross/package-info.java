/**
 * Benches between processes, where peers do the same work.
 *
 * <pre>
 *   RoundTrips, Throughput, Soak ──start, read lines──► Child ×2: echo and ping, thrsub and thrpub
 *                                                        ours (SeguePeer), the Rust core, zenoh-python
 * </pre>
 *
 * <p>All contenders print the same lines and have the same configuration: peers that name each
 * other's endpoint, no multicast, congestion control {@code BLOCK}.
 */
@NullMarked
package dev.segue.bench.cross;

import org.jspecify.annotations.NullMarked;
