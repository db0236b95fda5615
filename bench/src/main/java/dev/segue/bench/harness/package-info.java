/** Processes of benches: how they are started, built, watched and ended. */
@NullMarked
package dev.segue.bench.harness;

import org.jspecify.annotations.NullMarked;
