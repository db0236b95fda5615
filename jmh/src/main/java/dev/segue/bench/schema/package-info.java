/**
 * What {@code capnpc-java} 0.1.17 made of {@code frames.capnp}, to be compared with what our own
 * compiler makes of it.
 */
package dev.segue.bench.schema;
