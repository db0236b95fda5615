/**
 * The output of {@code capnpc-java} 0.1.17 for {@code frames.capnp}, to be compared with our own compiler's.
 */
package dev.segue.bench.schema;
