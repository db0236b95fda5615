/**
 * The parts that this library's transports share and no user sees: holds on memory, owners, leases.
 *
 * <p>Not public API: exported to the modules of this library alone, and changed without notice.
 *
 * <pre>
 *   HoldCount ◄── MemoryOwner ◄── LoanMemory ──Lend.loanOf──► Loan
 *                     ▲
 *   SegmentedBytes ───┘ holds it while it is lent, and during each access
 *   ScopeOwners: scope of a segment that was given out ──► MemoryOwner
 * </pre>
 */
@NullMarked
package dev.segue.bytes.spi;

import org.jspecify.annotations.NullMarked;
