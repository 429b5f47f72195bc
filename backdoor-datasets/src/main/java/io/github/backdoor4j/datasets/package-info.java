/** Data sets: the embedded subset of Fashion-MNIST, and files that the user has. */
@NullMarked
package io.github.backdoor4j.datasets;

import org.jspecify.annotations.NullMarked;
