/** Example: publishes camera frames once, for readers on two lanes. */
@NullMarked
package dev.segue.examples.cameralanes;

import org.jspecify.annotations.NullMarked;
