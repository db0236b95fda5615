/**
 * The results of the benches, as Markdown with charts.
 *
 * <pre>
 *   bench ──► Section(Figure…, Table…, Chart…) ──► Report ──► report.md, *.svg
 * </pre>
 */
@NullMarked
package dev.segue.bench.report;

import org.jspecify.annotations.NullMarked;
