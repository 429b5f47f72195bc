/** Networks as trees of functional layers over named tensors, with taps. */
@NullMarked
package io.github.backdoor4j.core.nn;

import org.jspecify.annotations.NullMarked;
