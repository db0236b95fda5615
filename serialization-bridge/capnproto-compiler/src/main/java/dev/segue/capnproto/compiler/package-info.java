/**
 * Compiles Cap'n Proto schemas to Java classes for the runtime {@code org.capnproto:runtime}.
 *
 * <p>{@link dev.segue.capnproto.compiler.SchemaCompiler} reads schemas; {@link
 * dev.segue.capnproto.compiler.CompiledSchemas} holds what it found, writes and reads the requests
 * by which compilers of Cap'n Proto and generators of code talk to each other, and generates the
 * classes. An error is a {@link dev.segue.capnproto.compiler.SchemaException} that lists a {@link
 * dev.segue.capnproto.compiler.Diagnostic} for each place.
 *
 * <p>A <i>node</i> is a declaration with an id: a file, struct, group, enum, interface, constant or
 * annotation. A <i>request</i> is a {@code CodeGeneratorRequest} message of {@code
 * capnp/schema.capnp}. An <i>import path</i> is the list of directories in which an import that
 * begins with a slash is looked for.
 */
@NullMarked
package dev.segue.capnproto.compiler;

import org.jspecify.annotations.NullMarked;
