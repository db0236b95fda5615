/**
 * The commands for object stores: {@code segue get}, {@code put}, {@code put-streaming}, {@code
 * cp}, {@code ls}, {@code stat}, {@code rm}, {@code cat}, {@code presign}.
 *
 * <pre>
 *   FROM ── file ─────► read into blocks, lent ────┐
 *        ── store ────► ObjectReader, chunks lent ─┼─► ObjectWriter ─► TO (a store or a file)
 *        ── stdin ────► read into its blocks ──────┘
 *        ── same store as TO ─────────────────────────► copied by the store itself
 * </pre>
 *
 * <p>Words: a <i>location</i> is an object's store and its key there; a location whose key ends
 * with a slash is a <i>folder</i>, what lies below it are the objects whose keys begin with it.
 */
@NullMarked
package dev.segue.cli.store;

import org.jspecify.annotations.NullMarked;
