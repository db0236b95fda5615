/** The README's programs, compiled, run, and compared with what the README says. */
@NullMarked
package dev.segue.readme;

import org.jspecify.annotations.NullMarked;
