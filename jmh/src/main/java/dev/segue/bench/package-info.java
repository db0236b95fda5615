/**
 * One JMH class for each claim, and the command that runs them beside their peers.
 *
 * <pre>
 *   ./segue bench ──► Main ──► JmhBench    …Bench classes, forked JVMs
 *                          ──► cross.*     processes: ours, the Rust core, zenoh-python
 *                          ──► report.*    target/bench/report.md and its pictures
 * </pre>
 *
 * <p>Words: a <i>figure</i> is one number with its target; a <i>peer</i> is another system that
 * does the same work; a <i>round</i> is one measurement of each contender, one after the other.
 */
@NullMarked
package dev.segue.bench;

import org.jspecify.annotations.NullMarked;
