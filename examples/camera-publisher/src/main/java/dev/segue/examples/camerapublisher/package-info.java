/** Example: publishes camera frames from shared memory. */
@NullMarked
package dev.segue.examples.camerapublisher;

import org.jspecify.annotations.NullMarked;
