/** What commands have in common that join the Zenoh network. */
@NullMarked
package dev.segue.cli.zenoh;

import org.jspecify.annotations.NullMarked;
