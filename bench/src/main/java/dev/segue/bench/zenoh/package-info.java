/**
 * Benches of messages between processes: contenders take turns, each round in processes of their
 * own.
 *
 * <pre>
 *   Contest ──► contender's subscriber ◄── messages ── contender's publisher
 *           ◄── lines of both, CPU clocks of both
 * </pre>
 */
@NullMarked
package dev.segue.bench.zenoh;

import org.jspecify.annotations.NullMarked;
