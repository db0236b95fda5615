/** Commands that join the Zenoh network, and what they share. */
@NullMarked
package dev.segue.cli.zenoh;

import org.jspecify.annotations.NullMarked;
