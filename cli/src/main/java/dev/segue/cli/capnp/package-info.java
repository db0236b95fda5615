/** The commands for schemas of Cap'n Proto. */
@NullMarked
package dev.segue.cli.capnp;

import org.jspecify.annotations.NullMarked;
