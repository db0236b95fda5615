/**
 * The output of all commands: a line that is redrawn, bytes and times as people read them, JSON
 * objects as programs do.
 */
@NullMarked
package dev.segue.cli.terminal;

import org.jspecify.annotations.NullMarked;
