/** Benches over iceoryx2, beside the Rust crate itself and the shared memory of Zenoh. */
@NullMarked
package dev.segue.bench.iceoryx2;

import org.jspecify.annotations.NullMarked;
