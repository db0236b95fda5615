/**
 * A Maven plugin that compiles Cap'n Proto schemas to Java classes.
 *
 * <p>Glossary: a <i>stamp</i> notes what the classes were generated from, so that the next build
 * generates them again only if that changed.
 */
@NullMarked
package dev.segue.capnproto.maven;

import org.jspecify.annotations.NullMarked;
