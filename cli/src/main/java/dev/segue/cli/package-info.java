/**
 * The {@code segue} command.
 *
 * <pre>
 *   segue demo        camera frames from one process to another, in four lanes, and what each costs
 *   segue serve       Zenoh topics and objects on HTTP/2
 *   segue get, put, put-streaming, cp, mv, sync, cat, ls, du, stat, rm, presign, run
 *                     objects and files, from any store to any store
 *   segue record      a topic into an object
 *   segue replay      the recording to its topics again
 *   segue publish-object   an object, or a range of it, to a topic
 *   segue --version
 * </pre>
 *
 * <p>Exit status: 0 done, 1 it failed, 2 the arguments are wrong, 130 ended by Ctrl-C. What goes
 * wrong is one line on the standard error stream.
 */
@NullMarked
package dev.segue.cli;

import org.jspecify.annotations.NullMarked;
