/**
 * Object stores as sources and sinks: ranges read straight into your memory, objects written from
 * the regions that they lie in.
 *
 * <pre>
 *   ObjectStore.open("s3://…" | "az://…" | "file:///…")
 *     get, getRange ── concurrent ranges, each tried again alone ──► MemorySegment | ObjectBytes
 *     read ── ranges fetched ahead, bounded memory ──► chunks | InputStream | SeekableByteChannel
 *     put, write ── parts = lists of regions, never joined ──► object, visible at once or never
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * try (ObjectStore store = ObjectStore.open("file:///tmp/frames");
 *     Arena arena = Arena.ofConfined()) {
 *   store.put("greeting", SegmentedBytes.copyOfUtf8("hello"));
 *   ObjectInfo info = store.get("greeting", arena.allocate(1024));
 * }
 * }</pre>
 *
 * <p>Words, S3's own where it has some:
 *
 * <ul>
 *   <li><i>key</i>: an object's name below the store's URI;
 *   <li><i>range</i>: bytes of an object that one request reads;
 *   <li><i>part</i>: bytes of an upload that one request sends; <i>upload id</i>: its name
 *       meanwhile;
 *   <li><i>ETag</i>: the store's name of one version of an object; ranges of one read are pinned to
 *       it;
 *   <li><i>in flight</i>: requests that were sent and are not answered.
 * </ul>
 *
 * <p>Faults are {@link dev.segue.objectstore.ObjectStoreException}s with a reason; misuse is an
 * unchecked exception.
 */
@NullMarked
package dev.segue.objectstore;

import org.jspecify.annotations.NullMarked;
