/** Child processes and Python peers, for the tests of all modules. */
@NullMarked
package dev.segue.testkit;

import org.jspecify.annotations.NullMarked;
