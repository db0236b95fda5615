/** Example: records camera frames into an object, and publishes them again. */
@NullMarked
package dev.segue.examples.recordreplay;

import org.jspecify.annotations.NullMarked;
