/** Transfers, retries, destinations and journals: what all stores have in common. */
@NullMarked
package dev.segue.objectstore.internal;

import org.jspecify.annotations.NullMarked;
