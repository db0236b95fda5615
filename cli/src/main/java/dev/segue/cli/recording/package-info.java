/** The commands that move bytes between topics and objects. */
@NullMarked
package dev.segue.cli.recording;

import org.jspecify.annotations.NullMarked;
