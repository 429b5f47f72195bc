/**
 * The tensor layer over libtorch: lifetimes, devices, precision, seeds and state files. Tensors
 * themselves are {@link org.bytedeco.pytorch.Tensor}.
 */
@NullMarked
package io.github.backdoor4j.core.tensor;

import org.jspecify.annotations.NullMarked;
