/** The interface through which a store for another scheme is found. */
@NullMarked
package dev.segue.objectstore.spi;

import org.jspecify.annotations.NullMarked;
