/** Programs that benches start: our side of each comparison, and plain Netty. */
@NullMarked
package dev.segue.bench.peers;

import org.jspecify.annotations.NullMarked;
