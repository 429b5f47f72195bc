/** Images, labels and the one way they are poisoned. */
@NullMarked
package io.github.backdoor4j.core.data;

import org.jspecify.annotations.NullMarked;
