/**
 * JMH classes, one for each claim that is about one process.
 *
 * <pre>
 *   ./segue bench ──► command.Main ──► these, in forked JVMs
 *                                  ──► the module bench:
 *                                        zenoh.*, store.*, http2.*, iceoryx2.*  between processes
 *                                        harness.*  starts, times, and ends them
 *                                        peers.*    our side of each, and Netty's
 *                                        report.*   report.md, report.json, pictures, the README
 * </pre>
 *
 * <p>Words: a <i>figure</i> is one number with its target; a <i>peer</i> is another system that
 * does the same work; a <i>fork</i> is a process, started for one measurement.
 */
@NullMarked
package dev.segue.bench;

import org.jspecify.annotations.NullMarked;
