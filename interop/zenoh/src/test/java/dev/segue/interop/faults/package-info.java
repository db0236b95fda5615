/**
 * A program that makes faults between publishers and subscribers in processes of their own, and
 * checks what Segue promises meanwhile: {@code interop/faults/run}.
 */
@NullMarked
package dev.segue.interop.faults;

import org.jspecify.annotations.NullMarked;
