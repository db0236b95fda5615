/** The command: what is asked for, which benches there are, and the report of a run. */
@NullMarked
package dev.segue.bench.command;

import org.jspecify.annotations.NullMarked;
