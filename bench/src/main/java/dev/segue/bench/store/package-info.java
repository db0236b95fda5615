/**
 * Object stores: each contender is a process that was warmed up and does one work at a time, all in
 * turn, round by round, against one server that costs next to nothing.
 */
@NullMarked
package dev.segue.bench.store;

import org.jspecify.annotations.NullMarked;
