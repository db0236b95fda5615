/** Videos and cameras through ffmpeg, whose raw frames are read from its pipe. */
@NullMarked
package dev.segue.cli.video;

import org.jspecify.annotations.NullMarked;
