/** Example: receives camera frames and reads them in place. */
@NullMarked
package dev.segue.examples.camerasubscriber;

import org.jspecify.annotations.NullMarked;
