/**
 * Messages read and written by their compiled schema, without generated classes: for tools that
 * show, filter, export and build messages of types that they have never seen.
 *
 * <pre>
 *   .capnp ──► segue capnp compile --request ──► CodeGeneratorRequest
 *                                                     │ MessageSchemas.fromRequest
 *                                                     ▼
 *   payload ──► MessageView ──► MessageType.toText ──► text or JSON
 *                           └─► FieldPath.number, toText ──► one value
 *   JSON ──► MessageType.fromJson ──► a message in the stream framing
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * MessageType pose = MessageSchemas.fromRequest(request).type("robot.capnp:Pose");
 * try (MessageView view = MessageView.of(payload, pool)) {
 *   System.out.println(pose.toText(view, MessageFormat.text()));
 *   Number x = pose.path("position.x").number(view);
 * }
 * }</pre>
 *
 * <p>Words, beside those of {@link dev.segue.capnproto}:
 *
 * <ul>
 *   <li><i>request</i>: the {@code CodeGeneratorRequest} message in which a compiler of schemas
 *       hands them to its plugins;
 *   <li><i>type</i>: a struct of a schema that can be a message's root;
 *   <li><i>path</i>: the names and indexes that lead from a root to one value.
 * </ul>
 */
@NullMarked
package dev.segue.capnproto.dynamic;

import org.jspecify.annotations.NullMarked;
