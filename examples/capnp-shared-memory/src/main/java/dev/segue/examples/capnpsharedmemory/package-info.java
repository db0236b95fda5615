/** Example: a Cap'n Proto message built in shared memory and read there by another process. */
@NullMarked
package dev.segue.examples.capnpsharedmemory;

import org.jspecify.annotations.NullMarked;
