/**
 * Tensors in files of NumPy and of the safetensors package, as views over the bytes they lie in.
 *
 * <pre>
 *   .npy, .npz (stored), .safetensors ──► SegmentedBytes ──read──► Tensor: shape + view
 *   Tensor (your segments) ──write──► SegmentedBytes: [header][your segment]… never joined ──► store
 * </pre>
 *
 * <p>The smallest program:
 *
 * <pre>{@code
 * Map<String, Tensor> state = Safetensors.read(store.get("model.safetensors", pool).bytes());
 * float first = state.get("weights").asMemorySegment().get(ValueLayout.JAVA_FLOAT, 0);
 * }</pre>
 *
 * <p>Words:
 *
 * <ul>
 *   <li><i>element type</i>: what one element is, little-endian;
 *   <li><i>shape</i>: how many elements each dimension has; elements lie in C order, the last
 *       dimension closest together;
 *   <li><i>named tensors</i>: a set of tensors by name, such as a training state.
 * </ul>
 */
@NullMarked
package dev.segue.tensor;

import org.jspecify.annotations.NullMarked;
