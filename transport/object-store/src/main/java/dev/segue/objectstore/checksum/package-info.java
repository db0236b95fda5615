/** Checksums of objects, computed of pieces in any order and combined. */
@NullMarked
package dev.segue.objectstore.checksum;

import org.jspecify.annotations.NullMarked;
